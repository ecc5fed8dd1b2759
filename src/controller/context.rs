//! What all reconciles share.

use std::{sync::Arc, time::Duration};

use futures::future::{BoxFuture, Shared};
use jiff::SignedDuration;
use kube::{Client, core::DeserializeGuard, runtime::reflector::Store};
use tokio::sync::Semaphore;

use super::{
    backoff::Backoffs, cluster_stores::ClusterStores, definitions::Definitions, given::Given, key_ages::KeyAges,
    levels::Watched, measure, own_writes::OwnWrites, presence::Presence, refusals::Refusals,
    sessions::Sessions, store_uses::StoreUses, tag_repairs::TagRepairs,
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
    pub(super) tag_repairs: TagRepairs,
    pub(super) store_uses: StoreUses,
    pub(super) given: Given,
    pub(super) key_ages: KeyAges,
    pub(super) definitions: Definitions,
    pub(super) watched: Watched,
    pub(super) metrics: Arc<Metrics>,
    pub(super) backoffs: Backoffs,
    pub(super) events: Events,
    /// Reconciles at once.
    pub(super) turns: Semaphore,
    /// Keys that are generated or opened at once: each keeps a core busy, for seconds when it is RSA or encrypted.
    pub(super) generations: Arc<Semaphore>,
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
            tag_repairs: TagRepairs::default(),
            store_uses: StoreUses::default(),
            given: Given::default(),
            key_ages: KeyAges::default(),
            definitions: Definitions::default(),
            watched: Watched::default(),
            metrics,
            backoffs: Backoffs::new(options.retry_max),
            events: Events::new(client.clone(), std::env::var("HOSTNAME").ok()),
            turns: Semaphore::new(options.concurrency.into()),
            generations: Arc::new(Semaphore::new(cores)),
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
