//! What an emulator is started with: from YAML for the program, built in code for tests.

use std::{
    fmt, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;

use crate::{
    arm::throttle::Throttle,
    clock::{Clock, SystemClock},
    governance::{Policy, RegistrationState},
    interceptor::Interceptor,
    tenant::Tenant,
};

/// Everything an emulator can be told. Start from [`Config::default`], which has no tenant and no subscription.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Config {
    /// Where to listen. Port 0 takes a free one. Default 127.0.0.1:0.
    pub address: SocketAddr,
    /// By which names it is reached besides `localhost` and 127.0.0.1, such as that of a Service.
    pub host_names: Vec<String>,
    /// Where the CA is kept across restarts; without it the CA lives in memory.
    pub data_dir: Option<PathBuf>,
    /// The directories of Entra and the applications in them.
    pub tenants: Vec<Tenant>,
    /// The subscriptions of ARM.
    pub subscriptions: Vec<Subscription>,
    /// Which CA to trust when the keys of an issuer of federated tokens are fetched.
    pub issuers: Vec<TrustedIssuer>,
    /// How long an access token is good, in seconds. Default 3599, as Entra answers.
    pub token_lifetime_seconds: u32,
    /// Entries on one page of a list. Default 100.
    pub page_size: usize,
    /// Request limits. Default: those of the real service.
    pub throttle: Throttle,
    /// How long the deletion of a resource group takes, in seconds. Default 5.
    pub group_deletion_seconds: u32,
    /// How long the registration of a resource provider takes, in seconds. Default 2.
    pub registration_seconds: u32,
    /// How long a list still shows keys as they were, in seconds. Default 0.
    pub list_lag_seconds: u32,
    /// Policies from the start on.
    pub policies: Vec<Policy>,
    /// Where groups, keys, locks, policies and registrations are kept across restarts; without it they live in memory.
    pub state_file: Option<PathBuf>,
    /// Sees every request before and after its change.
    #[serde(skip)]
    pub interceptor: Option<Arc<dyn Interceptor>>,
    /// The time. Default: the machine's clock.
    #[serde(skip, default = "system_clock")]
    pub clock: Arc<dyn Clock>,
}

fn system_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            host_names: Vec::new(),
            data_dir: None,
            tenants: Vec::new(),
            subscriptions: Vec::new(),
            issuers: Vec::new(),
            token_lifetime_seconds: 3599,
            page_size: 100,
            throttle: Throttle::default(),
            group_deletion_seconds: 5,
            registration_seconds: 2,
            list_lag_seconds: 0,
            policies: Vec::new(),
            state_file: None,
            interceptor: None,
            clock: system_clock(),
        }
    }
}

impl Config {
    /// Reads a YAML file.
    ///
    /// # Errors
    /// The file can't be read, or is not what [`Config`] describes.
    pub fn from_yaml_file(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::File {
            path: path.to_owned(),
            source,
        })?;
        serde_saphyr::from_str(&text).map_err(|error| ConfigError::Yaml {
            path: path.to_owned(),
            message: error.to_string(),
        })
    }

    /// Adds a name by which it is reached.
    #[must_use]
    pub fn host_name(mut self, name: impl Into<String>) -> Self {
        self.host_names.push(name.into());
        self
    }

    /// Adds a tenant.
    #[must_use]
    pub fn tenant(mut self, tenant: Tenant) -> Self {
        self.tenants.push(tenant);
        self
    }

    /// Adds an enabled subscription of `tenant`.
    #[must_use]
    pub fn subscription(mut self, id: impl Into<String>, tenant: impl Into<String>) -> Self {
        self.subscriptions.push(Subscription {
            id: id.into(),
            tenant: tenant.into(),
            ..Subscription::default()
        });
        self
    }

    /// Adds an issuer of federated tokens whose server certificate is signed by the CA in `ca_pem`.
    #[must_use]
    pub fn issuer(mut self, url: impl Into<String>, ca_pem: impl Into<String>) -> Self {
        self.issuers.push(TrustedIssuer {
            url: url.into(),
            ca_file: None,
            ca_pem: Some(ca_pem.into()),
        });
        self
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("address", &self.address)
            .field("host_names", &self.host_names)
            .field("data_dir", &self.data_dir)
            .field("tenants", &self.tenants)
            .field("subscriptions", &self.subscriptions)
            .field("issuers", &self.issuers)
            .field("token_lifetime_seconds", &self.token_lifetime_seconds)
            .field("page_size", &self.page_size)
            .field("throttle", &self.throttle)
            .field("group_deletion_seconds", &self.group_deletion_seconds)
            .field("registration_seconds", &self.registration_seconds)
            .field("list_lag_seconds", &self.list_lag_seconds)
            .field("policies", &self.policies)
            .field("state_file", &self.state_file)
            .field("interceptor", &self.interceptor.is_some())
            .finish_non_exhaustive()
    }
}

/// Why a configuration file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It could not be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not a configuration.
    #[error("{path}: {message}")]
    Yaml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
}

/// A subscription of ARM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Subscription {
    /// A GUID.
    pub id: String,
    /// The tenant it belongs to.
    pub tenant: String,
    /// Shown as displayName.
    pub name: String,
    /// `Enabled`; in `Disabled`, `Deleted` and `Warned` writes are refused with 409, in `PastDue` they are not.
    pub state: String,
    /// Whether it is registered for Microsoft.Compute.
    pub compute: RegistrationState,
}

impl Default for Subscription {
    fn default() -> Self {
        Self {
            id: String::new(),
            tenant: String::new(),
            name: "Emulated".to_owned(),
            state: "Enabled".to_owned(),
            compute: RegistrationState::Registered,
        }
    }
}

/// How to reach an issuer of federated tokens. An issuer not listed is dialled with the machine's trusted CAs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TrustedIssuer {
    /// The issuer, as it stands in `iss`.
    pub url: String,
    /// A PEM file with the CA of its server certificate.
    pub ca_file: Option<PathBuf>,
    /// The same as text; goes before the file.
    pub ca_pem: Option<String>,
}
