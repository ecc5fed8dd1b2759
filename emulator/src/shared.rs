//! What all connections, the control endpoint and the library share.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use parking_lot::{Mutex, MutexGuard, RwLock};

use crate::{
    arm::throttle::Meters,
    clock::Clock,
    config::Subscription,
    entra::{directory::Directory, issuers::IssuerKeys, signer::TokenSigner},
    faults::Faults,
    governance::RegistrationState,
    interceptor::Interceptor,
    record::RequestLog,
    state_file::StateFile,
    world::World,
};

/// Audiences of the public cloud that Resource Manager takes tokens for.
const PUBLIC_AUDIENCES: [&str; 4] = [
    "https://management.azure.com/",
    "https://management.azure.com",
    "https://management.core.windows.net/",
    "https://management.core.windows.net",
];

pub(crate) struct Shared {
    /// `https://localhost:PORT`.
    pub(crate) endpoint: String,
    pub(crate) port: u16,
    /// By which names it is reached.
    pub(crate) hosts: Vec<String>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) page_size: usize,
    pub(crate) group_deletion_seconds: u32,
    pub(crate) registration_seconds: u32,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) directory: RwLock<Directory>,
    pub(crate) signer: TokenSigner,
    pub(crate) issuer_keys: IssuerKeys,
    pub(crate) meters: Mutex<Meters>,
    pub(crate) faults: Faults,
    pub(crate) log: RequestLog,
    pub(crate) interceptor: RwLock<Option<Arc<dyn Interceptor>>>,
    pub(crate) token_lifetime_seconds: AtomicU32,
    pub(crate) stored: Mutex<World>,
    /// Where all of it is kept.
    pub(crate) state_file: Option<StateFile>,
}

impl Shared {
    /// The store, with deletions ended whose time has come. Hold it for one operation and never across a wait.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.stored.lock();
        world.settle(self.clock.now());
        world
    }

    /// How a subscription stands, which may not be as the configuration has it.
    pub(crate) fn state_of(&self, subscription: &Subscription) -> String {
        let world = self.world();
        let state = world.states.get(&subscription.id.to_lowercase());
        state.unwrap_or(&subscription.state).clone()
    }

    /// Whether a subscription is registered for Microsoft.Compute.
    pub(crate) fn registration_of(&self, subscription: &Subscription) -> RegistrationState {
        let now = self.clock.now();
        let changed = self.world().registrations.get(&subscription.id, now);
        changed.unwrap_or(subscription.compute)
    }

    /// How long the next token is good, in seconds.
    pub(crate) fn token_lifetime(&self) -> u32 {
        self.token_lifetime_seconds.load(Ordering::Relaxed)
    }

    /// For whom a token must be so that Resource Manager takes it.
    pub(crate) fn audiences(&self) -> Vec<String> {
        let own = self.hosts.iter().flat_map(|host| {
            let bare = format!("https://{host}:{}", self.port);
            [format!("{bare}/"), bare]
        });
        own.chain(PUBLIC_AUDIENCES.into_iter().map(str::to_owned))
            .collect()
    }
}
