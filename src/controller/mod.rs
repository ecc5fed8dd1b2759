//! The loop: observe, plan, act, report. Here the pure decision meets the cluster and Azure.

mod act;
mod backoff;
mod context;
mod facts;
mod given;
mod key_ages;
mod levels;
mod measure;
mod observe;
mod own_writes;
mod reconcile;
mod sessions;
mod store;
mod watch;

pub use context::{Context, Options};
pub use watch::run;
