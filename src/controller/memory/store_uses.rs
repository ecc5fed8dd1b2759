//! What keys tell of their stores. A store is in use, and held by a finalizer, from before the first key is recorded to be in Azure through
//! it, and let go after the last. Without its store nothing could reach such a key any more.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};

use crate::controller::store_id::StoreId;

/// What happened lately to the stores that are in use, and who hears of it.
#[derive(Debug, Default)]
pub(in crate::controller) struct StoreUses {
    listeners: Mutex<Vec<UnboundedSender<StoreId>>>,
    /// The UIDs of the keys that have left a store, which the watch may still show as its users.
    left: Mutex<HashMap<StoreId, HashSet<String>>>,
    /// By the UID of a key that has held it and does not name it yet.
    held: Mutex<HashMap<String, StoreId>>,
}

impl StoreUses {
    /// The stores that shall be looked at, from now on.
    pub(in crate::controller) fn listen(&self) -> UnboundedReceiver<StoreId> {
        let (sender, receiver) = unbounded();
        lock(&self.listeners).push(sender);
        receiver
    }

    /// A key is in Azure through this store no more.
    pub(in crate::controller) fn leave(&self, id: &StoreId, uid: &str) {
        let mut left = lock(&self.left);
        left.entry(id.clone()).or_default().insert(uid.to_owned());
        drop(left);
        self.wake(id);
    }

    /// Something has happened that the store shall be looked at for.
    pub(in crate::controller) fn wake(&self, id: &StoreId) {
        // Those of a watch that has ended are gone.
        lock(&self.listeners).retain(|listener| listener.unbounded_send(id.clone()).is_ok());
    }

    /// Forgets a store that is gone.
    pub(in crate::controller) fn forget(&self, id: &StoreId) {
        lock(&self.left).remove(id);
    }

    /// A store was held, for a key that is about to name it.
    pub(in crate::controller) fn hold(&self, id: &StoreId, uid: &str) {
        lock(&self.held).insert(uid.to_owned(), id.clone());
    }

    /// The key names it by now, or will hold it again.
    pub(in crate::controller) fn held(&self, uid: &str) {
        lock(&self.held).remove(uid);
    }

    /// Whether any of the users that the watch shows has not left by now.
    pub(in crate::controller) fn is_used(&self, id: &StoreId, shown: &HashSet<String>) -> bool {
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
    pub(in crate::controller) fn is_being_held(&self, id: &StoreId) -> bool {
        lock(&self.held).values().any(|held| held == id)
    }

    /// For how many keys a store is held that they may not name yet.
    pub(in crate::controller) fn holds(&self) -> usize {
        lock(&self.held).len()
    }

    /// How many keys have left a store of which the watch may still show them as users.
    pub(in crate::controller) fn leavers(&self) -> usize {
        lock(&self.left).values().map(HashSet::len).sum()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{StoreKey, StoreKind};

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
}
