//! Stores that are held though no key uses them. Who does is known once everything was listed, which may be after the first
//! check of a store.

use std::collections::HashSet;

use kube::ResourceExt;

use crate::{
    api::{StoreKey, names::STORE_FINALIZER},
    controller::{context::Context, sessions::store_object::StoreObject, store_id::StoreId},
    kubernetes::guarded::Guarded,
};

impl Context {
    /// Has the stores checked that are held though no watch shows a user, if everything was listed by now.
    pub(in crate::controller) fn recheck_unused_stores(&self) {
        if !self.caches.are_listed(self.options.watched.len()) {
            return;
        }
        let used = self.caches.used_stores();
        for store in self.caches.stores() {
            self.recheck_if_unused(&store, &used);
        }
        for store in self.cluster_stores.all().into_iter().flatten() {
            self.recheck_if_unused(&store, &used);
        }
    }

    fn recheck_if_unused<K: StoreObject>(&self, store: &Guarded<K>, used: &HashSet<StoreId>) {
        let namespace = store.namespace().unwrap_or_default();
        let id = StoreId::seen_from(&namespace, &StoreKey::new(K::KIND, store.name_any()));
        let is_held = store.finalizers().iter().any(|one| one == STORE_FINALIZER);
        if is_held && !used.contains(&id) {
            self.store_uses.wake(&id);
        }
    }
}
