//! Why the operator does not start, or ends.

use crate::{azure::TransportError, kubernetes::client::AccessError};

/// The operator can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log filter.
    #[error("--log-filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The health port.
    #[error("open --health-address {0}: {1}")]
    Health(std::net::SocketAddr, std::io::Error),
    /// The metrics port.
    #[error("open --metrics-address {0}: {1}; another address, or off, can be given")]
    Metrics(std::net::SocketAddr, std::io::Error),
    /// The API server.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The certificate authorities for Azure.
    #[error("read --azure-ca-file {0}: {1}")]
    Authorities(String, std::io::Error),
    /// The HTTP client for Azure.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The signals that end the process.
    #[error("listen for signals: {0}")]
    Signals(std::io::Error),
    /// Another replica may lead by now, and takes up what is under way.
    #[error("this replica no longer leads: {0}")]
    LeadershipLost(String),
    /// A TLS provider is set already, by a second start in one process.
    #[error("the TLS provider is set already")]
    Tls,
}
