//! The operator as a process: its start and end, its replicas, servers that are away, its metrics, and a long run.

mod audit;
mod audit_stories;
mod definitions;
mod ending;
mod half_watched;
mod leader;
pub(crate) mod metrics;
pub(crate) mod openmetrics;
mod outages;
mod soak;
pub(crate) mod start_and_end;
pub(crate) mod two_operators;
mod watches;
