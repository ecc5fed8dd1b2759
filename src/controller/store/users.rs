//! Who uses a store.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::{
    api::{
        ClusterAzureStoreSpec, StoreKey,
        names::{FINALIZER, annotation},
    },
    controller::{context::Context, store_id::StoreId},
    kubernetes::{
        KubernetesError, namespaces,
        store_users::{StoreUser, store_users},
    },
    plan::{asks_for_labels, lets_in, parse_records},
};

/// The `SshKey`s whose keys may be in Azure through a store, by a live list: their names, with the namespace where the
/// store is of none. `shared` is given of a store of the cluster: a hint counts only in a namespace that it is open to.
pub(in crate::controller) async fn users(
    context: &Context,
    id: &StoreId,
    shared: Option<&ClusterAzureStoreSpec>,
) -> Result<Vec<String>, KubernetesError> {
    let scopes = match &id.namespace {
        Some(namespace) => vec![Some(namespace.clone())],
        None => context.options.watched.clone(),
    };
    let mut users = Vec::new();
    let mut open = BTreeMap::new();
    for scope in scopes {
        let is_user = |key: &StoreUser| uses(&key.meta, &key.listed, &id.key);
        for key in store_users(&context.client, scope.as_deref(), is_user).await? {
            let StoreUser { meta, listed } = key;
            let namespace = meta.namespace.unwrap_or_default();
            if !listed.contains(&id.key) && !open.contains_key(&namespace) {
                let is_open = is_open(context, shared, &namespace).await?;
                open.insert(namespace.clone(), is_open);
            }
            if !listed.contains(&id.key) && open.get(&namespace) == Some(&false) {
                continue;
            }
            let name = meta.name.unwrap_or_default();
            users.push(match &id.namespace {
                None => format!("{namespace}/{name}"),
                Some(_) => name,
            });
        }
    }
    users.sort();
    Ok(users)
}

async fn is_open(
    context: &Context,
    shared: Option<&ClusterAzureStoreSpec>,
    namespace: &str,
) -> Result<bool, KubernetesError> {
    let Some(spec) = shared else {
        return Ok(true);
    };
    let labels = if asks_for_labels(spec, namespace) {
        namespaces::labels(&context.client, namespace).await?
    } else {
        BTreeMap::new()
    };
    Ok(lets_in(spec, namespace, &labels))
}

/// Whether an object may have a key in Azure through a store: its status lists a place there; or a hint names one, and it
/// is held by our finalizer. What can't be read says nothing.
fn uses(meta: &ObjectMeta, listed: &[StoreKey], store: &StoreKey) -> bool {
    let is_held = meta.finalizers.iter().flatten().any(|one| one == FINALIZER);
    let annotations = meta.annotations.as_ref();
    let hints = annotations.and_then(|all| all.get(annotation::AZURE_KEYS));
    let hints = parse_records(hints.map(String::as_str)).unwrap_or_default();
    listed.contains(store) || (is_held && hints.iter().any(|hint| hint.store == *store))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::StoreKind;

    #[test]
    fn a_listed_place_is_a_use_and_a_hint_of_an_object_that_is_held() {
        let store = StoreKey::new(StoreKind::AzureStore, "s");
        let hint = r#"[{"deletionPolicy":"Delete","id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/k","location":"l","store":"s"}]"#;
        let with = |hints: &str| ObjectMeta {
            finalizers: Some(vec![FINALIZER.to_owned()]),
            annotations: Some([(annotation::AZURE_KEYS.to_owned(), hints.to_owned())].into()),
            ..ObjectMeta::default()
        };
        let listed = [store.clone()];
        assert!(uses(&with("[]"), &listed, &store));
        assert!(uses(&with(hint), &[], &store));
        assert!(!uses(&with("rubbish"), &[], &store));
        let unheld = ObjectMeta {
            finalizers: None,
            ..with(hint)
        };
        assert!(!uses(&unheld, &[], &store));
    }
}
