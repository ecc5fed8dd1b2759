//! `make soak`: many keys that are edited at random for a given time, while the operator is killed, servers are restarted
//! and requests fail; and whether everything is as it should be in the end.

// What it is for is to print.
#![allow(clippy::print_stdout)]

mod dice;
mod disturbances;
mod edits;
mod faults;
mod ledger;
mod outcome;
mod run;
mod settle;
mod tally;
mod tenants;
mod wanted;

pub use outcome::Outcome;
pub use run::{Options, run, soak};
