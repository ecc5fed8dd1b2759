//! How the API server is reached.

use std::{path::Path, sync::Arc, time::Duration};

use kube::{
    Api, Client, Config,
    api::ListParams,
    client::ClientBuilder,
    config::{KubeConfigOptions, Kubeconfig},
    runtime::watcher,
};

use super::{
    error::{KubernetesError, attempt},
    request_metrics::CountRequests,
};
use crate::metrics::Metrics;

/// How many objects are listed at a time: each may hold more than a megabyte of what others write on it, and a page is in
/// memory as a whole before anything of it can be cut.
pub(super) const PAGE: u32 = 50;

/// How much longer than a watch is left open nothing at all may come on a connection.
const SILENCE: Duration = Duration::from_secs(10);

/// The API server can't be reached as configured.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The kubeconfig that was named.
    #[error("read the kubeconfig {path}: {source}")]
    Kubeconfig {
        /// Its path.
        path: String,
        /// Why.
        source: kube::config::KubeconfigError,
    },
    /// No kubeconfig was named and none was found, in a pod or outside.
    #[error(
        "find the API server: {0}; in a pod, let it have the token of its ServiceAccount (automountServiceAccountToken: true), and outside one, name a kubeconfig with --kubeconfig"
    )]
    Inferred(#[from] kube::config::InferConfigError),
    /// The client could not be built.
    #[error("build the Kubernetes client: {0}")]
    Client(#[from] kube::Error),
}

/// A client from a kubeconfig, or from the pod's service account. Its requests are counted.
///
/// # Errors
/// When there is no configuration or it can't be used.
pub async fn client(
    kubeconfig: Option<&Path>,
    watch_timeout: Duration,
    metrics: Arc<Metrics>,
) -> Result<Client, AccessError> {
    let mut config = match kubeconfig {
        Some(path) => {
            let failed = |source| AccessError::Kubeconfig {
                path: path.display().to_string(),
                source,
            };
            let file = Kubeconfig::read_from(path).map_err(failed)?;
            Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
                .await
                .map_err(failed)?
        }
        None => Config::infer().await?,
    };
    config.connect_timeout = Some(Duration::from_secs(10));
    // A list, or the beginning of a watch, that is never answered would be waited for as long as the process lives, and
    // what it would have shown not be seen. No watch that is well is silent for so long.
    config.read_timeout = Some(watch_timeout + SILENCE);
    config.reset_reader_on_write = true;
    // The queue retries, with the object's own back-off; a client that sleeps would hold a place in it.
    config.default_retry = false;
    let count = CountRequests::new(metrics, &config.cluster_url);
    Ok(ClientBuilder::try_from(config)?.with_layer(&count).build())
}

/// The settings of every watch. Load balancers drop connections that are idle for 240 s, and a watch on one that was
/// dropped in silence would see nothing any more: none is left open so long, and if its end is not heard of either, it is
/// given up 5 s later.
pub fn watch(timeout: Duration) -> watcher::Config {
    // To kube, no time at all means for ever.
    let seconds = u32::try_from(timeout.as_secs()).unwrap_or(u32::MAX);
    watcher::Config::default()
        .timeout(seconds.max(1))
        .page_size(PAGE)
}

/// Whether the API server serves a kind.
///
/// # Errors
/// When it does not, or not to the operator.
pub async fn is_served<K>(api: &Api<K>, first: &ListParams) -> Result<(), KubernetesError>
where
    K: kube::Resource + Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    attempt("list", || api.resource_url().to_owned(), api.list(first))
        .await
        .map(drop)
}
