//! The reconcile of a store of either kind.

pub(in crate::controller) mod look_request;
pub(in crate::controller) mod reconcile;
pub(in crate::controller) mod report;
pub(in crate::controller) mod unused;
pub(in crate::controller) mod users;
