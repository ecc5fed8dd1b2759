//! What is kept of objects between their reconciles: one entry for each object, under its kind, namespace and name.
//!
//! An entry exists only while it holds something. Once another object is seen under the same name, the entry is that one's,
//! and what is told of the former object is not kept; of an object that is gone nothing stays.

use std::{
    collections::{BTreeMap, HashMap, hash_map},
    hash::RandomState,
    sync::Arc,
    time::Duration,
};

use kube::{Resource, ResourceExt, core::DynamicObject, runtime::reflector::ObjectRef};
use parking_lot::Mutex;

use crate::{
    api::SshKey,
    azure::{CertificateError, ClientCertificate},
    controller::{
        memory::{
            backoff::Backoffs,
            entry::{Entry, Kept, OpenedCertificate, OpenedSource},
            identity::{Identity, Place},
            own_writes::{OwnWrite, is_newer},
        },
        store_id::StoreId,
    },
    keys::{KeyError, PublicKey},
};

/// The entries of all objects.
#[derive(Debug)]
pub(in crate::controller) struct Memory {
    pub(super) entries: Mutex<HashMap<Place, Entry>>,
    pub(super) backoffs: Backoffs,
    /// Hashes public keys as statuses say them. Nobody outside can tell which of them have the same hash.
    pub(super) line_hashes: RandomState,
    /// How long it is waited for a person, as [`super::patience`] has it.
    pub(super) interval: Duration,
}

impl Memory {
    /// An empty one. An object waits `retry_max` at most after an error, and about `interval` for a person.
    pub(in crate::controller) fn new(retry_max: Duration, interval: Duration) -> Self {
        Self {
            entries: Mutex::default(),
            backoffs: Backoffs::new(retry_max),
            line_hashes: RandomState::new(),
            interval,
        }
    }

    /// A reconcile of an object begins: the UID of the object that had its name before.
    pub(in crate::controller) fn on_seen<K: Resource<DynamicType = ()>>(
        &self,
        object: &K,
    ) -> Option<String> {
        object.meta().uid.as_ref()?;
        let Identity { place, uid } = object.into();
        let mut entries = self.entries.lock();
        let entry = entries.entry(place).or_insert_with(|| Entry {
            uid: uid.clone(),
            kept: Kept::default(),
        });
        let is_another = entry.uid != uid;
        let before = is_another.then(|| std::mem::replace(&mut entry.uid, uid));
        if is_another {
            entry.kept = Kept::default();
        }
        entry.kept.is_present = true;
        before
    }

    /// There is no object of this kind and name any more: the UID of the one there was.
    pub(in crate::controller) fn on_deleted<K: Resource<DynamicType = ()>>(
        &self,
        object: &ObjectRef<DynamicObject>,
    ) -> Option<String> {
        let entry = self.entries.lock().remove(&Place::of::<K>(object));
        entry.map(|entry| entry.uid)
    }

    /// A reconcile has ended, and nothing is waited for but the end of the object: the watch wakes nobody when it goes.
    pub(in crate::controller) fn on_finished(&self, of: impl Into<Identity>) {
        self.change(of, |kept| {
            kept.is_present = false;
            kept.forget();
        });
    }

    /// Forgets what is of use only as long as the object exists.
    pub(in crate::controller) fn forget(&self, of: impl Into<Identity>) {
        self.change(of, Kept::forget);
    }

    /// How many entries have each part, by the name under which the metric counts it.
    pub(in crate::controller) fn counts(&self) -> BTreeMap<&'static str, usize> {
        let none = Kept::default().parts();
        let mut counts: BTreeMap<_, _> = none.iter().map(|(part, _)| (*part, 0)).collect();
        for entry in self.entries.lock().values() {
            for (part, exists) in entry.kept.parts() {
                *counts.entry(part).or_default() += usize::from(exists);
            }
        }
        counts
    }

    /// Changes the entry of an object. What is told of one whose name another has by now is dropped with the answer.
    pub(super) fn change<T>(
        &self,
        of: impl Into<Identity>,
        change: impl FnOnce(&mut Kept) -> T,
    ) -> T {
        let Identity { place, uid } = of.into();
        let mut entries = self.entries.lock();
        match entries.entry(place) {
            hash_map::Entry::Occupied(mut entry) if entry.get().uid == uid => {
                let answer = change(&mut entry.get_mut().kept);
                if entry.get().kept.is_empty() {
                    entry.remove();
                }
                answer
            }
            hash_map::Entry::Occupied(_) => change(&mut Kept::default()),
            hash_map::Entry::Vacant(entry) => {
                let mut kept = Kept::default();
                let answer = change(&mut kept);
                if !kept.is_empty() {
                    entry.insert(Entry { uid, kept });
                }
                answer
            }
        }
    }

    /// Reads from the entry of an object, if there is one.
    pub(super) fn read<T>(
        &self,
        of: impl Into<Identity>,
        read: impl FnOnce(&Kept) -> Option<T>,
    ) -> Option<T> {
        let Identity { place, uid } = of.into();
        let entries = self.entries.lock();
        let entry = entries.get(&place).filter(|entry| entry.uid == uid)?;
        read(&entry.kept)
    }
}

/// What the operator itself wrote.
impl Memory {
    /// The API server has answered to a write.
    pub(in crate::controller) fn remember_write(&self, object: SshKey) {
        let of = Identity::from(&object);
        self.change(of, |kept| kept.own_write = Some(OwnWrite::new(object)));
    }

    /// What was written last of an object, if the watch has not caught up with it.
    pub(in crate::controller) fn last_write(&self, of: impl Into<Identity>) -> Option<Arc<SshKey>> {
        self.read(of, |kept| kept.own_write.as_ref().map(OwnWrite::object))
    }

    /// The newer of what the watch has seen and what was written.
    ///
    /// `watched` reads what the watch knows. That happens after the own write was looked up: one that is gone from here by
    /// then is known to the watch.
    pub(in crate::controller) fn newest<E>(
        &self,
        of: impl Into<Identity>,
        watched: impl FnOnce() -> Result<SshKey, E>,
    ) -> Result<SshKey, E> {
        let of = of.into();
        let written = self.last_write(of.clone());
        let seen = watched()?;
        match written {
            Some(written) if is_newer(&written, &seen) => Ok(SshKey::clone(&written)),
            Some(_) => {
                self.is_shown(of, &seen);
                Ok(seen)
            }
            None => Ok(seen),
        }
    }

    /// The watch knows this state of an object. Drops the own write if the watch has caught up with it.
    pub(in crate::controller) fn is_shown(&self, of: impl Into<Identity>, seen: &impl ResourceExt) {
        self.change(of, |kept| {
            kept.own_write.take_if(|own| !is_newer(&own.object(), seen));
        });
    }
}

/// What users keep.
impl Memory {
    /// The key that a user gives, if it was read from these entries at these versions.
    pub(in crate::controller) fn source(
        &self,
        of: impl Into<Identity>,
        from: &str,
    ) -> Option<Result<PublicKey, KeyError>> {
        self.read(of, |kept| kept.source.as_ref()?.of(from))
    }

    /// The key that a user gives was read.
    pub(in crate::controller) fn remember_source(
        &self,
        of: impl Into<Identity>,
        opened: OpenedSource,
    ) {
        self.change(of, |kept| kept.source = Some(Box::new(opened)));
    }

    /// The client certificate of a store, if it was read from these entries at these versions.
    pub(in crate::controller) fn certificate(
        &self,
        of: impl Into<Identity>,
        from: &str,
    ) -> Option<Result<Arc<ClientCertificate>, CertificateError>> {
        self.read(of, |kept| kept.certificate.as_ref()?.of(from))
    }

    /// The client certificate of a store was read.
    pub(in crate::controller) fn remember_certificate(
        &self,
        of: impl Into<Identity>,
        opened: OpenedCertificate,
    ) {
        self.change(of, |kept| kept.certificate = Some(Box::new(opened)));
    }
}

/// The objects that this operator lets go, and the stores that it holds for them.
impl Memory {
    /// The finalizer is about to be taken away.
    pub(in crate::controller) fn begin_release(&self, of: impl Into<Identity>) {
        self.change(of, |kept| kept.is_released = true);
    }

    /// The object is gone, or its finalizer could not be taken away: whether this operator was letting it go.
    pub(in crate::controller) fn end_release(&self, of: impl Into<Identity>) -> bool {
        self.change(of, |kept| std::mem::take(&mut kept.is_released))
    }

    /// A store was held, for a key that is about to name it.
    pub(in crate::controller) fn begin_hold(&self, of: impl Into<Identity>, store: &StoreId) {
        self.change(of, |kept| kept.held_store = Some(Box::new(store.clone())));
    }

    /// The key names its store by now, or will hold it again.
    pub(in crate::controller) fn end_hold(&self, of: impl Into<Identity>) {
        self.change(of, |kept| kept.held_store = None);
    }

    /// Whether the store was held for a key that may not name it yet.
    pub(in crate::controller) fn has_pending_hold(&self, store: &StoreId) -> bool {
        let entries = self.entries.lock();
        let mut held = entries
            .values()
            .filter_map(|entry| entry.kept.held_store.as_deref());
        held.any(|held| held == store)
    }
}

#[cfg(test)]
mod tests {
    use kube::ResourceExt;

    use super::*;
    use crate::api::{AzureStore, StoreKey, StoreKind};

    fn memory() -> Memory {
        Memory::new(Duration::from_secs(5), Duration::from_mins(1))
    }

    fn key(uid: &str) -> SshKey {
        let mut key = SshKey::new("web", Default::default());
        key.metadata.namespace = Some("team".to_owned());
        key.metadata.uid = Some(uid.to_owned());
        key
    }

    fn len(memory: &Memory) -> usize {
        memory.entries.lock().len()
    }

    #[test]
    fn the_one_before_and_the_one_that_is_gone_are_known_by_their_uid() {
        let memory = memory();
        assert_eq!(memory.on_seen(&key("1")), None);
        assert_eq!(memory.on_seen(&key("1")), None);
        assert_eq!(memory.on_seen(&key("2")), Some("1".to_owned()));
        let named = ObjectRef::<SshKey>::new("web").within("team").erase();
        assert_eq!(
            memory.on_deleted::<AzureStore>(&named),
            None,
            "another kind"
        );
        assert_eq!(memory.counts()["objects"], 1);
        assert_eq!(memory.on_deleted::<SshKey>(&named), Some("2".to_owned()));
        assert_eq!(memory.on_deleted::<SshKey>(&named), None);
        assert_eq!(len(&memory), 0);
        memory.on_seen(&key("3"));
        memory.on_finished(&key("2"));
        assert_eq!(len(&memory), 1, "another has its name by now");
        memory.on_finished(&key("3"));
        assert_eq!(len(&memory), 0);
    }

    #[test]
    fn an_entry_exists_only_while_it_holds_something() {
        let memory = memory();
        assert!(memory.last_write(&key("1")).is_none());
        memory.reset_backoff(&key("1"));
        assert_eq!(len(&memory), 0);
        memory.next_backoff(&key("1"));
        memory.next_patience(&key("1"));
        assert_eq!(len(&memory), 1);
        memory.reset_backoff(&key("1"));
        assert_eq!(
            (memory.counts()["backoffs"], memory.counts()["patience"]),
            (0, 1)
        );
        memory.end_patience(&key("1"));
        assert_eq!(len(&memory), 0);
    }

    #[test]
    fn what_is_told_of_an_object_whose_name_another_has_is_not_kept() {
        let memory = memory();
        memory.on_seen(&key("2"));
        memory.remember_write(key("2"));
        memory.remember_write(key("1"));
        assert!(memory.next_backoff(&key("1")) <= Duration::from_secs(5));
        memory.forget(&key("1"));
        assert!(memory.last_write(&key("1")).is_none());
        assert_eq!(memory.last_write(&key("2")).unwrap().uid(), key("2").uid());
        assert_eq!(memory.counts()["backoffs"], 0);
        memory.on_seen(&key("3"));
        assert_eq!(memory.counts()["own_writes"], 0);
    }

    #[test]
    fn a_release_outlives_the_last_reconcile_until_the_watch_has_told_of_the_end() {
        let memory = memory();
        memory.on_seen(&key("1"));
        memory.begin_release(&key("1"));
        memory.next_backoff(&key("1"));
        memory.forget(&key("1"));
        memory.on_finished(&key("1"));
        assert_eq!(
            (memory.counts()["released"], memory.counts()["backoffs"]),
            (1, 0)
        );
        assert!(!memory.end_release(&key("2")));
        assert!(memory.end_release(&key("1")));
        assert!(!memory.end_release(&key("1")));
        assert_eq!(len(&memory), 0);
    }

    #[test]
    fn an_own_write_is_seen_until_the_watch_has_caught_up() {
        let object = |version: &str| {
            let mut object = key("u");
            object.metadata.resource_version = Some(version.to_owned());
            object
        };
        let memory = memory();
        memory.remember_write(object("10"));
        let newest = |watched: &mut dyn FnMut() -> SshKey| {
            let newest = memory.newest(&key("u"), || Ok::<_, ()>(watched()));
            newest.unwrap().resource_version()
        };
        assert_eq!(newest(&mut || object("9")), Some("10".to_owned()));
        assert_eq!(newest(&mut || object("11")), Some("11".to_owned()));
        assert_eq!(memory.last_write(&key("u")), None);
        memory.remember_write(object("12"));
        // The watch catches up while the object is read: it knows the own write by then.
        let mut caught_up = || {
            memory.is_shown(&key("u"), &object("12"));
            object("11")
        };
        assert_eq!(newest(&mut caught_up), Some("12".to_owned()));
        assert_eq!(newest(&mut || object("12")), Some("12".to_owned()));
    }

    #[test]
    fn a_store_is_held_until_the_key_names_it() {
        let memory = memory();
        let id = |name| StoreId::seen_from("n", &StoreKey::new(StoreKind::AzureStore, name));
        memory.begin_hold(&key("1"), &id("b"));
        assert!(memory.has_pending_hold(&id("b")) && !memory.has_pending_hold(&id("a")));
        memory.end_hold(&key("1"));
        assert!(!memory.has_pending_hold(&id("b")));
        assert_eq!(len(&memory), 0);
    }
}
