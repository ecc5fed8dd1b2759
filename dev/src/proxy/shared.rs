//! What the listener and all connections share.

use std::{
    io,
    sync::{Arc, Mutex, atomic::AtomicBool},
};

use anyhow::Context;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::sync::CancellationToken;

use super::{faults::Faults, log::Log, rules::Rules, watches::Watches};

/// What all connections know.
pub(super) struct Shared {
    pub(super) upstream: Upstream,
    pub(super) faults: Faults,
    pub(super) rules: Rules,
    pub(super) watches: Watches,
    pub(super) log: Log,
    /// Whether new connections are closed at once.
    pub(super) refuse: AtomicBool,
    /// Cancelled, and replaced, to close all connections there are.
    pub(super) connections: Mutex<CancellationToken>,
}

/// The API server.
pub(super) struct Upstream {
    address: String,
    name: ServerName<'static>,
    tls: TlsConnector,
}

impl Shared {
    pub(super) fn new(upstream: Upstream) -> Self {
        Self {
            upstream,
            faults: Faults::default(),
            rules: Rules::default(),
            watches: Watches::default(),
            log: Log::default(),
            refuse: AtomicBool::new(false),
            connections: Mutex::new(CancellationToken::new()),
        }
    }
}

impl Upstream {
    /// A new connection.
    pub(super) async fn connect(&self) -> io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        self.tls.connect(self.name.clone(), stream).await
    }

    /// What the URL and the certificate of its authority, PEM, lead to.
    pub(super) fn new(url: &str, ca_pem: &str) -> anyhow::Result<Self> {
        let url: http::Uri = url.parse().context("read the API server's URL")?;
        let host = url
            .host()
            .context("the API server's URL names no host")?
            .to_owned();
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
            roots
                .add(certificate.context("read the API server's CA")?)
                .context("trust the API server's CA")?;
        }
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .context("choose TLS versions")?
        .with_root_certificates(roots)
        .with_no_client_auth();
        Ok(Self {
            address: format!("{host}:{}", url.port_u16().unwrap_or(443)),
            name: ServerName::try_from(host).context("read the API server's host")?,
            tls: TlsConnector::from(Arc::new(config)),
        })
    }
}
