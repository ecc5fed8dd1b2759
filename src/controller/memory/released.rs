//! The objects that this operator lets go. Their end is what was wanted; that of any other object is a surprise.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// The UIDs of objects whose finalizer this operator takes away, until the watch tells that they are gone.
#[derive(Debug, Default)]
pub(in crate::controller) struct Released(Mutex<HashSet<String>>);

impl Released {
    /// The finalizer is about to be taken away.
    pub(in crate::controller) fn begin(&self, uid: &str) {
        self.lock().insert(uid.to_owned());
    }

    /// It could not be taken away, or the object was gone already.
    pub(in crate::controller) fn failed(&self, uid: &str) {
        self.lock().remove(uid);
    }

    /// The object is gone: whether this operator let it go.
    pub(in crate::controller) fn end(&self, uid: &str) -> bool {
        self.lock().remove(uid)
    }

    /// How many there are.
    pub(in crate::controller) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
