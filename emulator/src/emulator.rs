//! The handle by which a program runs an emulator and looks into it.

use std::{
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
};

use rustls::ServerConfig;
use tokio::net::TcpListener;

use crate::{
    arm::{
        key_text, locations,
        throttle::{Meters, Throttle},
    },
    ca::{Ca, CaError},
    config::{Config, Tenant},
    entra::{directory::Directory, issuers::IssuerKeys, signer::TokenSigner},
    faults::Faults,
    interceptor::Interceptor,
    record::{RequestLog, RequestRecord},
    server::Server,
    shared::Shared,
    world::{StoredGroup, StoredKey, World},
};

/// By which names every emulator is reached.
const OWN_HOSTS: [&str; 2] = ["localhost", "127.0.0.1"];

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The CA or the server certificate could not be made or read.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The key for access tokens could not be made.
    #[error("token signing key: {0}")]
    SigningKey(String),
    /// A trusted issuer's CA could not be read.
    #[error("trusted issuer: {0}")]
    Issuer(String),
}

/// A running emulator. Dropping it closes the listener and all connections.
pub struct Emulator {
    address: SocketAddr,
    ca_pem: String,
    ca_file: Option<PathBuf>,
    tls: Arc<ServerConfig>,
    shared: Arc<Shared>,
    server: tokio::sync::Mutex<Option<Server>>,
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("endpoint", &self.shared.endpoint)
            .finish_non_exhaustive()
    }
}

impl Emulator {
    /// Starts listening; requests are served on the current tokio runtime.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let ca = config
            .data_dir
            .as_deref()
            .map_or_else(Ca::create, Ca::load_or_create)?;
        let hosts: Vec<String> = OWN_HOSTS
            .map(str::to_owned)
            .into_iter()
            .chain(config.host_names)
            .collect();
        let tls = ca.server_config(&hosts)?;
        let signer =
            TokenSigner::create().map_err(|error| StartError::SigningKey(error.to_string()))?;
        let issuer_keys = IssuerKeys::new(&config.issuers)
            .map_err(|error| StartError::Issuer(error.to_string()))?;
        let listener = listen(config.address).await?;
        let address = listener.local_addr().map_err(|source| StartError::Listen {
            address: config.address,
            source,
        })?;
        let shared = Arc::new(Shared {
            endpoint: format!("https://localhost:{}", address.port()),
            port: address.port(),
            hosts,
            clock: config.clock,
            page_size: config.page_size,
            group_deletion_seconds: config.group_deletion_seconds,
            subscriptions: config.subscriptions,
            directory: Directory::new(config.tenants).into(),
            signer,
            issuer_keys,
            meters: Meters::new(config.throttle).into(),
            faults: Faults::default(),
            log: RequestLog::default(),
            interceptor: config.interceptor.into(),
            token_lifetime_seconds: config.token_lifetime_seconds.into(),
            stored: World::default().into(),
        });
        let server = Server::start(listener, tls.clone(), shared.clone());
        Ok(Self {
            address,
            ca_pem: ca.pem().to_owned(),
            ca_file: config.data_dir.as_deref().map(Ca::file),
            tls,
            shared,
            server: Some(server).into(),
        })
    }

    /// `https://localhost:PORT`: the endpoint of Resource Manager, and of Entra.
    pub fn endpoint(&self) -> &str {
        &self.shared.endpoint
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate to trust.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The file with the certificate to trust, if there is a data directory.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// Closes the listener and every connection; requests under way have two seconds to end. What is stored stays; see [`Self::restart`].
    pub async fn stop(&self) {
        if let Some(server) = self.server.lock().await.take() {
            server.stop().await;
        }
    }

    /// Listens again on the same port with the same certificate, tokens and stored state. Does nothing while it is listening.
    ///
    /// # Errors
    /// [`StartError::Listen`] when the port is no longer free.
    pub async fn restart(&self) -> Result<(), StartError> {
        let mut server = self.server.lock().await;
        if server.is_none() {
            let listener = listen(self.address).await?;
            *server = Some(Server::start(
                listener,
                self.tls.clone(),
                self.shared.clone(),
            ));
        }
        Ok(())
    }

    /// The faults in force.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The requests so far, oldest first, in the order in which they ended.
    pub fn log(&self) -> Vec<RequestRecord> {
        self.shared.log.all()
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        self.shared.log.clear();
    }

    /// Shows requests to `interceptor` from now on; with nothing, to nobody.
    pub fn set_interceptor(&self, interceptor: Option<Arc<dyn Interceptor>>) {
        *self.shared.interceptor.write() = interceptor;
    }

    /// Replaces tenants, applications, secrets, federated credentials and roles. Tokens issued before stay good until they expire.
    pub fn set_tenants(&self, tenants: Vec<Tenant>) {
        *self.shared.directory.write() = Directory::new(tenants);
    }

    /// How long tokens issued from now on are good, in seconds.
    pub fn set_token_lifetime(&self, seconds: u32) {
        self.shared
            .token_lifetime_seconds
            .store(seconds, Ordering::Relaxed);
    }

    /// Changes the limits and fills every bucket.
    pub fn set_throttle(&self, throttle: Throttle) {
        self.shared.meters.lock().reset(throttle);
    }

    /// Every stored key, in the order of subscription, group and name.
    pub fn keys(&self) -> Vec<StoredKey> {
        self.shared.world().keys().cloned().collect()
    }

    /// The stored key with this id, compared without case.
    pub fn key(&self, id: &str) -> Option<StoredKey> {
        self.shared.world().key_by_id(id).cloned()
    }

    /// Every resource group, those in deletion too.
    pub fn groups(&self) -> Vec<StoredGroup> {
        self.shared.world().groups().cloned().collect()
    }

    /// Makes a resource group, or replaces the one there.
    pub fn put_group(&self, subscription: &str, name: &str, location: &str) {
        let mut world = self.shared.world();
        world.put_group(StoredGroup {
            subscription: subscription.to_owned(),
            name: name.to_owned(),
            location: locations::normalize(location),
            tags: std::collections::BTreeMap::new(),
            managed_by: None,
            deleted_at: None,
        });
    }

    /// Stores a key behind the clients' backs, whole and unchecked, and gives back its id. The group is made if there is none.
    pub fn put_key_as_someone_else(&self, key: StoredKey) -> String {
        self.shared.store_unchecked(key)
    }

    /// Removes a key behind the clients' backs; whether it was there.
    pub fn delete_key(&self, id: &str) -> bool {
        self.shared.remove_by_id(id)
    }

    /// Breaks the base64 of a stored key over lines with CRLF, as the service itself stored keys in 2022. False if there is no such key or it
    /// has no public key.
    pub fn wrap_with_crlf(&self, id: &str) -> bool {
        self.shared.wrap_by_id(id)
    }

    /// Removes all groups and keys.
    pub fn clear(&self) {
        self.shared.world().clear();
    }
}

impl Shared {
    pub(crate) fn store_unchecked(&self, mut key: StoredKey) -> String {
        let mut world = self.world();
        if let Some(group) = world.group(&key.subscription, &key.resource_group) {
            key.resource_group.clone_from(&group.name);
        } else {
            world.put_group(StoredGroup {
                subscription: key.subscription.clone(),
                name: key.resource_group.clone(),
                location: key.location.clone(),
                tags: std::collections::BTreeMap::new(),
                managed_by: None,
                deleted_at: None,
            });
        }
        world.put_key(key)
    }

    pub(crate) fn remove_by_id(&self, id: &str) -> bool {
        let mut world = self.world();
        let Some(key) = world.key_by_id(id).cloned() else {
            return false;
        };
        world
            .remove_key(&key.subscription, &key.resource_group, &key.name)
            .is_some()
    }

    pub(crate) fn wrap_by_id(&self, id: &str) -> bool {
        let mut world = self.world();
        let Some(mut key) = world.key_by_id(id).cloned() else {
            return false;
        };
        key.public_key = key.public_key.as_deref().and_then(key_text::wrap);
        let wrapped = key.public_key.is_some();
        if wrapped {
            world.put_key(key);
        }
        wrapped
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })
}
