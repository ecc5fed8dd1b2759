//! `kubectl sshkey`, the real program.

mod changes;
mod program;
mod reading;
