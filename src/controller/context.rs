//! What all reconciles share.

use std::{sync::Arc, time::Duration};

use futures::future::{BoxFuture, Shared};
use jiff::SignedDuration;
use kube::{Client, core::DeserializeGuard, runtime::reflector::Store};

use super::{
    backoff::Backoffs, blocking::Blocking, certificate::Certificates,
    cluster_stores::ClusterStores, definitions::Definitions, given::Given, key_ages::KeyAges,
    levels::Watched, measure, own_writes::OwnWrites, patience::Patience, presence::Presence,
    refusals::Refusals, released::Released, sessions::Sessions, store_uses::StoreUses,
    tag_repairs::TagRepairs, turns::Turns,
};
use crate::{
    api::{AzureStore, SshKey},
    azure::{Budget, Claims, Limits, Overrides, Transport},
    kubernetes::events::Events,
    metrics::Metrics,
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
    pub(super) fn watches(&self, namespace: &str) -> bool {
        let mut watched = self.watched.iter();
        watched.any(|scope| scope.as_deref().is_none_or(|one| one == namespace))
    }
}

/// Everything that reconciles share.
pub struct Context {
    pub(super) client: Client,
    pub(super) options: Options,
    pub(super) transport: Transport,
    pub(super) budget: Arc<Budget>,
    pub(super) claims: Claims,
    pub(super) sessions: Sessions,
    pub(super) cluster_stores: ClusterStores,
    pub(super) presence: Presence,
    pub(super) own_writes: OwnWrites,
    pub(super) refusals: Refusals,
    pub(super) released: Released,
    pub(super) tag_repairs: TagRepairs,
    pub(super) store_uses: StoreUses,
    pub(super) given: Given,
    pub(super) certificates: Certificates,
    pub(super) key_ages: KeyAges,
    pub(super) definitions: Definitions,
    pub(super) watched: Watched,
    pub(super) metrics: Arc<Metrics>,
    pub(super) backoffs: Backoffs,
    pub(super) patience: Patience,
    pub(super) events: Events,
    /// Reconciles of keys at once.
    pub(super) turns: Turns,
    /// Reconciles of stores at once.
    pub(super) store_turns: Turns,
    /// What keeps a core busy for seconds.
    pub(super) blocking: Blocking,
}

impl Context {
    /// The way to the API server.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// The operator's own namespace.
    pub fn namespace(&self) -> &str {
        &self.options.namespace
    }

    /// What is measured.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What reconciles share, for a client and the operator's settings.
    pub fn new(
        client: Client,
        transport: Transport,
        options: Options,
        metrics: Arc<Metrics>,
    ) -> Self {
        // They are shared by all watches.
        measure::begin::<SshKey>(&metrics, options.concurrency);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            budget: Arc::new(Budget::new(options.limits)),
            claims: Claims::default(),
            sessions: Sessions::default(),
            cluster_stores: ClusterStores::default(),
            presence: Presence::default(),
            own_writes: OwnWrites::default(),
            refusals: Refusals::default(),
            released: Released::default(),
            tag_repairs: TagRepairs::default(),
            store_uses: StoreUses::default(),
            given: Given::default(),
            certificates: Certificates::default(),
            key_ages: KeyAges::default(),
            definitions: Definitions::default(),
            watched: Watched::default(),
            metrics,
            backoffs: Backoffs::new(options.retry_max),
            patience: Patience::default(),
            events: Events::new(client.clone(), std::env::var("HOSTNAME").ok()),
            turns: Turns::new(options.concurrency.into()),
            store_turns: Turns::new(options.concurrency.into()),
            blocking: Blocking::new(cores),
            transport,
            client,
            options,
        }
    }
}

/// What the reconciles of one watch share: everything, and the stores that this watch sees.
pub(super) struct Scope {
    pub(super) context: Arc<Context>,
    pub(super) stores: Store<DeserializeGuard<AzureStore>>,
    /// Done once all stores were listed. `Store::wait_until_ready` wakes only one of those who wait.
    pub(super) stores_listed: Shared<BoxFuture<'static, ()>>,
}
