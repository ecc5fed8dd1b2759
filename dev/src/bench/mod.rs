//! `make bench`: how fast the operator is and what it takes, against the floor of what has to be written anyway, both in
//! one run on one machine.

// What it is for is to print.
#![allow(clippy::print_stdout)]

mod contest;
mod counts;
mod crowded;
mod floor;
mod operator;
mod options;
mod playground;
mod scale;
mod throttled;

pub use contest::bench;
pub use options::Options;
