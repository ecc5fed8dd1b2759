//! What all reconciles share.

use std::sync::Arc;

use kube::{Client, Resource, api::ObjectMeta};

use crate::{
    api::{SshKey, SshKeyPlan},
    azure::{Budget, Claims, Transport},
    controller::{
        blocking::Blocking,
        memory::{
            caches::Caches, cluster_stores::ClusterStores, definitions::Definitions,
            objects::Memory, store_holds::StoreHolds, store_uses::StoreUses,
        },
        options::Options,
        series,
        sessions::{all::Sessions, credential_reader::CredentialReader},
        source::read::SourceReader,
        turns::{calls::Calls, namespaces::Turns},
    },
    kubernetes::events::Events,
    metrics::Metrics,
};

/// Plans that are answered at once, of all namespaces: what is only asked leaves room for what is done.
pub(in crate::controller) const PLANS_AT_ONCE: u16 = 2;

/// Everything that reconciles share.
pub struct Context {
    pub(in crate::controller) client: Client,
    pub(in crate::controller) options: Options,
    pub(in crate::controller) budget: Arc<Budget>,
    pub(in crate::controller) claims: Claims,
    pub(in crate::controller) sessions: Sessions,
    pub(in crate::controller) cluster_stores: ClusterStores,
    /// What is kept of each object between its reconciles.
    pub(in crate::controller) memory: Arc<Memory>,
    pub(in crate::controller) store_uses: StoreUses,
    pub(in crate::controller) store_holds: StoreHolds,
    pub(in crate::controller) source: SourceReader,
    pub(in crate::controller) definitions: Definitions,
    pub(in crate::controller) caches: Caches,
    pub(in crate::controller) metrics: Arc<Metrics>,
    pub(in crate::controller) events: Events,
    /// Reconciles of keys at once.
    pub(in crate::controller) turns: Turns,
    /// Reconciles of stores at once.
    pub(in crate::controller) store_turns: Turns,
    /// Plans that are answered at once.
    pub(in crate::controller) plan_turns: Turns,
    /// Keys whose turn is near, and those that wait to be called.
    pub(in crate::controller) calls: Arc<Calls>,
    /// Stores whose turn is near, and those that wait to be called.
    pub(in crate::controller) store_calls: Arc<Calls>,
    /// Plans whose turn is near, and those that wait to be called.
    pub(in crate::controller) plan_calls: Arc<Calls>,
    /// What keeps a core busy for seconds.
    pub(in crate::controller) blocking: Arc<Blocking>,
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
        series::begin::<SshKey>(&metrics, options.concurrency);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let blocking = Arc::new(Blocking::new(cores));
        let budget = Arc::new(Budget::new(options.limits));
        let memory = Arc::new(Memory::new(options.retry_max, options.intervals.poll));
        let credentials = CredentialReader {
            client: client.clone(),
            transport,
            blocking: Arc::clone(&blocking),
            memory: Arc::clone(&memory),
            account: options.workload_identity_account.clone(),
        };
        let overrides = options.overrides.clone();
        Self {
            sessions: Sessions::new(credentials, Arc::clone(&budget), overrides),
            source: SourceReader {
                client: client.clone(),
                blocking: Arc::clone(&blocking),
                memory: Arc::clone(&memory),
            },
            budget,
            claims: Claims::default(),
            cluster_stores: ClusterStores::default(),
            memory,
            store_uses: StoreUses::default(),
            store_holds: StoreHolds::default(),
            definitions: Definitions::default(),
            caches: Caches::default(),
            metrics,
            events: Events::new(client.clone(), std::env::var("HOSTNAME").ok()),
            turns: Turns::new(options.concurrency.into()),
            store_turns: Turns::new(options.concurrency.into()),
            plan_turns: Turns::new(PLANS_AT_ONCE.into()),
            calls: Arc::new(Calls::new(options.concurrency)),
            store_calls: Arc::new(Calls::new(options.concurrency)),
            plan_calls: Arc::new(Calls::new(PLANS_AT_ONCE)),
            blocking,
            client,
            options,
        }
    }

    /// A reconcile has read or written something that is kept for its key. It awaits that only of watches that there are.
    pub(in crate::controller) fn knows(&self, key: &SshKey, beside: Option<&ObjectMeta>) {
        if let Some(beside) = beside.filter(|_| self.options.watch_secrets) {
            self.memory.knows(key, beside);
        }
    }

    /// Where objects of a kind wait for their turns.
    pub(in crate::controller) fn calls_of<K: Resource<DynamicType = ()>>(&self) -> &Calls {
        let kind = K::kind(&());
        if kind == SshKey::kind(&()) {
            &self.calls
        } else if kind == SshKeyPlan::kind(&()) {
            &self.plan_calls
        } else {
            &self.store_calls
        }
    }
}
