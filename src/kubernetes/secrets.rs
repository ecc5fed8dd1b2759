//! The managed Secret: created, never applied; changed only at the version that was read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::api::{ObjectMeta, Patch, PostParams, Preconditions};
use zeroize::Zeroize;

use super::{
    deletion::delete_exactly,
    error::{KubernetesError, attempt, attempt_on, optional},
    field_manager::by,
    namespaced::Namespaced,
    secret_records::{key_records, labels, records},
};
use crate::{
    api::names::{SECRET_TYPE, annotation, data_key, manager},
    keys::{KeyError, KeyPair, PublicKey},
};

pub use super::{
    found_secret::{FoundSecret, held_by},
    secret_records::{SecretOwner, public_entry},
};

pub(super) fn subject(name: &str) -> String {
    format!("Secret {name}")
}

/// Reads a Secret; `None` when there is none.
///
/// # Errors
/// When it can't be read.
pub async fn read(
    within: Namespaced<'_>,
    name: &str,
) -> Result<Option<FoundSecret>, KubernetesError> {
    let found = attempt_on(
        name,
        "read",
        || subject(name),
        within.api::<Secret>().get(name),
    )
    .await;
    Ok(optional(found)?.map(FoundSecret::from))
}

/// Creates the managed Secret with a new key pair. `None` when a Secret of that name exists: it is left alone.
///
/// # Errors
/// When it can't be created. After a lost answer it may exist.
pub async fn create(
    within: Namespaced<'_>,
    name: &str,
    owner: SecretOwner<'_>,
    key: Replacement<'_>,
) -> Result<Option<FoundSecret>, KubernetesError> {
    let mut secret =
        whole(name, owner, &key).map_err(|error| unencodable("create", name, error))?;
    secret.type_ = Some(SECRET_TYPE.to_owned());
    let created = post(within, name, manager::SECRET, secret).await?;
    Ok(created.map(FoundSecret::from))
}

/// Creates a Secret, and overwrites what was sent. `None` when there is one of that name.
pub(super) async fn post(
    within: Namespaced<'_>,
    name: &str,
    manager: &str,
    mut secret: Secret,
) -> Result<Option<Secret>, KubernetesError> {
    let params = PostParams {
        field_manager: Some(manager.to_owned()),
        ..PostParams::default()
    };
    let api = within.api::<Secret>();
    let created = attempt("create", || subject(name), api.create(&params, &secret)).await;
    wipe(&mut secret);
    match created {
        Ok(created) => Ok(Some(created)),
        Err(error) if error.is_already_exists() => Ok(None),
        Err(error) => Err(error),
    }
}

/// A key pair for the managed Secret, and what is recorded of it.
#[derive(Clone, Copy, Debug)]
pub struct Replacement<'a> {
    /// The pair.
    pub pair: &'a KeyPair,
    /// How often the key was changed on purpose, this change included, from 1.
    pub revision: u32,
    /// The request for a rotation that was acted upon last.
    pub request: Option<&'a str>,
    /// When the pair was made.
    pub now: Timestamp,
}

/// Puts another key pair into our Secret, at the version that was read.
///
/// # Errors
/// When it has changed since, or can't be changed.
pub async fn replace(
    within: Namespaced<'_>,
    name: &str,
    resource_version: &str,
    owner: SecretOwner<'_>,
    replacement: Replacement<'_>,
) -> Result<FoundSecret, KubernetesError> {
    let mut secret =
        whole(name, owner, &replacement).map_err(|error| unencodable("update", name, error))?;
    secret.metadata.resource_version = Some(resource_version.to_owned());
    let params = by(manager::SECRET);
    let api = within.api::<Secret>();
    let replaced = attempt(
        "update",
        || subject(name),
        api.patch(name, &params, &Patch::Merge(&secret)),
    )
    .await;
    wipe(&mut secret);
    replaced.map(FoundSecret::from)
}

/// Everything of the managed Secret but its type.
fn whole(
    name: &str,
    owner: SecretOwner<'_>,
    replacement: &Replacement<'_>,
) -> Result<Secret, KeyError> {
    let public = replacement.pair.public_key();
    let private = replacement.pair.to_openssh()?;
    let request = replacement.request.map(str::to_owned);
    let annotations = records(owner, &public)
        .into_iter()
        .chain(key_records(&public, replacement.revision, replacement.now))
        .chain(request.map(|request| (annotation::HANDLED_REQUEST, request)));
    Ok(Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(labels()),
            annotations: Some(
                annotations
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect(),
            ),
            ..ObjectMeta::default()
        },
        data: Some(BTreeMap::from([
            (
                data_key::PRIVATE.to_owned(),
                ByteString(private.as_bytes().to_vec()),
            ),
            (
                data_key::PUBLIC.to_owned(),
                ByteString(public_entry(&public)),
            ),
        ])),
        ..Secret::default()
    })
}

/// Overwrites what a Secret holds, once it was sent.
pub(super) fn wipe(secret: &mut Secret) {
    for bytes in secret.data.iter_mut().flat_map(BTreeMap::values_mut) {
        bytes.0.zeroize();
    }
}

pub(super) fn unencodable(operation: &'static str, name: &str, error: KeyError) -> KubernetesError {
    KubernetesError {
        operation,
        subject: subject(name),
        cause: super::error::Cause::Refused {
            code: 422,
            reason: "Unencodable".to_owned(),
            message: error.to_string(),
        },
    }
}

/// What is put right in a Secret.
#[derive(Clone, Copy, Debug)]
pub struct Repair<'a> {
    /// The Secret's name.
    pub name: &'a str,
    /// The version that was read.
    pub resource_version: &'a str,
    /// The public half of the key that it holds.
    pub public: &'a PublicKey,
    /// Given when it becomes ours by this, or when it does not say any more which key it holds: which one, from 1, and since
    /// when.
    pub recorded_as: Option<(u32, Timestamp)>,
    /// Given when its private entry is written again: the pair that it holds.
    pub rewritten: Option<&'a KeyPair>,
}

/// Puts labels, records and entries on a Secret, at the version that was read.
///
/// # Errors
/// When it has changed since, or can't be changed.
pub async fn record(
    within: Namespaced<'_>,
    owner: SecretOwner<'_>,
    repair: Repair<'_>,
) -> Result<FoundSecret, KubernetesError> {
    let Repair {
        name,
        resource_version,
        public,
        recorded_as,
        rewritten,
    } = repair;
    let annotations: BTreeMap<String, String> = records(owner, public)
        .into_iter()
        .chain(
            recorded_as
                .into_iter()
                .flat_map(|(revision, now)| key_records(public, revision, now)),
        )
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let mut data = BTreeMap::from([(
        data_key::PUBLIC.to_owned(),
        ByteString(public_entry(public)),
    )]);
    if let Some(pair) = rewritten {
        let private = pair
            .to_openssh()
            .map_err(|error| unencodable("update", name, error))?;
        let private = ByteString(private.as_bytes().to_vec());
        data.insert(data_key::PRIVATE.to_owned(), private);
    }
    let mut patch = Secret {
        metadata: ObjectMeta {
            resource_version: Some(resource_version.to_owned()),
            labels: Some(labels()),
            annotations: Some(annotations),
            ..ObjectMeta::default()
        },
        data: Some(data),
        ..Secret::default()
    };
    let params = by(manager::SECRET);
    let api = within.api::<Secret>();
    let recorded = attempt(
        "update",
        || subject(name),
        api.patch(name, &params, &Patch::Merge(&patch)),
    )
    .await;
    wipe(&mut patch);
    recorded.map(FoundSecret::from)
}

/// Deletes a Secret at the version that was read: this one, no other of its name, and none into which a key was put since or
/// that another object has taken up.
///
/// # Errors
/// When it has changed since, or can't be deleted.
pub async fn delete(
    within: Namespaced<'_>,
    name: &str,
    uid: &str,
    resource_version: &str,
) -> Result<(), KubernetesError> {
    let exactly = Preconditions {
        uid: Some(uid.to_owned()),
        resource_version: Some(resource_version.to_owned()),
    };
    delete_exactly(&within.api::<Secret>(), name, exactly, || subject(name)).await
}
