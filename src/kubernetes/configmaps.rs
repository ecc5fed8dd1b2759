//! `ConfigMap`s that users refer to.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client};

use super::error::{KubernetesError, attempt_on, optional};

/// Reads one entry of a `ConfigMap`: `None` when there is no `ConfigMap` of that name, and `None` within when it has no
/// such entry.
///
/// # Errors
/// When it can't be read.
pub async fn read_entry(
    client: &Client,
    namespace: &str,
    name: &str,
    key: &str,
) -> Result<Option<Option<Vec<u8>>>, KubernetesError> {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let found =
        optional(attempt_on(name, "read", || format!("ConfigMap {name}"), api.get(name)).await)?;
    Ok(found.map(|mut found| {
        let text = found.data.take().and_then(|mut data| data.remove(key));
        let binary = found
            .binary_data
            .take()
            .and_then(|mut data| data.remove(key));
        text.map(String::into_bytes).or(binary.map(|bytes| bytes.0))
    }))
}
