//! `make bench`: how fast the operator is and what it takes, against the floor of what has to be written anyway, both in
//! one run on one machine.

mod contest;
mod counts;
mod floor;
mod operator;
mod playground;
mod process;

pub use contest::{Options, bench};
