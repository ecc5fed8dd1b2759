//! `kubectl sshkey`, the real program.

mod agents;
mod changes;
mod checks;
mod ends;
mod planning;
mod program;
mod questions;
mod reading;
