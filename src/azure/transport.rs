//! The HTTP client under everything that goes to Azure.

use std::{sync::Arc, time::Duration};

use azure_core::{
    cloud::CustomConfiguration,
    http::{ClientOptions, HttpClient, RetryOptions, Transport as CoreTransport},
};

use super::bounded::Bounded;
use crate::metrics::Metrics;

/// One connection pool for tokens and ARM: HTTPS only, no redirects, no retries of its own.
#[derive(Clone, Debug)]
pub struct Transport {
    client: Arc<reqwest::Client>,
    /// For the machine's own endpoint of managed identities, which speaks plain HTTP within the machine: never by a proxy.
    local: Arc<reqwest::Client>,
    metrics: Arc<Metrics>,
}

/// The HTTP client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The extra certificate authority is not one.
    #[error(
        "read the certificates of --azure-ca-file: {0}; it must be a PEM file with at least one CERTIFICATE block"
    )]
    Certificates(reqwest::Error),
    /// The client itself.
    #[error("build the HTTP client for Azure: {0}")]
    Client(reqwest::Error),
}

impl Transport {
    /// A client that trusts the system's certificate authorities and, when given, those in a PEM bundle.
    ///
    /// # Errors
    /// When the bundle holds no certificate, or the system has no usable TLS configuration.
    pub fn new(
        extra_authorities: Option<&[u8]>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, TransportError> {
        let mut builder = reqwest::Client::builder()
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(30))
            // Load balancers drop idle connections at 240 s.
            .pool_idle_timeout(Duration::from_secs(100));
        if let Some(pem) = extra_authorities {
            let certificates =
                reqwest::Certificate::from_pem_bundle(pem).map_err(TransportError::Certificates)?;
            builder = builder.tls_certs_merge(certificates);
        }
        let local = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_secs(10));
        Ok(Self {
            client: Arc::new(builder.build().map_err(TransportError::Client)?),
            local: Arc::new(local.build().map_err(TransportError::Client)?),
            metrics,
        })
    }

    /// Options for a managed identity's own endpoint.
    pub(super) fn local_options(&self) -> ClientOptions {
        ClientOptions {
            retry: RetryOptions::none(),
            transport: Some(bounded(&self.local)),
            ..ClientOptions::default()
        }
    }

    /// Where what is sent is counted.
    pub(super) fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// Options for the clients of tokens: as [`Self::options`], with answers of bounded size.
    pub(super) fn token_options(&self, authority: &str) -> ClientOptions {
        ClientOptions {
            transport: Some(bounded(&self.client)),
            ..self.options(authority)
        }
    }

    /// Options for the clients of `azure_core`: this transport, and no retries, which would sleep through a Retry-After
    /// of many minutes within one reconcile. The queue retries.
    pub(super) fn options(&self, authority: &str) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        authority.clone_into(&mut cloud.authority_host);
        ClientOptions {
            retry: RetryOptions::none(),
            transport: Some(CoreTransport::new(
                Arc::clone(&self.client) as Arc<dyn HttpClient>
            )),
            cloud: Some(Arc::new(cloud.into())),
            ..ClientOptions::default()
        }
    }
}

fn bounded(client: &Arc<reqwest::Client>) -> CoreTransport {
    CoreTransport::new(Arc::new(Bounded(Arc::clone(client) as Arc<dyn HttpClient>)))
}
