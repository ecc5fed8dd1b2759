//! What the reconciles of one watch share.

use std::sync::Arc;

use futures::future::{BoxFuture, Shared};
use kube::{core::DeserializeGuard, runtime::reflector::Store};

use super::context::Context;
use crate::api::AzureStore;

/// What the reconciles of one watch share: everything, and the stores that this watch sees.
pub(super) struct Scope {
    pub(super) context: Arc<Context>,
    pub(super) stores: Store<DeserializeGuard<AzureStore>>,
    /// Done once all stores were listed. `Store::wait_until_ready` wakes only one of those who wait.
    pub(super) stores_listed: Shared<BoxFuture<'static, ()>>,
}
