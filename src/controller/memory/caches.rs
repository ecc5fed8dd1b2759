//! What the watches know, once everything was listed.

use std::{collections::HashSet, sync::Arc};

use kube::{
    Resource, ResourceExt,
    runtime::reflector::{ObjectRef, Store},
};
use parking_lot::Mutex;

use crate::{
    api::{AzureStore, SshKey},
    controller::{memory::watched_key::WatchedKey, store_id::StoreId},
    kubernetes::guarded::Guarded,
};

/// What the watches know, once everything was listed.
#[derive(Default)]
pub(in crate::controller) struct Caches(pub(in crate::controller) Mutex<Vec<Known>>);

/// What the watches of one namespace, or of all, know.
pub(in crate::controller) struct Known {
    pub(in crate::controller) keys: Store<WatchedKey>,
    pub(in crate::controller) stores: Store<Guarded<AzureStore>>,
}

impl Caches {
    /// Everything of a namespace, or of all, was listed.
    pub(in crate::controller) fn listed(
        &self,
        keys: Store<WatchedKey>,
        stores: Store<Guarded<AzureStore>>,
    ) {
        self.0.lock().push(Known { keys, stores });
    }

    /// Whether everything that is watched, in so many scopes, was listed.
    pub(in crate::controller) fn are_listed(&self, scopes: usize) -> bool {
        self.0.lock().len() >= scopes
    }

    /// The UIDs that existing objects answer for; `None` until the watches of all `scopes` were listed.
    pub(in crate::controller) fn claimed_uids(&self, scopes: usize) -> Option<HashSet<String>> {
        let known = self.0.lock();
        let keys = known.iter().flat_map(|known| known.keys.state());
        let uids = keys.flat_map(|key| uids_of(&key).collect::<Vec<_>>());
        (known.len() >= scopes).then(|| uids.collect())
    }

    /// Whether a watch shows this object, and no successor of its name.
    pub(in crate::controller) fn shows(&self, object: &SshKey) -> bool {
        let named =
            ObjectRef::new(&object.name_any()).within(&object.namespace().unwrap_or_default());
        let known = self.0.lock();
        let mut shown = known.iter().filter_map(|known| known.keys.get(&named));
        shown.any(|shown| shown.meta().uid == object.metadata.uid)
    }

    /// The stores of namespaces that the watches know.
    pub(in crate::controller) fn stores(&self) -> Vec<Arc<Guarded<AzureStore>>> {
        let known = self.0.lock();
        known
            .iter()
            .flat_map(|known| known.stores.state())
            .collect()
    }

    /// The stores through which keys are in Azure, or are about to be, as far as the watches know.
    pub(in crate::controller) fn used_stores(&self) -> HashSet<StoreId> {
        let known = self.0.lock();
        let mut used = HashSet::new();
        for key in known.iter().flat_map(|known| known.keys.state()) {
            let namespace = key.meta().namespace.as_deref().unwrap_or_default();
            let stores = key.summary.used();
            used.extend(stores.map(|store| StoreId::seen_from(namespace, store)));
        }
        used
    }

    /// The UIDs of the keys that are in Azure through a store, or are about to be, as far as the watches know.
    pub(in crate::controller) fn users(&self, store: &StoreId) -> HashSet<String> {
        let known = self.0.lock();
        let keys = known.iter().flat_map(|known| known.keys.state());
        keys.filter(|key| is_user(key, store))
            .filter_map(|key| key.meta().uid.clone())
            .collect()
    }
}

fn is_user(key: &WatchedKey, store: &StoreId) -> bool {
    let in_reach = store.namespace.is_none() || key.meta().namespace == store.namespace;
    in_reach && key.summary.uses(&store.key)
}

/// The UIDs that an object answers for: its own, and the one that it recorded, of the object whose place it takes.
fn uids_of(object: &WatchedKey) -> impl Iterator<Item = String> {
    let predecessor = object.summary.predecessor.as_deref().map(str::to_owned);
    object.uid().into_iter().chain(predecessor)
}
