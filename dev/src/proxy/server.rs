//! The listener, and what a test says to it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use anyhow::Context;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    Chooser, Entry, Fault, Rule,
    connection::Connection,
    shared::{Shared, Upstream},
};
use crate::tls::{Authority, Identity};

/// A running proxy; it stops when this is dropped.
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    ca: String,
    _stop: DropGuard,
}

impl Proxy {
    /// Starts one in front of the API server at `url`, whose certificate `ca_pem` signed. It runs on the runtime that calls.
    ///
    /// # Errors
    /// When the URL or the certificate is none, or no port is free.
    pub async fn start(url: &str, ca_pem: &str) -> anyhow::Result<Self> {
        let authority = Authority::new("sshkey-operator fault proxy")?;
        let acceptor = acceptor(&authority.server("fault proxy", &["127.0.0.1", "localhost"])?)?;
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .context("listen on 127.0.0.1")?;
        let address = listener.local_addr().context("read the listener's port")?;
        let shared = Arc::new(Shared::new(Upstream::new(url, ca_pem)?));
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(accept(
            listener,
            acceptor,
            Arc::clone(&shared),
            stop.clone(),
        )));
        Ok(Self {
            shared,
            address,
            ca: authority.pem(),
            _stop: stop.drop_guard(),
        })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Certificate of its own authority, PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca
    }

    /// Strikes the write of this number, counted from the start or the last [`Self::reset`], once.
    pub fn at_write(&self, number: u64, fault: Fault) {
        self.shared.faults.plan(number, fault);
    }

    /// Strikes requests by what they are, where the plan of [`Self::at_write`] does not; until [`Self::clear_rules`].
    pub fn add_rule(&self, rule: Rule) {
        self.shared.rules.add(rule);
    }

    /// Strikes requests as `chooser` says, where neither the plan nor a rule does.
    pub fn choose(&self, chooser: Option<Chooser>) {
        self.shared.rules.choose(chooser);
    }

    /// Forgets all rules.
    pub fn clear_rules(&self) {
        self.shared.rules.clear();
    }

    /// Every watch there is falls silent: its connection stays open and nothing comes any more, as when a load balancer
    /// has dropped it. New ones are as ever.
    pub fn silence_watches(&self) {
        self.shared.watches.silence();
    }

    /// Every watch that begins from now on ends so long after, by turns as the API server ends it and with a connection
    /// that breaks; with none, they last as long as either side wants.
    pub fn end_watches_after(&self, time: Option<Duration>) {
        self.shared.watches.end_after(time);
    }

    /// How many watches have begun that end so.
    pub fn short_watches(&self) -> u64 {
        self.shared.watches.short()
    }

    /// What [`Fault::KillBefore`] and [`Fault::KillAfter`] call; it returns when the operator is gone.
    pub fn on_kill(&self, kill: impl Fn() + Send + Sync + 'static) {
        self.shared.faults.on_kill(Arc::new(kill));
    }

    /// How many writes came.
    pub fn writes(&self) -> u64 {
        self.shared.faults.writes()
    }

    /// Every request that came, in order.
    pub fn log(&self) -> Vec<Entry> {
        self.shared.log.entries()
    }

    /// How many requests of each verb and resource came.
    pub fn counts(&self) -> BTreeMap<(String, String), u64> {
        let mut counts = BTreeMap::new();
        for Entry { access, .. } in self.log() {
            *counts.entry((access.verb, access.resource)).or_default() += 1;
        }
        counts
    }

    /// Forgets the plan, the log and the count of writes.
    pub fn reset(&self) {
        self.shared.faults.reset();
        self.shared.log.clear();
    }

    /// Closes every connection there is, watches among them. New ones are taken.
    pub fn drop_all_connections(&self) {
        let mut current = self
            .shared
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *current).cancel();
    }

    /// While true, the API server is down as the operator sees it: connections are closed, and new ones as soon as they come.
    pub fn refuse(&self, down: bool) {
        self.shared.refuse.store(down, Ordering::SeqCst);
        if down {
            self.drop_all_connections();
        }
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    shared: Arc<Shared>,
    stop: CancellationToken,
) {
    loop {
        // One that ended before it was taken.
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        if shared.refuse.load(Ordering::SeqCst) {
            continue;
        }
        let dropped = shared
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let serving = serve(stream, acceptor.clone(), Arc::clone(&shared));
        let stop = stop.clone();
        tokio::spawn(async move {
            // However it ends, the operator has seen it; there is nobody else to tell.
            tokio::select! {
                _ = serving => {}
                () = dropped.cancelled() => {}
                () = stop.cancelled() => {}
            }
        });
    }
}

async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    shared: Arc<Shared>,
) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let stream = acceptor.accept(stream).await?;
    let connection = Arc::new(Connection::new(shared));
    let service = service_fn(move |request| {
        let connection = Arc::clone(&connection);
        async move { connection.answer(request).await }
    });
    hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await?;
    Ok(())
}

fn acceptor(identity: &Identity) -> anyhow::Result<TlsAcceptor> {
    let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes())
        .context("read the proxy's certificate")?;
    let key =
        PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).context("read the proxy's key")?;
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .context("choose TLS versions")?
    .with_no_client_auth()
    .with_single_cert(vec![certificate], key)
    .context("use the proxy's certificate")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
