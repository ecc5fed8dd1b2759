//! What all reconciles share.

use std::sync::Arc;

use kube::Client;

use super::{
    backoff::Backoffs, blocking::Blocking, caches::Watched, cluster_stores_known::ClusterStores,
    credential_reader::CredentialReader, definitions::Definitions, given::SourceReader,
    key_ages::KeyAges, measure, opened::Certificates, options::Options, own_writes::OwnWrites,
    patience::Patience, presence::Presence, refusals::Refusals, released::Released,
    sessions::Sessions, store_uses::StoreUses, tag_repairs::TagRepairs, turns::Turns,
};
use crate::{
    api::SshKey,
    azure::{Budget, Claims, Transport},
    kubernetes::events::Events,
    metrics::Metrics,
};

/// Everything that reconciles share.
pub struct Context {
    pub(super) client: Client,
    pub(super) options: Options,
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
    pub(super) source: SourceReader,
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
    pub(super) blocking: Arc<Blocking>,
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
