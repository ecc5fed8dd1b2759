//! `kubectl sshkey`, the real program.

mod agents;
mod bad_input;
mod changes;
mod checks;
mod crowd;
mod edges;
mod ends;
mod examples;
mod files;
mod imports;
mod imports_by_az;
mod old_ssh;
mod planning;
mod program;
mod questions;
mod reading;
mod reconciles;
mod reconciles_of_stores;
mod terminal;
mod terminals;
mod versions;
mod witness;
