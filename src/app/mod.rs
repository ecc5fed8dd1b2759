//! The daemon: flags, logs, health, and the wiring of everything.

mod dumps;
mod flags;
mod health;
mod leader;
mod logs;
mod metrics_server;
mod run;
mod server;
mod start;
mod start_error;

pub use dumps::forbid_dumps;
pub use flags::{Flags, MetricsAddress};
pub use run::run;
pub use start_error::StartError;
