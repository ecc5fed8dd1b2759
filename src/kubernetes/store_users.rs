//! Which `SshKey`s have a key in Azure through a store, by a live list of all of them. Of each, only that is kept. Its spec may
//! not be readable, and its status may be of any shape.

use kube::{
    Api, Client, Resource,
    api::{ListParams, ObjectMeta},
};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{
    client::PAGE,
    cut::cut_metadata,
    error::{KubernetesError, attempt},
    kind_of::kind_of,
};
use crate::api::{SshKey, StoreKey, StoreKind};

/// An `SshKey`, as far as it says where its key is in Azure.
#[derive(Clone, Debug)]
pub struct StoreUser {
    /// Its metadata, as far as the operator reads it.
    pub meta: ObjectMeta,
    /// The stores of the places that its own status lists.
    pub listed: Vec<StoreKey>,
}

/// The `SshKey`s of a namespace, or of all, for which `is_wanted` holds. Reads all pages.
///
/// # Errors
/// When they can't be listed.
pub async fn store_users(
    client: &Client,
    namespace: Option<&str>,
    is_wanted: impl Fn(&StoreUser) -> bool,
) -> Result<Vec<StoreUser>, KubernetesError> {
    let api: Api<StoreUser> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    let mut all = Vec::new();
    let mut page = ListParams::default().limit(PAGE);
    loop {
        let listed = attempt("list", || "SshKeys".to_owned(), api.list(&page));
        let listed = listed.await?;
        all.extend(listed.items.into_iter().filter(&is_wanted));
        match listed.metadata.continue_.filter(|next| !next.is_empty()) {
            Some(next) => page.continue_token = Some(next),
            None => return Ok(all),
        }
    }
}

/// What is read of an object.
#[derive(Deserialize)]
struct Read {
    metadata: ObjectMeta,
    #[serde(default)]
    status: Value,
}

impl<'de> Deserialize<'de> for StoreUser {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Read {
            metadata: mut meta,
            status,
        } = Read::deserialize(deserializer)?;
        cut_metadata(&mut meta);
        meta.managed_fields = None;
        let listed = stores_listed(&meta, &status);
        Ok(Self { meta, listed })
    }
}

/// The stores of the places that a status lists, if it was written for this object.
fn stores_listed(meta: &ObjectMeta, status: &Value) -> Vec<StoreKey> {
    if status["recordedFor"].as_str() != meta.uid.as_deref() {
        return Vec::new();
    }
    let places = status["azure"]["places"].as_array();
    let named = places.into_iter().flatten().filter_map(|place| {
        let kind = match place["storeKind"].as_str()? {
            "ClusterAzureStore" => StoreKind::ClusterAzureStore,
            _ => StoreKind::AzureStore,
        };
        Some(StoreKey::new(kind, place["store"].as_str()?))
    });
    named.collect()
}

impl Resource for StoreUser {
    kind_of!(SshKey, meta);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(recorded_for: &str, places: &Value) -> StoreUser {
        let object = json!({
            "metadata": { "name": "a", "uid": "u" },
            "spec": "rubbish",
            "status": { "recordedFor": recorded_for, "azure": { "places": places } },
        });
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_status_of_another_object_lists_nothing() {
        let places = json!([{ "storeKind": "AzureStore", "store": "s" }]);
        let store = StoreKey::new(StoreKind::AzureStore, "s");
        assert_eq!(user("u", &places).listed, [store]);
        assert!(user("another", &places).listed.is_empty());
    }

    #[test]
    fn a_status_of_another_shape_lists_nothing() {
        assert!(user("u", &json!("rubbish")).listed.is_empty());
    }
}
