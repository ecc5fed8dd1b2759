//! The status of an `AzureStore`.

use kube::{
    Api, Client, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;

use super::error::{KubernetesError, attempt, optional};
use crate::api::{
    AzureStore, AzureStoreStatus,
    names::{GROUP, VERSION, manager},
};

/// Reads an `AzureStore`; `None` when there is none.
///
/// # Errors
/// When it can't be read.
pub async fn read(
    client: &Client,
    namespace: &str,
    name: &str,
) -> Result<Option<AzureStore>, KubernetesError> {
    let api: Api<AzureStore> = Api::namespaced(client.clone(), namespace);
    optional(attempt("read", || format!("AzureStore {name}"), api.get(name)).await)
}

/// Writes the whole status. `None` when the object is gone.
///
/// # Errors
/// When it can't be written.
pub async fn write_status(
    client: &Client,
    store: &AzureStore,
    status: &AzureStoreStatus,
) -> Result<Option<AzureStore>, KubernetesError> {
    let name = store.name_any();
    let api: Api<AzureStore> =
        Api::namespaced(client.clone(), &store.namespace().unwrap_or_default());
    let apply = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": "AzureStore",
        "metadata": { "name": name, "uid": store.uid() },
        "status": status,
    });
    let params = PatchParams::apply(manager::STORE_STATUS).force();
    let subject = || format!("AzureStore {name}");
    match attempt(
        "write the status of",
        subject,
        api.patch_status(&name, &params, &Patch::Apply(&apply)),
    )
    .await
    {
        Err(error) if error.code() == Some(409) => Ok(None),
        written => optional(written),
    }
}
