//! What keys tell of their stores. A store is in use, and held by a finalizer, from before the first key is recorded to be in Azure through
//! it, and let go after the last. Without its store nothing could reach such a key any more.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{ResourceExt, core::DynamicObject};

use super::{context::Context, facts::own_status, store_object::StoreId};
use crate::{
    api::{
        ClusterAzureStoreSpec, SshKey, StoreKey, StoreKind,
        names::{FINALIZER, annotation},
    },
    kubernetes::{KubernetesError, namespaces, sshkeys},
    plan::{asks_for_labels, lets_in, parse_records},
};

/// What happened lately to the stores that are in use, and who hears of it.
#[derive(Debug, Default)]
pub(super) struct StoreUses {
    listeners: Mutex<Vec<UnboundedSender<StoreId>>>,
    /// The UIDs of the keys that have left a store, which the watch may still show as its users.
    left: Mutex<HashMap<StoreId, HashSet<String>>>,
    /// By the UID of a key that has held it and does not name it yet.
    held: Mutex<HashMap<String, StoreId>>,
}

impl StoreUses {
    /// The stores that shall be looked at, from now on.
    pub(super) fn listen(&self) -> UnboundedReceiver<StoreId> {
        let (sender, receiver) = unbounded();
        lock(&self.listeners).push(sender);
        receiver
    }

    /// A key is in Azure through this store no more.
    pub(super) fn leave(&self, id: &StoreId, uid: &str) {
        let mut left = lock(&self.left);
        left.entry(id.clone()).or_default().insert(uid.to_owned());
        drop(left);
        self.wake(id);
    }

    /// Something has happened that the store shall be looked at for.
    pub(super) fn wake(&self, id: &StoreId) {
        // Those of a watch that has ended are gone.
        lock(&self.listeners).retain(|listener| listener.unbounded_send(id.clone()).is_ok());
    }

    /// Forgets a store that is gone.
    pub(super) fn forget(&self, id: &StoreId) {
        lock(&self.left).remove(id);
    }

    /// A store was held, for a key that is about to name it.
    pub(super) fn hold(&self, id: &StoreId, uid: &str) {
        lock(&self.held).insert(uid.to_owned(), id.clone());
    }

    /// The key names it by now, or will hold it again.
    pub(super) fn held(&self, uid: &str) {
        lock(&self.held).remove(uid);
    }

    /// Whether any of the users that the watch shows has not left by now.
    pub(super) fn is_used(&self, id: &StoreId, shown: &HashSet<String>) -> bool {
        let mut left = lock(&self.left);
        let Some(of_store) = left.get_mut(id) else {
            return !shown.is_empty();
        };
        // Whoever is shown no more need not be remembered.
        of_store.retain(|uid| shown.contains(uid));
        let all_have = shown.len() == of_store.len();
        if of_store.is_empty() {
            left.remove(id);
        }
        !all_have
    }

    /// Whether the store was held for a key that may not name it yet.
    pub(super) fn is_being_held(&self, id: &StoreId) -> bool {
        lock(&self.held).values().any(|held| held == id)
    }

    /// For how many keys a store is held that they may not name yet.
    pub(super) fn holds(&self) -> usize {
        lock(&self.held).len()
    }

    /// How many keys have left a store of which the watch may still show them as users.
    pub(super) fn leavers(&self) -> usize {
        lock(&self.left).values().map(HashSet::len).sum()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The `SshKey`s whose keys may be in Azure through a store, by a live list: their names, with the namespace where the
/// store is of none. `shared` is given of a store of the cluster: a hint counts only in a namespace that it is open to.
pub(super) async fn users(
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
        for key in sshkeys::list(&context.client, scope.as_deref()).await? {
            let listed = stores_listed(&key);
            let namespace = key.metadata.namespace.clone().unwrap_or_default();
            if !uses(&key.metadata, &listed, &id.key) {
                continue;
            }
            if !listed.contains(&id.key) && !open.contains_key(&namespace) {
                let is_open = is_open(context, shared, &namespace).await?;
                open.insert(namespace.clone(), is_open);
            }
            if !listed.contains(&id.key) && open.get(&namespace) == Some(&false) {
                continue;
            }
            let name = key.metadata.name.unwrap_or_default();
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

/// Whether a key that is watched is in Azure through a store, as far as the watch knows.
pub(super) fn is_used_by(key: &SshKey, id: &StoreId) -> bool {
    let in_reach = id.key.kind == StoreKind::ClusterAzureStore || key.namespace() == id.namespace;
    let places = own_status(key)
        .and_then(|status| status.azure.as_ref())
        .map_or(&[][..], |azure| &azure.places);
    let listed: Vec<StoreKey> = places
        .iter()
        .map(|place| StoreKey::new(place.store_kind, place.store.clone()))
        .collect();
    in_reach && uses(&key.metadata, &listed, &id.key)
}

/// The stores of the places that a status lists, of an object whose spec may not be readable.
fn stores_listed(key: &DynamicObject) -> Vec<StoreKey> {
    let status = &key.data["status"];
    if status["recordedFor"].as_str() != key.metadata.uid.as_deref() {
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

    fn id(name: &str) -> StoreId {
        StoreId::seen_from("n", &StoreKey::new(StoreKind::AzureStore, name))
    }

    #[test]
    fn a_store_is_used_by_those_that_are_shown_and_have_not_left() {
        let uses = StoreUses::default();
        let mut heard = uses.listen();
        let shown = |uids: &[&str]| uids.iter().map(|uid| (*uid).to_owned()).collect();
        assert!(!uses.is_used(&id("a"), &shown(&[])));
        assert!(uses.is_used(&id("a"), &shown(&["1"])));
        uses.leave(&id("a"), "1");
        assert_eq!(heard.try_recv(), Ok(id("a")));
        assert!(!uses.is_used(&id("a"), &shown(&["1"])));
        assert!(uses.is_used(&id("a"), &shown(&["1", "2"])));
        assert!(!uses.is_used(&id("a"), &shown(&[])));
        assert!(uses.is_used(&id("a"), &shown(&["1"])), "it was forgotten");
        uses.hold(&id("b"), "uid");
        assert!(uses.is_being_held(&id("b")) && !uses.is_being_held(&id("a")));
        uses.held("uid");
        assert!(!uses.is_being_held(&id("b")));
    }

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

    #[test]
    fn a_status_of_another_object_lists_nothing() {
        let object = |recorded_for: &str| -> DynamicObject {
            serde_json::from_value(serde_json::json!({
                "metadata": { "uid": "u" },
                "status": {
                    "recordedFor": recorded_for,
                    "azure": { "places": [{ "storeKind": "AzureStore", "store": "s" }] },
                },
            }))
            .unwrap()
        };
        assert_eq!(stores_listed(&object("u")).len(), 1);
        assert!(stores_listed(&object("another")).is_empty());
    }
}
