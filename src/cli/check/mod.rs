//! `check`: is the installation sound, as far as the caller can see it?

mod findings;
pub(super) mod flags;
mod rights;
mod run;

pub(super) use run::check;
