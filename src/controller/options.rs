//! The operator's settings.

use std::time::Duration;

use jiff::SignedDuration;

use crate::{
    azure::{Limits, Overrides},
    plan::Intervals,
};

/// The operator's settings, from its flags.
#[derive(Clone, Debug)]
pub struct Options {
    /// What tells this cluster's keys in Azure from another's.
    pub cluster_id: String,
    /// The operator's own namespace: that of the credentials of the cluster's stores.
    pub namespace: String,
    /// The namespaces that are watched; without a name, all.
    pub watched: Vec<Option<String>>,
    /// Whether the cluster's stores are used.
    pub watch_cluster_stores: bool,
    /// The `ServiceAccount` in each namespace whose tokens Entra may trust.
    pub workload_identity_account: String,
    /// How often to look.
    pub intervals: Intervals,
    /// The longest that an error waits to be tried again.
    pub retry_max: Duration,
    /// How long an object of a namespace in deletion waits for an Azure that nothing can reach any more.
    pub orphan_after: SignedDuration,
    /// How long a watch is left open.
    pub watch_timeout: Duration,
    /// How many reconciles run at once.
    pub concurrency: u16,
    /// Whether the loss of a Secret is seen at once, by a watch on the operator's own, or at the next sweep.
    pub watch_secrets: bool,
    /// Other endpoints than the clouds' own.
    pub overrides: Overrides,
    /// Where to start with Azure's budgets.
    pub limits: Limits,
}

impl Options {
    /// Whether the objects of a namespace are watched.
    pub(in crate::controller) fn watches(&self, namespace: &str) -> bool {
        let mut watched = self.watched.iter();
        watched.any(|scope| scope.as_deref().is_none_or(|one| one == namespace))
    }
}
