//! The operator as it runs in a cluster: its own `ServiceAccount`, the RBAC that ships, a process of its own.

mod account;
mod process;
mod rules;

pub use account::{Account, ClusterStores, Watched, token};
pub use process::{Flags, Operator};
pub use rules::{Rules, TenantRules};
