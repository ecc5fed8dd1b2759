//! The daemon: flags, logs, health, and the wiring of everything.

mod flags;
mod health;
mod logs;
mod run;

pub use flags::Flags;
pub use run::{StartError, run};
