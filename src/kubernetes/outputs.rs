//! Outputs: Secrets that are created and never applied, changed only at the version that was read; and `ConfigMap`s
//! alike.

use std::fmt;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Api,
    api::{Patch, PostParams, Preconditions},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    deletion::delete_exactly,
    error::{KubernetesError, attempt, attempt_on, optional},
    field_manager::by,
    namespaced::Namespaced,
    output_content::{config_map, meta, secret},
    secrets::wipe,
};
use crate::api::{OutputKind, OutputRef, names::manager};

pub use super::output_content::{Content, Entries, FoundOutput};

/// Reads the object that is or would be an output; `None` when there is none.
///
/// # Errors
/// When it can't be read.
pub async fn read(
    within: Namespaced<'_>,
    object: &OutputRef,
) -> Result<Option<FoundOutput>, KubernetesError> {
    match object.kind {
        OutputKind::Secret => get(&within.api::<Secret>(), object).await,
        OutputKind::ConfigMap => get(&within.api::<ConfigMap>(), object).await,
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
    within: Namespaced<'_>,
    object: &OutputRef,
    content: &Content,
) -> Result<Option<FoundOutput>, KubernetesError> {
    let created = match object.kind {
        OutputKind::Secret => {
            let mut secret = secret(content, meta(object, content));
            let created = post(&within.api::<Secret>(), object, &secret).await;
            wipe(&mut secret);
            created
        }
        OutputKind::ConfigMap => {
            let map = config_map(content, meta(object, content));
            post(&within.api::<ConfigMap>(), object, &map).await
        }
    };
    match created {
        Ok(created) => Ok(Some(created)),
        Err(error) if error.is_already_exists() => Ok(None),
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

/// Puts an output in order, at the version that was read. Entries and labels of others stay, but for those that are
/// `superfluous`.
///
/// # Errors
/// When it has changed since, or can't be changed.
pub async fn update(
    within: Namespaced<'_>,
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
            change(&within.api::<Secret>(), object, &patch).await
        }
        OutputKind::ConfigMap => {
            let map = config_map(content, meta);
            let mut whole = serde_json::json!(map);
            // The API server takes no entry that is a text and a binary at once.
            for key in content.entries.0.keys() {
                whole["binaryData"][key] = serde_json::Value::Null;
            }
            let patch = patch(whole, content, superfluous);
            change(&within.api::<ConfigMap>(), object, &patch).await
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
    let params = by(manager::OUTPUTS);
    let changed = api.patch(&object.name, &params, patch);
    let changed = attempt_on(&object.name, "update", || object.to_string(), changed).await;
    changed.map(Into::into)
}

/// Deletes an output: this one and no other of its name.
///
/// # Errors
/// When it can't be deleted.
pub async fn delete(
    within: Namespaced<'_>,
    object: &OutputRef,
    uid: &str,
) -> Result<(), KubernetesError> {
    let (name, subject) = (&object.name, || object.to_string());
    let exactly = Preconditions {
        uid: Some(uid.to_owned()),
        resource_version: None,
    };
    match object.kind {
        OutputKind::Secret => delete_exactly(&within.api::<Secret>(), name, exactly, subject).await,
        OutputKind::ConfigMap => {
            delete_exactly(&within.api::<ConfigMap>(), name, exactly, subject).await
        }
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
