//! What the watches know, once everything was listed.

use std::collections::HashSet;

use kube::{
    Resource, ResourceExt,
    runtime::reflector::{ObjectRef, Store},
};
use parking_lot::Mutex;

use crate::{
    api::{AzureStore, SshKey, names::annotation},
    kubernetes::guarded::Guarded,
};

/// What the watches know, once everything was listed.
#[derive(Default)]
pub(in crate::controller) struct Caches(pub(in crate::controller) Mutex<Vec<Known>>);

/// What the watches of one namespace, or of all, know.
pub(in crate::controller) struct Known {
    pub(in crate::controller) keys: Store<Guarded<SshKey>>,
    pub(in crate::controller) stores: Store<Guarded<AzureStore>>,
}

impl Caches {
    /// Everything of a namespace, or of all, was listed.
    pub(in crate::controller) fn listed(
        &self,
        keys: Store<Guarded<SshKey>>,
        stores: Store<Guarded<AzureStore>>,
    ) {
        self.0.lock().push(Known { keys, stores });
    }

    /// The UIDs that the objects answer for that are there; `None` before all that is watched, in so many scopes, was listed.
    pub(in crate::controller) fn claimed_uids(&self, scopes: usize) -> Option<HashSet<String>> {
        let known = self.0.lock();
        let keys = known.iter().flat_map(|known| known.keys.state());
        let uids = keys.flat_map(|key| uids_of(&*key).collect::<Vec<_>>());
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

    /// The UIDs of the keys that are so, of those that are known.
    pub(in crate::controller) fn uids(&self, is_so: impl Fn(&SshKey) -> bool) -> HashSet<String> {
        let known = self.0.lock();
        let keys = known.iter().flat_map(|known| known.keys.state());
        keys.filter(|key| key.0.as_ref().is_ok_and(&is_so))
            .filter_map(|key| key.meta().uid.clone())
            .collect()
    }
}

/// The UIDs that an object answers for: its own, and the one that it recorded, of the object whose place it takes.
fn uids_of(object: &impl ResourceExt) -> impl Iterator<Item = String> {
    let recorded = object.annotations().get(annotation::RECORDED_UID).cloned();
    object.uid().into_iter().chain(recorded)
}
