//! `ConfigMap`s that users refer to.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client, ResourceExt};

use super::error::{KubernetesError, attempt, optional};

/// An entry of a `ConfigMap` that a user named.
#[derive(Debug)]
pub struct TextEntry {
    /// The `ConfigMap`'s version: another one may hold another value.
    pub version: String,
    /// The entry's bytes, if there is such an entry.
    pub value: Option<Vec<u8>>,
}

/// Reads one entry of a `ConfigMap`; `None` when there is no `ConfigMap` of that name.
///
/// # Errors
/// When it can't be read.
pub async fn read_entry(
    client: &Client,
    namespace: &str,
    name: &str,
    key: &str,
) -> Result<Option<TextEntry>, KubernetesError> {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let found = optional(attempt("read", || format!("ConfigMap {name}"), api.get(name)).await)?;
    Ok(found.map(|mut found| {
        let version = found.resource_version().unwrap_or_default();
        let text = found.data.take().and_then(|mut data| data.remove(key));
        let binary = found
            .binary_data
            .take()
            .and_then(|mut data| data.remove(key));
        TextEntry {
            version,
            value: text.map(String::into_bytes).or(binary.map(|bytes| bytes.0)),
        }
    }))
}
