//! `version`: what runs where, and whether it fits.

pub(super) mod flags;
mod operators;
mod report;
mod run;

pub(super) use run::version;
