//! Which object stands under which name. What is kept of an object is kept by its UID, and a watch tells of one that is
//! gone by its name alone: without this nobody would know what to forget.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use kube::{Resource, core::DynamicObject, runtime::reflector::ObjectRef};

/// The UIDs of the objects that were looked at, by kind, namespace and name.
#[derive(Debug, Default)]
pub(in crate::controller) struct Presence(Mutex<HashMap<Place, String>>);

type Place = (Cow<'static, str>, String, String);

impl Presence {
    /// An object is looked at: the UID of the one that had its name before.
    pub(in crate::controller) fn seen<K: Resource<DynamicType = ()>>(
        &self,
        object: &K,
    ) -> Option<String> {
        let meta = object.meta();
        let uid = meta.uid.as_deref()?;
        let name = meta.name.as_deref().unwrap_or_default();
        let place = place::<K>(meta.namespace.as_deref(), name);
        let mut uids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = uids.insert(place, uid.to_owned());
        before.filter(|before| before != uid)
    }

    /// An object is gone, or soon will be: nothing is waited for but its end.
    pub(in crate::controller) fn left<K: Resource<DynamicType = ()>>(&self, object: &K) {
        let meta = object.meta();
        let name = meta.name.as_deref().unwrap_or_default();
        let place = place::<K>(meta.namespace.as_deref(), name);
        let mut uids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if uids.get(&place) == meta.uid.as_ref() {
            uids.remove(&place);
        }
    }

    /// There is no object of this kind and name any more: the UID of the one there was.
    pub(in crate::controller) fn gone<K: Resource<DynamicType = ()>>(
        &self,
        object: &ObjectRef<DynamicObject>,
    ) -> Option<String> {
        let place = place::<K>(object.namespace.as_deref(), &object.name);
        let mut uids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        uids.remove(&place)
    }

    /// How many there are.
    pub(in crate::controller) fn len(&self) -> usize {
        let uids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        uids.len()
    }
}

fn place<K: Resource<DynamicType = ()>>(namespace: Option<&str>, name: &str) -> Place {
    let namespace = namespace.unwrap_or_default().to_owned();
    (K::kind(&()), namespace, name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{AzureStore, SshKey};

    fn key(uid: &str) -> SshKey {
        let mut key = SshKey::new("web", Default::default());
        key.metadata.namespace = Some("team".to_owned());
        key.metadata.uid = Some(uid.to_owned());
        key
    }

    #[test]
    fn the_one_before_and_the_one_that_is_gone_are_known_by_their_uid() {
        let presence = Presence::default();
        assert_eq!(presence.seen(&key("1")), None);
        assert_eq!(presence.seen(&key("1")), None);
        assert_eq!(presence.seen(&key("2")), Some("1".to_owned()));
        let named = ObjectRef::<SshKey>::new("web").within("team").erase();
        assert_eq!(presence.gone::<AzureStore>(&named), None, "another kind");
        assert_eq!(presence.len(), 1);
        assert_eq!(presence.gone::<SshKey>(&named), Some("2".to_owned()));
        assert_eq!(presence.gone::<SshKey>(&named), None);
        assert_eq!(presence.len(), 0);
        presence.seen(&key("3"));
        presence.left(&key("2"));
        assert_eq!(presence.len(), 1, "another has its name by now");
        presence.left(&key("3"));
        assert_eq!(presence.len(), 0);
    }
}
