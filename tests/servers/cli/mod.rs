//! `kubectl sshkey`, the real program.

mod agents;
mod changes;
mod checks;
mod ends;
mod imports;
mod planning;
mod program;
mod questions;
mod reading;
mod reconciles;
mod versions;
