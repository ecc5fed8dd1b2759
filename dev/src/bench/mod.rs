//! `make bench`: how fast the operator is and what it takes, against the floor of what has to be written anyway, both in
//! one run on one machine.

// What it is for is to print.
#![allow(clippy::print_stdout)]

mod azure_log;
mod contest;
mod counts;
mod crowded;
mod floor;
mod floor_process;
mod latency;
mod operator;
mod options;
mod playground;
mod profile;
mod restart;
mod rows;
mod scale;
mod sweep;
mod throttled;
mod upheaval;

pub use contest::bench;
pub use floor_process::{FloorArgs, run as floor};
pub use options::Options;
pub use profile::{Options as ProfileOptions, profile};
