//! The loop: observe, plan, act, report. Here the pure decision meets the cluster and Azure.

mod action;
mod blocking;
mod clock;
mod context;
mod failure;
mod gauges;
mod memory;
mod objects;
mod options;
mod scope;
mod series;
mod sessions;
mod source;
mod sshkey;
mod sshkey_plan;
mod store;
mod store_id;
mod turns;
mod wakeups;
mod watch;

pub use context::Context;
pub use gauges::unclaimed::count_unclaimed;
pub use options::Options;
pub use watch::cluster_stores::run_cluster_stores;
pub use watch::controllers::run;
pub use watch::due::call_due_keys;
