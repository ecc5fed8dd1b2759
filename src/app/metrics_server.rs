//! `/metrics`.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::{Router, extract::State, http::header::CONTENT_TYPE, routing::get};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

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
    /// One scrape at a time: what is true at this moment is computed for each.
    turn: Mutex<()>,
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

    fn text(&self) -> String {
        let Inner {
            metrics,
            context,
            turn,
        } = &*self.0;
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(context) = context.get() {
            context.measure();
        }
        metrics.text()
    }
}

/// Answers until `shutdown`.
pub(super) async fn serve(
    listener: TcpListener,
    exposition: Exposition,
    shutdown: CancellationToken,
) {
    let scrape = |State(exposition): State<Exposition>| async move {
        ([(CONTENT_TYPE, OPEN_METRICS)], exposition.text())
    };
    let router = Router::new()
        .route("/metrics", get(scrape))
        .with_state(exposition);
    let served = axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "metrics are served no more");
    }
}
