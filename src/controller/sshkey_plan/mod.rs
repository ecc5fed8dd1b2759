//! One answer to an `SshKeyPlan`: what applying or deleting an `SshKey` would do.

mod answer;
pub(in crate::controller) mod queue;
pub(in crate::controller) mod reconcile;
mod subject;
pub(in crate::controller) mod watched_plan;
