//! The loop: observe, plan, act, report. Here the pure decision meets the cluster and Azure.

mod act;
mod azure_steps;
mod backoff;
mod blocked;
mod certificate;
mod cluster_stores;
mod companions;
mod context;
mod credentials;
mod facts;
mod given;
mod guard;
mod key_ages;
mod levels;
mod measure;
mod observe;
mod outputs;
mod own_writes;
mod presence;
mod reconcile;
mod refusals;
mod remembered;
mod rotation_steps;
mod sessions;
mod store;
mod store_facts;
mod store_object;
mod store_uses;
mod tag_repairs;
mod tell;
mod vanished;
mod watch;

pub use cluster_stores::run_cluster_stores;
pub use context::{Context, Options};
pub use watch::run;
