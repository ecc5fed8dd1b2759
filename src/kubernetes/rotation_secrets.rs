//! The Secrets beside the managed one: the next key during a rotation, and former keys. They are Opaque and carry none of
//! the labels by which a key's readers find it. A private key is under the first 16 hexadecimal digits of its fingerprint,
//! its public half beside it under the same with `.pub`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::api::{ObjectMeta, Patch};
use serde_json::json;

use super::{
    error::{KubernetesError, attempt, attempt_on, optional},
    field_manager::by,
    namespaced::Namespaced,
    secret_records::{SecretOwner, key_records, public_entry, records},
    secrets::{Replacement, post, subject, unencodable, wipe},
};
use crate::{
    api::names::{annotation, label, manager},
    keys::{Fingerprint, KeyPair},
};

pub use super::found_keys::{FormerRecord, FoundKeys, parse_former};

/// Reads such a Secret; `None` when there is none.
///
/// # Errors
/// When it can't be read.
pub async fn read(
    within: Namespaced<'_>,
    name: &str,
) -> Result<Option<FoundKeys>, KubernetesError> {
    let api = within.api::<Secret>();
    let found = attempt_on(name, "read", || subject(name), api.get(name)).await;
    Ok(optional(found)?.map(FoundKeys::from))
}

/// Creates the Secret of the next key. `None` when a Secret of that name exists: it is left alone.
///
/// # Errors
/// When it can't be created. After a lost answer it may exist.
pub async fn stage(
    within: Namespaced<'_>,
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
    create(within, name, secret).await
}

/// Notes since when the next key is published.
///
/// # Errors
/// When the Secret has changed since it was read, or can't be changed.
pub async fn begin_delay(
    within: Namespaced<'_>,
    name: &str,
    resource_version: &str,
    since: Timestamp,
) -> Result<FoundKeys, KubernetesError> {
    let metadata = json!({
        "resourceVersion": resource_version,
        "annotations": { annotation::PENDING_SINCE: since.to_string() },
    });
    patch(within, name, json!({ "metadata": metadata })).await
}

/// Puts a key among the former ones: into the Secret at the version that was read, or into a new one. `None` when a
/// Secret of that name exists where none was seen: it is left alone.
///
/// # Errors
/// When it has changed since, or can't be written.
pub async fn keep(
    within: Namespaced<'_>,
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
        return create(within, name, secret).await;
    }
    let api = within.api::<Secret>();
    let (params, body) = (by(manager::ROTATION), Patch::Merge(&secret));
    let patched = api.patch(name, &params, &body);
    let patched = attempt("update", || subject(name), patched).await;
    wipe(&mut secret);
    patched.map(|secret| Some(secret.into()))
}

/// Rewrites what is recorded of the former keys.
///
/// # Errors
/// When the Secret has changed since it was read, or can't be changed.
pub async fn date(
    within: Namespaced<'_>,
    name: &str,
    resource_version: &str,
    all: &[FormerRecord],
) -> Result<FoundKeys, KubernetesError> {
    let metadata = json!({
        "resourceVersion": resource_version,
        "annotations": { annotation::PREVIOUS_KEYS: json!(all).to_string() },
    });
    patch(within, name, json!({ "metadata": metadata })).await
}

/// Takes former keys out of their Secret.
///
/// # Errors
/// When the Secret has changed since it was read, or can't be changed.
pub async fn retire(
    within: Namespaced<'_>,
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
    patch(within, name, body).await
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
    within: Namespaced<'_>,
    name: &str,
    secret: Secret,
) -> Result<Option<FoundKeys>, KubernetesError> {
    let created = post(within, name, manager::ROTATION, secret).await?;
    Ok(created.map(FoundKeys::from))
}

async fn patch(
    within: Namespaced<'_>,
    name: &str,
    body: serde_json::Value,
) -> Result<FoundKeys, KubernetesError> {
    let api = within.api::<Secret>();
    let (params, body) = (by(manager::ROTATION), Patch::Merge(&body));
    let patched = api.patch(name, &params, &body);
    attempt("update", || subject(name), patched)
        .await
        .map(FoundKeys::from)
}
