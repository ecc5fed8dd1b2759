//! `/livez` and `/readyz`.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::server;

/// What the operator still waits for before it is ready; shared with those who know.
#[derive(Clone, Debug, Default)]
pub(super) struct Readiness(Arc<Mutex<Vec<String>>>);

impl Readiness {
    /// Not ready until `what` is done.
    pub(super) fn wait_for(&self, what: impl Into<String>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(what.into());
    }

    /// `what` is done.
    pub(super) fn done(&self, what: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|waiting| waiting != what);
    }

    fn waiting(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Opens the port.
///
/// # Errors
/// When it can't be opened.
pub(super) async fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Answers until `shutdown`.
pub(super) async fn serve(
    listener: TcpListener,
    readiness: Readiness,
    shutdown: CancellationToken,
) {
    let router = Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .with_state(readiness);
    server::serve(listener, router, shutdown).await;
}

async fn readyz(State(readiness): State<Readiness>) -> (StatusCode, String) {
    match readiness.waiting().as_slice() {
        [] => (StatusCode::OK, "ok\n".to_owned()),
        waiting => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("waiting for: {}\n", waiting.join(", ")),
        ),
    }
}
