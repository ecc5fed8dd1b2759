//! What the reconciles of one watch share.

use std::sync::Arc;

use futures::{
    FutureExt,
    channel::mpsc::UnboundedSender,
    future::{BoxFuture, Shared},
};
use kube::runtime::reflector::Store;

use crate::{
    api::{AzureStore, SshKey},
    controller::{
        context::Context,
        memory::{listed_secrets::ListedSecrets, shown_secrets::ShownSecrets},
    },
    kubernetes::guarded::Guarded,
};

/// What the reconciles of one watch share: everything, and the stores that this watch sees.
pub(in crate::controller) struct Scope {
    pub(in crate::controller) context: Arc<Context>,
    pub(in crate::controller) stores: Store<Guarded<AzureStore>>,
    /// Done once all stores were listed. `Store::wait_until_ready` wakes only one of those who wait.
    pub(in crate::controller) stores_listed: Shared<BoxFuture<'static, ()>>,
    /// What a list of the managed Secrets said, at the start.
    pub(in crate::controller) listed_secrets: Arc<ListedSecrets>,
    /// Where the watch shows Secrets.
    pub(in crate::controller) shown_secrets: ShownSecrets,
    /// Takes the last state of an object that is gone and for which something is to be put away.
    pub(in crate::controller) departed: UnboundedSender<SshKey>,
}

impl Scope {
    /// Whether all stores were listed.
    pub(in crate::controller) fn knows_stores(&self) -> bool {
        self.stores_listed.clone().now_or_never().is_some()
    }
}
