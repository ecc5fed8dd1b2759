//! `ssh` and `agent`: a key is used, and never written to a file.

mod agent;
mod child;
pub(super) mod flags;
mod protocol;
mod run;
mod version;

pub(super) use run::{agent, ssh};
