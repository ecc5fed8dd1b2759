//! Namespaces: whether one is being deleted, its labels, and what tells this cluster from others.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client, ResourceExt};

use super::error::{KubernetesError, attempt, optional};

/// Whether a namespace is being deleted, or gone.
///
/// # Errors
/// When it can't be read.
pub async fn is_terminating(client: &Client, name: &str) -> Result<bool, KubernetesError> {
    let namespace = optional(read(client, name).await)?;
    Ok(namespace.is_none_or(|namespace| namespace.metadata.deletion_timestamp.is_some()))
}

/// The labels of a namespace; none of one that is gone.
///
/// # Errors
/// When it can't be read.
pub async fn labels(
    client: &Client,
    name: &str,
) -> Result<BTreeMap<String, String>, KubernetesError> {
    let namespace = optional(read(client, name).await)?;
    Ok(namespace
        .and_then(|namespace| namespace.metadata.labels)
        .unwrap_or_default())
}

/// The UID of `kube-system`: lives as long as the cluster, and no two clusters share it.
///
/// # Errors
/// When it can't be read.
pub async fn cluster_id(client: &Client) -> Result<String, KubernetesError> {
    let namespace = read(client, "kube-system").await?;
    Ok(namespace.uid().unwrap_or_default())
}

async fn read(client: &Client, name: &str) -> Result<Namespace, KubernetesError> {
    let api: Api<Namespace> = Api::all(client.clone());
    attempt("read", || format!("Namespace {name}"), api.get(name)).await
}
