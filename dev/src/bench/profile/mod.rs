//! `make profile`: where the operator's CPU time and memory go, with many keys.

mod cpu;
mod heap;
mod parts;
mod recording;
mod run;
mod wrapped;

pub use run::{Options, profile};
