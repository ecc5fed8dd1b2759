//! The Secrets beside the managed one: the next key during a rotation, and former keys. They are Opaque and carry none of
//! the labels by which a key's readers find it. A private key is under the first 16 hexadecimal digits of its fingerprint,
//! its public half beside it under the same with `.pub`.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{
    Client,
    api::{DeleteParams, ObjectMeta, Patch, PatchParams, Preconditions},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::{Zeroize, Zeroizing};

use super::{
    deletion::delete_exactly,
    error::{KubernetesError, attempt, attempt_on, optional},
    secrets::{
        Replacement, SecretOwner, key_records, post, public_entry, records, secrets, subject,
        unencodable, wipe,
    },
};
use crate::{
    api::names::{annotation, label, manager},
    keys::{Fingerprint, KeyPair},
};

/// A Secret beside a managed one as it was read. `Debug` shows no content.
pub struct FoundKeys {
    /// Its metadata.
    pub meta: ObjectMeta,
    /// The private keys in it, by their names.
    pub keys: BTreeMap<String, Zeroizing<Vec<u8>>>,
    /// Whether its content is immutable.
    pub immutable: bool,
}

impl fmt::Debug for FoundKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FoundKeys")
            .field("name", &self.meta.name)
            .finish_non_exhaustive()
    }
}

impl From<Secret> for FoundKeys {
    fn from(secret: Secret) -> Self {
        let mut keys = BTreeMap::new();
        for (name, mut bytes) in secret.data.unwrap_or_default() {
            if is_key_name(&name) {
                keys.insert(name, Zeroizing::new(bytes.0));
            } else {
                bytes.0.zeroize();
            }
        }
        Self {
            immutable: secret.immutable == Some(true),
            meta: secret.metadata,
            keys,
        }
    }
}

fn is_key_name(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What is recorded of a former key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FormerRecord {
    /// Name of its entry.
    pub key: String,
    /// Which one it was, from 1.
    pub revision: u32,
    /// Since when it is a former one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<Timestamp>,
}

impl FormerRecord {
    /// The record of a key.
    pub fn new(key: &Fingerprint, revision: u32, retired_at: Option<Timestamp>) -> Self {
        Self {
            key: key.short_hex(),
            revision,
            retired_at,
        }
    }
}

/// The records in an annotation; none where somebody has made it unreadable.
pub fn parse_former(annotation: Option<&str>) -> Vec<FormerRecord> {
    annotation
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// Reads such a Secret; `None` when there is none.
///
/// # Errors
/// When it can't be read.
pub async fn read(
    client: &Client,
    namespace: &str,
    name: &str,
) -> Result<Option<FoundKeys>, KubernetesError> {
    let api = secrets(client, namespace);
    let found = attempt_on(name, "read", || subject(name), api.get(name)).await;
    Ok(optional(found)?.map(FoundKeys::from))
}

/// Creates the Secret of the next key. `None` when a Secret of that name exists: it is left alone.
///
/// # Errors
/// When it can't be created. After a lost answer it may exist.
pub async fn stage(
    client: &Client,
    namespace: &str,
    name: &str,
    owner: SecretOwner<'_>,
    key: Replacement<'_>,
) -> Result<Option<FoundKeys>, KubernetesError> {
    let public = key.pair.public_key();
    let request = key.request.map(str::to_owned);
    let annotations = records(owner, &public)
        .into_iter()
        .chain(key_records(&public, key.revision, key.now))
        .chain(request.map(|request| (annotation::HANDLED_REQUEST, request)));
    let secret = Secret {
        metadata: metadata(name, label::ROLE_STAGING, annotations),
        data: Some(entries("create", name, key.pair)?),
        ..Secret::default()
    };
    create(client, namespace, name, secret).await
}

/// Notes since when the next key is published.
///
/// # Errors
/// When the Secret has changed since it was looked at, or can't be changed.
pub async fn begin_delay(
    client: &Client,
    namespace: &str,
    name: &str,
    resource_version: &str,
    since: Timestamp,
) -> Result<FoundKeys, KubernetesError> {
    let metadata = json!({
        "resourceVersion": resource_version,
        "annotations": { annotation::PENDING_SINCE: since.to_string() },
    });
    patch(client, namespace, name, json!({ "metadata": metadata })).await
}

/// Puts a key among the former ones: into the Secret at the version that was looked at, or into a new one. `None` when a
/// Secret of that name exists where none was seen: it is left alone.
///
/// # Errors
/// When it has changed since, or can't be written.
pub async fn keep(
    client: &Client,
    namespace: &str,
    name: &str,
    resource_version: Option<&str>,
    owner: SecretOwner<'_>,
    pair: &KeyPair,
    all: &[FormerRecord],
) -> Result<Option<FoundKeys>, KubernetesError> {
    let annotations = [
        (annotation::OWNER_NAMESPACE, owner.namespace.to_owned()),
        (annotation::OWNER_NAME, owner.name.to_owned()),
        (annotation::OWNER_UID, owner.uid.to_owned()),
        (annotation::PREVIOUS_KEYS, json!(all).to_string()),
    ];
    let operation = if resource_version.is_some() {
        "update"
    } else {
        "create"
    };
    let mut metadata = metadata(name, label::ROLE_PREVIOUS, annotations.into_iter());
    metadata.resource_version = resource_version.map(str::to_owned);
    let mut secret = Secret {
        metadata,
        data: Some(entries(operation, name, pair)?),
        ..Secret::default()
    };
    if resource_version.is_none() {
        return create(client, namespace, name, secret).await;
    }
    let api = secrets(client, namespace);
    let (params, body) = (params(), Patch::Merge(&secret));
    let patched = api.patch(name, &params, &body);
    let patched = attempt("update", || subject(name), patched).await;
    wipe(&mut secret);
    patched.map(|secret| Some(secret.into()))
}

/// Rewrites what is recorded of the former keys.
///
/// # Errors
/// When the Secret has changed since it was looked at, or can't be changed.
pub async fn date(
    client: &Client,
    namespace: &str,
    name: &str,
    resource_version: &str,
    all: &[FormerRecord],
) -> Result<FoundKeys, KubernetesError> {
    let metadata = json!({
        "resourceVersion": resource_version,
        "annotations": { annotation::PREVIOUS_KEYS: json!(all).to_string() },
    });
    patch(client, namespace, name, json!({ "metadata": metadata })).await
}

/// Takes former keys out of their Secret.
///
/// # Errors
/// When the Secret has changed since it was looked at, or can't be changed.
pub async fn retire(
    client: &Client,
    namespace: &str,
    name: &str,
    resource_version: &str,
    kept: &[FormerRecord],
    retired: &[Fingerprint],
) -> Result<FoundKeys, KubernetesError> {
    let metadata = json!({
        "resourceVersion": resource_version,
        "annotations": { annotation::PREVIOUS_KEYS: json!(kept).to_string() },
    });
    let names = retired.iter().map(Fingerprint::short_hex);
    let gone: BTreeMap<String, Option<()>> = names
        .flat_map(|name| [(public_name(&name), None), (name, None)])
        .collect();
    let body = json!({ "metadata": metadata, "data": gone });
    patch(client, namespace, name, body).await
}

/// Deletes the Secret of former keys at the version that was looked at: a key that was put there since stays.
///
/// # Errors
/// When it has changed since, or can't be deleted.
pub async fn delete_unchanged(
    client: &Client,
    namespace: &str,
    name: &str,
    uid: &str,
    resource_version: &str,
) -> Result<(), KubernetesError> {
    let params = DeleteParams {
        preconditions: Some(Preconditions {
            uid: Some(uid.to_owned()),
            resource_version: Some(resource_version.to_owned()),
        }),
        ..DeleteParams::default()
    };
    let api = secrets(client, namespace);
    let deleted = attempt("delete", || subject(name), api.delete(name, &params)).await;
    optional(deleted).map(drop)
}

/// Deletes such a Secret: this one and no other of its name.
///
/// # Errors
/// When it can't be deleted.
pub async fn delete(
    client: &Client,
    namespace: &str,
    name: &str,
    uid: &str,
) -> Result<(), KubernetesError> {
    delete_exactly(&secrets(client, namespace), name, uid, || subject(name)).await
}

fn public_name(key: &str) -> String {
    format!("{key}.pub")
}

fn entries(
    operation: &'static str,
    name: &str,
    pair: &KeyPair,
) -> Result<BTreeMap<String, ByteString>, KubernetesError> {
    let public = pair.public_key();
    let key = public.fingerprint().short_hex();
    let private = pair
        .to_openssh()
        .map_err(|error| unencodable(operation, name, error))?;
    Ok(BTreeMap::from([
        (public_name(&key), ByteString(public_entry(&public))),
        (key, ByteString(private.as_bytes().to_vec())),
    ]))
}

fn metadata(
    name: &str,
    role: &str,
    annotations: impl Iterator<Item = (&'static str, String)>,
) -> ObjectMeta {
    let labels = [
        (label::MANAGED_BY, label::OPERATOR),
        (label::SECRET_ROLE, role),
    ];
    ObjectMeta {
        name: Some(name.to_owned()),
        labels: Some(
            labels
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        ),
        annotations: Some(
            annotations
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        ),
        ..ObjectMeta::default()
    }
}

async fn create(
    client: &Client,
    namespace: &str,
    name: &str,
    secret: Secret,
) -> Result<Option<FoundKeys>, KubernetesError> {
    let created = post(client, namespace, name, manager::ROTATION, secret).await?;
    Ok(created.map(FoundKeys::from))
}

async fn patch(
    client: &Client,
    namespace: &str,
    name: &str,
    body: serde_json::Value,
) -> Result<FoundKeys, KubernetesError> {
    let api = secrets(client, namespace);
    let (params, body) = (params(), Patch::Merge(&body));
    let patched = api.patch(name, &params, &body);
    attempt("update", || subject(name), patched)
        .await
        .map(FoundKeys::from)
}

fn params() -> PatchParams {
    PatchParams {
        field_manager: Some(manager::ROTATION.to_owned()),
        ..PatchParams::default()
    }
}
