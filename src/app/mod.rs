//! The daemon: flags, logs, health, and the wiring of everything.

mod dumps;
mod exposition;
mod flags;
mod health;
mod leader;
mod logs;
mod run;

pub use dumps::forbid_dumps;
pub use flags::{Flags, MetricsAddress};
pub use run::{StartError, run};
