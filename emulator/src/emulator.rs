//! The handle by which a program runs an emulator and looks into it.

use std::{
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};

use jiff::SignedDuration;
use rustls::ServerConfig;
use tokio::{net::TcpListener, task::AbortHandle};

use crate::{
    arm::throttle::Meters,
    ca::{Ca, CaError},
    config::Config,
    entra::{directory::Directory, issuers::IssuerKeys, signer::TokenSigner},
    faults::Faults,
    record::RequestLog,
    server::Server,
    shared::Shared,
    state_file::{StateFile, StateFileError},
    world::World,
};

/// How long after a change the state file has it, at most.
const SAVE_INTERVAL: Duration = Duration::from_millis(500);

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
    /// The state file could not be read.
    #[error(transparent)]
    State(#[from] StateFileError),
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
    saving: AbortHandle,
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
        let mut world = World::with_policies(config.policies);
        world.set_list_lag(SignedDuration::from_secs(config.list_lag_seconds.into()));
        let state_file = config
            .state_file
            .map(|path| StateFile::open(&path, &mut world))
            .transpose()?;
        let shared = Arc::new(Shared {
            endpoint: format!("https://localhost:{}", address.port()),
            port: address.port(),
            hosts,
            clock: config.clock,
            page_size: config.page_size,
            group_deletion_seconds: config.group_deletion_seconds,
            registration_seconds: config.registration_seconds,
            subscriptions: config.subscriptions,
            directory: Directory::new(config.tenants).into(),
            signer,
            issuer_keys,
            meters: Meters::new(config.throttle).into(),
            faults: Faults::default(),
            log: RequestLog::default(),
            interceptor: config.interceptor.into(),
            token_lifetime_seconds: config.token_lifetime_seconds.into(),
            stored: world.into(),
            state_file,
        });
        let server = Server::start(listener, tls.clone(), shared.clone());
        let saving = tokio::spawn(save_changes(Arc::downgrade(&shared)));
        Ok(Self {
            saving: saving.abort_handle(),
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
        self.shared.save();
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

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.saving.abort();
        self.shared.save();
    }
}

impl Shared {
    /// Something that is stored may have changed.
    pub(crate) fn touch(&self) {
        if let Some(file) = &self.state_file {
            file.touch();
        }
    }

    /// Writes what has changed into the state file, if there is one.
    fn save(&self) {
        if let Some(file) = &self.state_file
            && let Err(error) = file.save(|| self.world().snapshot())
        {
            tracing::error!(%error, "the state is not kept");
        }
    }
}

/// Keeps the state file near what is stored, as long as the emulator lives.
async fn save_changes(shared: Weak<Shared>) {
    loop {
        tokio::time::sleep(SAVE_INTERVAL).await;
        match shared.upgrade() {
            Some(shared) => shared.save(),
            None => return,
        }
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })
}
