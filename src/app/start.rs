//! What the start depends on: the API server, the custom resource definitions, the files that flags name.

use std::{path::Path, sync::Arc, time::Duration};

use kube::{Api, Client, api::ListParams};

use super::{flags::Flags, health::Readiness, start_error::StartError};
use crate::{
    api::{AzureStore, SshKey},
    azure::Transport,
    controller::Context,
    kubernetes::{KubernetesError, client, guarded::Guarded, namespaces},
    metrics::Metrics,
};

/// How often the start tries again to reach what it depends on.
const START_RETRY: Duration = Duration::from_secs(2);

/// Waits for the API server and the definitions; then everything that works is given what it needs.
pub(super) async fn start(
    flags: &Flags,
    client: Client,
    transport: Transport,
    metrics: Arc<Metrics>,
    readiness: &Readiness,
) -> Arc<Context> {
    let cluster_id = match &flags.cluster_id {
        Some(id) => id.clone(),
        None => {
            until_reached("the API server", readiness, || {
                namespaces::cluster_id(&client)
            })
            .await
        }
    };
    let scope = flags.watch_namespace.first().map(String::as_str);
    until_reached("CRD sshkeys.sshkey-operator.io", readiness, || {
        is_served::<SshKey>(&client, scope)
    })
    .await;
    until_reached("CRD azurestores.sshkey-operator.io", readiness, || {
        is_served::<AzureStore>(&client, scope)
    })
    .await;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        cluster_id,
        namespaces = if flags.watch_namespace.is_empty() {
            "all".to_owned()
        } else {
            flags.watch_namespace.join(",")
        },
        "started"
    );
    let options = flags.options(cluster_id, client.default_namespace());
    Arc::new(Context::new(client, transport, options, metrics))
}

/// An operator that is installed before its CRDs, or while the API server is away, waits: to crash and be restarted ever
/// more slowly would make both worse.
async fn until_reached<T, F>(what: &str, readiness: &Readiness, mut attempt: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, KubernetesError>>,
{
    readiness.wait_for(what);
    loop {
        match attempt().await {
            Ok(reached) => {
                readiness.done(what);
                return reached;
            }
            Err(error) => tracing::warn!(%error, "waiting for {what}; it will be tried again"),
        }
        tokio::time::sleep(START_RETRY).await;
    }
}

async fn is_served<K>(client: &Client, namespace: Option<&str>) -> Result<(), KubernetesError>
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>
        + Clone
        + std::fmt::Debug
        + serde::de::DeserializeOwned,
{
    let api: Api<Guarded<K>> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    client::is_served(&api, &ListParams::default().limit(1)).await
}

/// The certificates of `--azure-ca-file`, PEM.
pub(super) async fn authorities(path: Option<&Path>) -> Result<Option<Vec<u8>>, StartError> {
    let Some(path) = path else { return Ok(None) };
    let failed = |error| StartError::Authorities(path.display().to_string(), error);
    tokio::fs::read(path).await.map(Some).map_err(failed)
}
