//! `/metrics`.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    routing::get,
};
use bytes::Bytes;
use tokio::{net::TcpListener, sync::Mutex};
use tokio_util::sync::CancellationToken;

use super::server;
use crate::{controller::Context, metrics::Metrics};

/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>, "Overall Structure"
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is served; shared with those who know more.
#[derive(Clone, Default)]
pub(super) struct Exposition(Arc<Inner>);

#[derive(Default)]
struct Inner {
    metrics: Arc<Metrics>,
    /// Once the operator has started.
    context: OnceLock<Arc<Context>>,
    /// One scrape at a time. Those who come while one is computed share the next.
    last: Arc<Mutex<Option<Scrape>>>,
}

struct Scrape {
    began: Instant,
    text: Bytes,
}

impl Exposition {
    /// Where everything is counted.
    pub(super) fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.0.metrics)
    }

    /// From now on it is told how things stand, too.
    pub(super) fn started(&self, context: &Arc<Context>) {
        // The operator starts once.
        self.0.context.set(Arc::clone(context)).ok();
    }

    /// A panic is written to standard error, as ever, and counted, in whatever thread it is.
    pub(super) fn count_panics(&self) {
        let metrics = self.metrics();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            metrics.panics.count::<&str>([]);
            before(panic);
        }));
    }

    /// Everything as it stands, computed beside the async threads: it asks of all keys. `None` after a panic.
    async fn text(&self) -> Option<Bytes> {
        let asked = Instant::now();
        let mut last = Arc::clone(&self.0.last).lock_owned().await;
        let newer = last.as_ref().filter(|scrape| scrape.began >= asked);
        if let Some(newer) = newer {
            return Some(newer.text.clone());
        }
        let exposition = self.clone();
        // One whose client goes away is computed to its end, and the next waits for that.
        let computed = tokio::task::spawn_blocking(move || {
            let began = Instant::now();
            let text = exposition.measure();
            *last = Some(Scrape {
                began,
                text: text.clone(),
            });
            text
        });
        computed.await.ok()
    }

    fn measure(&self) -> Bytes {
        if let Some(context) = self.0.context.get() {
            context.measure();
        }
        self.0.metrics.text().into()
    }
}

/// Answers until `shutdown`.
pub(super) async fn serve(
    listener: TcpListener,
    exposition: Exposition,
    shutdown: CancellationToken,
) {
    let scrape = |State(exposition): State<Exposition>| async move {
        let text = exposition.text().await;
        text.map(|text| ([(CONTENT_TYPE, OPEN_METRICS)], text))
            .ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    };
    let router = Router::new()
        .route("/metrics", get(scrape))
        .with_state(exposition);
    server::serve(listener, router, shutdown).await;
}
