//! `make run` and `make demo`: the whole product on this machine, for a person to look at.

mod azure;
mod cluster;
mod guide;
mod keys;
mod lock;
mod progress;
mod session;

pub use session::{Options, demo, run};
