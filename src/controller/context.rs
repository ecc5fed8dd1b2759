//! What all reconciles share.

use std::sync::Arc;

use kube::Client;

use crate::{
    api::SshKey,
    azure::{Budget, Claims, Transport},
    controller::{
        blocking::Blocking,
        memory::{
            backoff::Backoffs, caches::Watched, cluster_stores::ClusterStores,
            deferred_steps::Refusals, definitions::Definitions, key_ages::KeyAges,
            own_writes::OwnWrites, patience::Patience, presence::Presence, released::Released,
            store_uses::StoreUses, tag_repairs::TagRepairs,
        },
        options::Options,
        series,
        sessions::{
            all::Sessions, credential_reader::CredentialReader, opened_certificates::Certificates,
        },
        source::read::SourceReader,
        turns::namespaces::Turns,
    },
    kubernetes::events::Events,
    metrics::Metrics,
};

/// Everything that reconciles share.
pub struct Context {
    pub(in crate::controller) client: Client,
    pub(in crate::controller) options: Options,
    pub(in crate::controller) budget: Arc<Budget>,
    pub(in crate::controller) claims: Claims,
    pub(in crate::controller) sessions: Sessions,
    pub(in crate::controller) cluster_stores: ClusterStores,
    pub(in crate::controller) presence: Presence,
    pub(in crate::controller) own_writes: OwnWrites,
    pub(in crate::controller) refusals: Refusals,
    pub(in crate::controller) released: Released,
    pub(in crate::controller) tag_repairs: TagRepairs,
    pub(in crate::controller) store_uses: StoreUses,
    pub(in crate::controller) source: SourceReader,
    pub(in crate::controller) key_ages: KeyAges,
    pub(in crate::controller) definitions: Definitions,
    pub(in crate::controller) watched: Watched,
    pub(in crate::controller) metrics: Arc<Metrics>,
    pub(in crate::controller) backoffs: Backoffs,
    pub(in crate::controller) patience: Patience,
    pub(in crate::controller) events: Events,
    /// Reconciles of keys at once.
    pub(in crate::controller) turns: Turns,
    /// Reconciles of stores at once.
    pub(in crate::controller) store_turns: Turns,
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
        let credentials = CredentialReader {
            client: client.clone(),
            transport,
            blocking: Arc::clone(&blocking),
            certificates: Certificates::default(),
            account: options.workload_identity_account.clone(),
        };
        let overrides = options.overrides.clone();
        Self {
            sessions: Sessions::new(credentials, Arc::clone(&budget), overrides),
            source: SourceReader::new(client.clone(), Arc::clone(&blocking)),
            budget,
            claims: Claims::default(),
            cluster_stores: ClusterStores::default(),
            presence: Presence::default(),
            own_writes: OwnWrites::default(),
            refusals: Refusals::default(),
            released: Released::default(),
            tag_repairs: TagRepairs::default(),
            store_uses: StoreUses::default(),
            key_ages: KeyAges::default(),
            definitions: Definitions::default(),
            watched: Watched::default(),
            metrics,
            backoffs: Backoffs::new(options.retry_max),
            patience: Patience::new(options.intervals.poll),
            events: Events::new(client.clone(), std::env::var("HOSTNAME").ok()),
            turns: Turns::new(options.concurrency.into()),
            store_turns: Turns::new(options.concurrency.into()),
            blocking,
            client,
            options,
        }
    }
}
