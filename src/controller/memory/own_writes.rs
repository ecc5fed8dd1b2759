//! What the operator itself wrote last of each object, until the watch has caught up with it: a reconcile must not
//! decide, or count time, from a state that it has already left.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use kube::ResourceExt;

use crate::{api::SshKey, kubernetes::cut::cut};

/// Objects as the API server answered to a write, by UID.
#[derive(Debug, Default)]
pub(in crate::controller) struct OwnWrites(Mutex<HashMap<String, Arc<SshKey>>>);

impl OwnWrites {
    /// Remembers an answer.
    pub(in crate::controller) fn remember(&self, mut object: SshKey) {
        cut(&mut object);
        if let Some(uid) = object.uid() {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(uid, Arc::new(object));
        }
    }

    /// Forgets an object that is gone.
    pub(in crate::controller) fn forget(&self, uid: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(uid);
    }

    /// What was written last of an object, if the watch has not caught up with it.
    pub(in crate::controller) fn last(&self, uid: &str) -> Option<Arc<SshKey>> {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.get(uid).cloned()
    }

    /// How many there are.
    pub(in crate::controller) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The newer of what the watch has seen and what was written.
    pub(in crate::controller) fn newest(&self, seen: &SshKey) -> SshKey {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let uid = seen.uid().unwrap_or_default();
        match written.get(&uid) {
            Some(ours) if version(ours) > version(seen) => SshKey::clone(ours),
            Some(_) => {
                written.remove(&uid);
                seen.clone()
            }
            None => seen.clone(),
        }
    }
}

/// Resource versions of one resource are numbers that grow.
/// <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions>
fn version(object: &SshKey) -> Option<u128> {
    object.resource_version()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(version: &str) -> SshKey {
        let mut object = SshKey::new("a", Default::default());
        object.metadata.uid = Some("u".to_owned());
        object.metadata.resource_version = Some(version.to_owned());
        object
    }

    #[test]
    fn an_own_write_is_seen_until_the_watch_has_caught_up() {
        let writes = OwnWrites::default();
        writes.remember(object("10"));
        assert_eq!(
            writes.newest(&object("9")).resource_version(),
            Some("10".to_owned())
        );
        assert_eq!(
            writes.newest(&object("11")).resource_version(),
            Some("11".to_owned())
        );
        assert_eq!(
            writes.newest(&object("9")).resource_version(),
            Some("9".to_owned()),
            "it was forgotten"
        );
    }
}
