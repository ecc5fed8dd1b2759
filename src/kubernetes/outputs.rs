//! Outputs: Secrets that are created and never applied, changed only at the version that was looked at; and `ConfigMap`s
//! alike.

use std::{collections::BTreeMap, fmt};

use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use kube::{
    Api, Client,
    api::{ObjectMeta, Patch, PatchParams, PostParams},
};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{
    deletion::delete_exactly,
    error::{KubernetesError, attempt, attempt_on, optional},
    secrets::wipe,
};
use crate::api::{OutputKind, OutputRef, names::manager};

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

/// An output as it shall be.
#[derive(Debug)]
pub struct Content {
    /// Labels, those of its reader among them.
    pub labels: BTreeMap<String, String>,
    /// Records.
    pub annotations: BTreeMap<String, String>,
    /// The `SshKey`.
    pub owner: OwnerReference,
    /// Whether Kubernetes shall collect it when the `SshKey` is gone: never what holds a private key.
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

fn secrets(client: &Client, namespace: &str) -> Api<Secret> {
    Api::namespaced(client.clone(), namespace)
}

fn config_maps(client: &Client, namespace: &str) -> Api<ConfigMap> {
    Api::namespaced(client.clone(), namespace)
}

/// Reads the object that is or would be an output; `None` when there is none.
///
/// # Errors
/// When it can't be read.
pub async fn read(
    client: &Client,
    namespace: &str,
    object: &OutputRef,
) -> Result<Option<FoundOutput>, KubernetesError> {
    match object.kind {
        OutputKind::Secret => get(&secrets(client, namespace), object).await,
        OutputKind::ConfigMap => get(&config_maps(client, namespace), object).await,
    }
}

async fn get<K>(api: &Api<K>, object: &OutputRef) -> Result<Option<FoundOutput>, KubernetesError>
where
    K: Clone + fmt::Debug + DeserializeOwned + Into<FoundOutput>,
{
    let found = attempt_on(
        &object.name,
        "read",
        || object.to_string(),
        api.get(&object.name),
    )
    .await;
    Ok(optional(found)?.map(Into::into))
}

/// Creates an output. `None` when an object of that name exists: it is left alone.
///
/// # Errors
/// When it can't be created. After a lost answer it may exist.
pub async fn create(
    client: &Client,
    namespace: &str,
    object: &OutputRef,
    content: &Content,
) -> Result<Option<FoundOutput>, KubernetesError> {
    let created = match object.kind {
        OutputKind::Secret => {
            let mut secret = secret(content, meta(object, content));
            let created = post(&secrets(client, namespace), object, &secret).await;
            wipe(&mut secret);
            created
        }
        OutputKind::ConfigMap => {
            let map = config_map(content, meta(object, content));
            post(&config_maps(client, namespace), object, &map).await
        }
    };
    match created {
        Ok(created) => Ok(Some(created)),
        Err(error) if error.code() == Some(409) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn post<K>(api: &Api<K>, object: &OutputRef, new: &K) -> Result<FoundOutput, KubernetesError>
where
    K: Clone + fmt::Debug + DeserializeOwned + Serialize + Into<FoundOutput>,
{
    let params = PostParams {
        field_manager: Some(manager::OUTPUTS.to_owned()),
        ..PostParams::default()
    };
    let created = attempt("create", || object.to_string(), api.create(&params, new)).await;
    created.map(Into::into)
}

/// Which version of an object is meant.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// This one and no other.
    pub uid: &'a str,
    /// A change since then refuses the patch.
    pub resource_version: &'a str,
}

/// Puts an output in order, at the version that was looked at. Entries and labels of others stay, but for those that are
/// `superfluous`.
///
/// # Errors
/// When it has changed since, or can't be changed.
pub async fn update(
    client: &Client,
    namespace: &str,
    object: &OutputRef,
    at: At<'_>,
    content: &Content,
    superfluous: &[String],
) -> Result<FoundOutput, KubernetesError> {
    let mut meta = meta(object, content);
    meta.uid = Some(at.uid.to_owned());
    meta.resource_version = Some(at.resource_version.to_owned());
    match object.kind {
        OutputKind::Secret => {
            let mut secret = secret(content, meta);
            secret.type_ = None;
            let patch = patch(serde_json::json!(secret), content, superfluous);
            wipe(&mut secret);
            change(&secrets(client, namespace), object, &patch).await
        }
        OutputKind::ConfigMap => {
            let map = config_map(content, meta);
            let mut whole = serde_json::json!(map);
            // The API server takes no entry that is a text and a binary at once.
            for key in content.entries.0.keys() {
                whole["binaryData"][key] = serde_json::Value::Null;
            }
            let patch = patch(whole, content, superfluous);
            change(&config_maps(client, namespace), object, &patch).await
        }
    }
}

async fn change<K>(
    api: &Api<K>,
    object: &OutputRef,
    patch: &Patch<serde_json::Value>,
) -> Result<FoundOutput, KubernetesError>
where
    K: Clone + fmt::Debug + DeserializeOwned + Into<FoundOutput>,
{
    let params = PatchParams {
        field_manager: Some(manager::OUTPUTS.to_owned()),
        ..PatchParams::default()
    };
    let changed = api.patch(&object.name, &params, patch);
    let changed = attempt_on(&object.name, "update", || object.to_string(), changed).await;
    changed.map(Into::into)
}

/// Deletes an output: this one and no other of its name.
///
/// # Errors
/// When it can't be deleted.
pub async fn delete(
    client: &Client,
    namespace: &str,
    object: &OutputRef,
    uid: &str,
) -> Result<(), KubernetesError> {
    let (name, subject) = (&object.name, || object.to_string());
    match object.kind {
        OutputKind::Secret => delete_exactly(&secrets(client, namespace), name, uid, subject).await,
        OutputKind::ConfigMap => {
            delete_exactly(&config_maps(client, namespace), name, uid, subject).await
        }
    }
}

fn meta(object: &OutputRef, content: &Content) -> ObjectMeta {
    ObjectMeta {
        name: Some(object.name.clone()),
        labels: Some(content.labels.clone()),
        annotations: Some(content.annotations.clone()),
        owner_references: content.goes_with_owner.then(|| vec![content.owner.clone()]),
        ..ObjectMeta::default()
    }
}

fn secret(content: &Content, metadata: ObjectMeta) -> Secret {
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

fn config_map(content: &Content, metadata: ObjectMeta) -> ConfigMap {
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

/// A strategic merge, which leaves the owner references of others as they are.
fn patch(
    mut patch: serde_json::Value,
    content: &Content,
    superfluous: &[String],
) -> Patch<serde_json::Value> {
    for key in superfluous {
        patch["data"][key] = serde_json::Value::Null;
    }
    if !content.goes_with_owner {
        let ours = serde_json::json!([{ "$patch": "delete", "uid": content.owner.uid }]);
        patch["metadata"]["ownerReferences"] = ours;
    }
    Patch::Strategic(patch)
}
