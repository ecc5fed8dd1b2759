//! `ConfigMap`s that users refer to.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;

use super::error::{KubernetesError, attempt_on, optional};
use super::namespaced::Namespaced;

/// One entry of a `ConfigMap` that a user named.
pub struct MapEntry {
    /// The entry's bytes, if there is such an entry.
    pub value: Option<Vec<u8>>,
    /// The keys of all other entries, in their order.
    pub others: Vec<String>,
}

/// Reads one entry of a `ConfigMap`; `None` when there is none of that name.
///
/// # Errors
/// When it can't be read.
pub async fn read_entry(
    within: Namespaced<'_>,
    name: &str,
    key: &str,
) -> Result<Option<MapEntry>, KubernetesError> {
    let api: Api<ConfigMap> = within.api();
    let found =
        optional(attempt_on(name, "read", || format!("ConfigMap {name}"), api.get(name)).await)?;
    Ok(found.map(|mut found| {
        let mut texts = found.data.take().unwrap_or_default();
        let mut binaries = found.binary_data.take().unwrap_or_default();
        let text = texts.remove(key).map(String::into_bytes);
        MapEntry {
            value: text.or_else(|| binaries.remove(key).map(|bytes| bytes.0)),
            others: texts.into_keys().chain(binaries.into_keys()).collect(),
        }
    }))
}
