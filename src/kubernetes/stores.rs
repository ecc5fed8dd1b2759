//! The stores of both kinds: one that was not heard of yet, and their status.

use std::fmt::Debug;

use kube::{
    Api, Resource, ResourceExt,
    api::{Patch, PatchParams},
    core::PartialObjectMeta,
};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{
    error::{KubernetesError, attempt, attempt_on, optional},
    field_manager::by,
};
use crate::api::{
    AzureStoreStatus,
    names::{GROUP, STORE_FINALIZER, VERSION, manager},
};

/// Reads a store; `None` when there is none.
///
/// # Errors
/// When it can't be read.
pub async fn read<K>(api: &Api<K>, name: &str) -> Result<Option<K>, KubernetesError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    optional(attempt_on(name, "read", || subject::<K>(name), api.get(name)).await)
}

/// Writes the whole status, and returns the store as it is now. Nothing is done when it is gone.
///
/// # Errors
/// When it can't be written.
pub async fn write_status<K>(
    api: &Api<K>,
    store: &K,
    status: &AzureStoreStatus,
) -> Result<Option<K>, KubernetesError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let name = store.name_any();
    let apply = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": K::kind(&()),
        "metadata": { "name": name, "uid": store.uid() },
        "status": status,
    });
    let params = PatchParams::apply(manager::STORE_STATUS).force();
    match attempt(
        "write the status of",
        || subject::<K>(&name),
        api.patch_status(&name, &params, &Patch::Apply(&apply)),
    )
    .await
    {
        Err(error) if matches!(error.code(), Some(404 | 409)) => Ok(None),
        written => written.map(Some),
    }
}

/// Puts our finalizer on a store.
///
/// # Errors
/// When it can't be changed, or is another one by now.
pub async fn hold<K>(api: &Api<K>, name: &str, uid: &str) -> Result<(), KubernetesError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let metadata = json!({ "name": name, "uid": uid, "finalizers": [STORE_FINALIZER] });
    apply_metadata(api, name, &metadata).await.map(drop)
}

/// Takes our finalizer off a store; one that is gone already is let go.
///
/// # Errors
/// When it can't be changed, or was changed meanwhile.
pub async fn release<K>(api: &Api<K>, name: &str, uid: &str) -> Result<(), KubernetesError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    // What the same manager applied before and does not apply now is taken away.
    let metadata = json!({ "name": name, "uid": uid });
    let left = match apply_metadata(api, name, &metadata).await {
        Err(error) if matches!(error.code(), Some(404 | 409)) => return Ok(()),
        left => left?,
    };
    if left.finalizers().iter().any(|one| one == STORE_FINALIZER) {
        optional(take_off(api, name, &left).await)?;
    }
    Ok(())
}

/// Takes our finalizer off a store on which another has written it too, as a tool does that restores a store.
async fn take_off<K>(
    api: &Api<K>,
    name: &str,
    store: &PartialObjectMeta<K>,
) -> Result<(), KubernetesError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let others = store.finalizers().iter();
    let others: Vec<&String> = others.filter(|one| *one != STORE_FINALIZER).collect();
    let patch = json!({ "metadata": {
        "uid": store.uid(),
        "resourceVersion": store.resource_version(),
        "finalizers": others,
    } });
    let params = by(manager::STORE_HOLD);
    attempt(
        "update",
        || subject::<K>(name),
        api.patch_metadata(name, &params, &Patch::Merge(&patch)),
    )
    .await
    .map(drop)
}

async fn apply_metadata<K>(
    api: &Api<K>,
    name: &str,
    metadata: &serde_json::Value,
) -> Result<PartialObjectMeta<K>, KubernetesError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let apply = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": K::kind(&()),
        "metadata": metadata,
    });
    let params = PatchParams::apply(manager::STORE_HOLD).force();
    let patch = Patch::Apply(&apply);
    attempt(
        "update",
        || subject::<K>(name),
        api.patch_metadata(name, &params, &patch),
    )
    .await
}

fn subject<K: Resource<DynamicType = ()>>(name: &str) -> String {
    format!("{} {name}", K::kind(&()))
}
