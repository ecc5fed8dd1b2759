//! Stores that are held though nobody uses them. Who does is known once everything was listed, which may be after the first
//! check of a store.

use kube::ResourceExt;

use crate::{
    api::{StoreKey, names::STORE_FINALIZER},
    controller::{context::Context, sessions::store_object::StoreObject, store_id::StoreId},
    kubernetes::guarded::Guarded,
};

impl Context {
    /// Has the stores checked that are held though no watch shows a user, if everything was listed by now.
    pub(in crate::controller) fn look_at_unused_stores(&self) {
        if !self.caches.are_listed(self.options.watched.len()) {
            return;
        }
        for store in self.caches.stores() {
            self.look_if_unused(&store);
        }
        for store in self.cluster_stores.all().into_iter().flatten() {
            self.look_if_unused(&store);
        }
    }

    fn look_if_unused<K: StoreObject>(&self, store: &Guarded<K>) {
        let namespace = store.namespace().unwrap_or_default();
        let id = StoreId::seen_from(&namespace, &StoreKey::new(K::KIND, store.name_any()));
        let is_held = store.finalizers().iter().any(|one| one == STORE_FINALIZER);
        if is_held && !self.caches.has_user(&id) {
            self.store_uses.wake(&id);
        }
    }
}
