//! What an output holds: as it was read, and as it is to be written.

use std::{collections::BTreeMap, fmt};

use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use kube::api::ObjectMeta;
use zeroize::Zeroizing;

use crate::api::OutputRef;

/// Data of an output, by data key. `Debug` shows the keys only.
#[derive(Default)]
pub struct Entries(pub BTreeMap<String, Zeroizing<Vec<u8>>>);

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// An object as it was read. `Debug` shows no content, and no metadata: `kubectl apply` leaves a copy of a Secret's
/// content there.
pub struct FoundOutput {
    /// Its metadata.
    pub meta: ObjectMeta,
    /// Type of a Secret; empty for a `ConfigMap`.
    pub type_: String,
    /// Whether its content can't be changed.
    pub immutable: bool,
    /// Its data.
    pub entries: Entries,
}

impl fmt::Debug for FoundOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FoundOutput")
            .field("name", &self.meta.name)
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}

/// An output as it is wanted.
#[derive(Debug)]
pub struct Content {
    /// Labels, those of its reader among them.
    pub labels: BTreeMap<String, String>,
    /// Records.
    pub annotations: BTreeMap<String, String>,
    /// The `SshKey`.
    pub owner: OwnerReference,
    /// Whether Kubernetes collects it when the `SshKey` is gone: never what holds a private key.
    pub goes_with_owner: bool,
    /// Type of a Secret.
    pub type_: String,
    /// Its data.
    pub entries: Entries,
}

impl From<Secret> for FoundOutput {
    fn from(secret: Secret) -> Self {
        let entries = secret.data.unwrap_or_default().into_iter();
        Self {
            meta: secret.metadata,
            type_: secret.type_.unwrap_or_default(),
            immutable: secret.immutable == Some(true),
            entries: Entries(
                entries
                    .map(|(key, value)| (key, Zeroizing::new(value.0)))
                    .collect(),
            ),
        }
    }
}

impl From<ConfigMap> for FoundOutput {
    fn from(map: ConfigMap) -> Self {
        let texts = map.data.unwrap_or_default().into_iter();
        let texts = texts.map(|(key, value)| (key, Zeroizing::new(value.into_bytes())));
        let binaries = map.binary_data.unwrap_or_default().into_iter();
        let binaries = binaries.map(|(key, value)| (key, Zeroizing::new(value.0)));
        Self {
            meta: map.metadata,
            type_: String::new(),
            immutable: map.immutable == Some(true),
            entries: Entries(texts.chain(binaries).collect()),
        }
    }
}

/// Metadata of an output as it is created or changed.
pub(super) fn meta(object: &OutputRef, content: &Content) -> ObjectMeta {
    ObjectMeta {
        name: Some(object.name.clone()),
        labels: Some(content.labels.clone()),
        annotations: Some(content.annotations.clone()),
        owner_references: content.goes_with_owner.then(|| vec![content.owner.clone()]),
        ..ObjectMeta::default()
    }
}

/// A Secret with this content.
pub(super) fn secret(content: &Content, metadata: ObjectMeta) -> Secret {
    let entries = content.entries.0.iter();
    Secret {
        metadata,
        type_: Some(content.type_.clone()),
        data: Some(
            entries
                .map(|(key, value)| (key.clone(), ByteString(value.to_vec())))
                .collect(),
        ),
        ..Secret::default()
    }
}

/// A `ConfigMap` with this content.
pub(super) fn config_map(content: &Content, metadata: ObjectMeta) -> ConfigMap {
    let entries = content.entries.0.iter();
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    ConfigMap {
        metadata,
        data: Some(
            entries
                .map(|(key, value)| (key.clone(), text(value)))
                .collect(),
        ),
        ..ConfigMap::default()
    }
}
