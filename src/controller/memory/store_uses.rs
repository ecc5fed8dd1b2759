//! What keys tell of their stores. A store is in use, and held by a finalizer, from before the first key is recorded to be in Azure through
//! it, and let go after the last. Without its store nothing could reach such a key any more.

use std::collections::{HashMap, HashSet};

use futures::channel::mpsc::UnboundedReceiver;
use parking_lot::Mutex;

use crate::controller::{store_id::StoreId, wakeups::Wakeups};

/// What happened lately to the stores that are in use, and who hears of it.
#[derive(Debug, Default)]
pub(in crate::controller) struct StoreUses {
    /// The stores that are to be checked again.
    wakeups: Wakeups<StoreId>,
    /// The UIDs of the keys that have left a store, which the watch may still show as its users.
    left: Mutex<HashMap<StoreId, HashSet<String>>>,
}

impl StoreUses {
    /// The stores to check, from now on.
    pub(in crate::controller) fn listen(&self) -> UnboundedReceiver<StoreId> {
        self.wakeups.listen()
    }

    /// A key no longer uses these stores. `is_shown` says whether the watch still shows the key: it may already be gone.
    pub(in crate::controller) fn leave<'a>(
        &self,
        stores: impl Iterator<Item = &'a StoreId>,
        uid: &str,
        is_shown: impl FnOnce() -> bool,
    ) {
        let mut stores = stores.peekable();
        if stores.peek().is_none() {
            return;
        }
        for store in stores {
            self.mark_left(store, uid);
        }
        if !is_shown() {
            self.key_is_gone(uid);
        }
    }

    /// A key is in Azure through this store no more.
    fn mark_left(&self, id: &StoreId, uid: &str) {
        let mut left = self.left.lock();
        left.entry(id.clone()).or_default().insert(uid.to_owned());
        drop(left);
        self.wake(id);
    }

    /// Forgets which stores a key has left: the watch no longer shows the key.
    pub(in crate::controller) fn key_is_gone(&self, uid: &str) {
        self.left.lock().retain(|_, of_store| {
            of_store.remove(uid);
            !of_store.is_empty()
        });
    }

    /// Something has happened for which the store must be checked.
    pub(in crate::controller) fn wake(&self, id: &StoreId) {
        self.wakeups.tell(id);
    }

    /// Forgets a store that is gone.
    pub(in crate::controller) fn forget(&self, id: &StoreId) {
        self.left.lock().remove(id);
    }

    /// Whether any of the users that the watch shows has not left by now.
    pub(in crate::controller) fn is_used(&self, id: &StoreId, shown: &HashSet<String>) -> bool {
        let mut left = self.left.lock();
        let Some(of_store) = left.get_mut(id) else {
            return !shown.is_empty();
        };
        // An object that is no longer shown need not be remembered.
        of_store.retain(|uid| shown.contains(uid));
        let all_have = shown.len() == of_store.len();
        if of_store.is_empty() {
            left.remove(id);
        }
        !all_have
    }

    /// How many keys have left a store of which the watch may still show them as users.
    pub(in crate::controller) fn leavers(&self) -> usize {
        self.left.lock().values().map(HashSet::len).sum()
    }
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
        uses.mark_left(&id("a"), "1");
        assert_eq!(heard.try_recv(), Ok(id("a")));
        assert!(!uses.is_used(&id("a"), &shown(&["1"])));
        assert!(uses.is_used(&id("a"), &shown(&["1", "2"])));
        assert!(!uses.is_used(&id("a"), &shown(&[])));
        assert!(uses.is_used(&id("a"), &shown(&["1"])), "it was forgotten");
        uses.mark_left(&id("a"), "1");
        uses.mark_left(&id("b"), "2");
        uses.key_is_gone("1");
        assert_eq!(uses.leavers(), 1);
        uses.leave([&id("a"), &id("b")].into_iter(), "3", || true);
        assert_eq!(uses.leavers(), 3);
        uses.leave([&id("a")].into_iter(), "4", || false);
        assert_eq!(uses.leavers(), 3, "the watch had shown its end");
    }
}
