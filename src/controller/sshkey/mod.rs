//! The reconcile of an `SshKey`: observe, plan, act, report.

pub(in crate::controller) mod act;
pub(in crate::controller) mod audit;
pub(in crate::controller) mod events;
pub(in crate::controller) mod finish;
pub(in crate::controller) mod halt;
pub(in crate::controller) mod invalid;
pub(in crate::controller) mod observe;
pub(in crate::controller) mod pass;
pub(in crate::controller) mod reconcile;
pub(in crate::controller) mod reconcile_error;
pub(in crate::controller) mod requeue;
pub(in crate::controller) mod vanished;
pub(in crate::controller) mod waiting;
