//! The daemon: flags, logs, health, and the wiring of everything.

mod exposition;
mod flags;
mod health;
mod leader;
mod logs;
mod run;

pub use flags::{Flags, MetricsAddress};
pub use run::{StartError, run};
