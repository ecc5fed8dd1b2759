//! What was found in what users refer to.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::keys::{KeyError, PublicKey};

/// What was found in what users refer to, by the UID of the object that refers to it: to open an encrypted key takes
/// seconds by design, and is not done again while nothing has changed. Public halves only.
#[derive(Debug, Default)]
pub(in crate::controller) struct SourceCache {
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Clone, Debug)]
pub(in crate::controller) struct Known {
    /// Which entries at which versions.
    pub(in crate::controller) from: String,
    pub(in crate::controller) found: Result<PublicKey, KeyError>,
}

impl SourceCache {
    pub(in crate::controller) fn known(
        &self,
        uid: &str,
        from: &str,
    ) -> Option<Result<PublicKey, KeyError>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(uid)?;
        (known.from == from).then(|| known.found.clone())
    }

    pub(in crate::controller) fn remember(&self, uid: String, known: Known) {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(uid, known);
    }

    /// The object is gone.
    pub(in crate::controller) fn forget(&self, uid: &str) {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(uid);
    }

    /// How many there are.
    pub(in crate::controller) fn len(&self) -> usize {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}
