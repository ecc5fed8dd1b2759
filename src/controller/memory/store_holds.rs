//! Requests that put the finalizer on a store. Keys that are made at the same time through a store that nobody has used need
//! the same one: the first makes it, and those that come while it is under way wait for its answer.

use std::collections::HashMap;

use futures::{
    FutureExt,
    channel::oneshot::{Receiver, channel},
    future::Shared,
};
use parking_lot::Mutex;

use crate::controller::store_id::StoreId;

/// A store, told from those that had its name before by its UID.
type Held = (StoreId, String);

/// The requests that are under way.
#[derive(Debug, Default)]
pub(in crate::controller) struct StoreHolds(Mutex<HashMap<Held, Shared<Receiver<()>>>>);

impl StoreHolds {
    /// Holds a store by a request, or by that of another that is under way. Where that one fails, each makes its own.
    ///
    /// # Errors
    /// When the request of its own fails.
    pub(in crate::controller) async fn hold<E>(
        &self,
        store: StoreId,
        uid: &str,
        request: impl Future<Output = Result<(), E>>,
    ) -> Result<(), E> {
        let held = (store, uid.to_owned());
        let (done, told) = channel();
        let own = told.shared();
        let others = {
            let mut under_way = self.0.lock();
            let others = under_way.get(&held).cloned();
            if others.is_none() {
                under_way.insert(held.clone(), own.clone());
            }
            others
        };
        let Some(others) = others else {
            let holds = self;
            let _leading = Leading { holds, held, own };
            request.await?;
            // Nobody may wait for it.
            let _ = done.send(());
            return Ok(());
        };
        match others.await {
            Ok(()) => Ok(()),
            Err(_) => request.await,
        }
    }

    /// Forgets the requests for a store that is released. Keys that need it from now on send their own.
    pub(in crate::controller) fn forget(&self, store: &StoreId) {
        self.0.lock().retain(|(held, _), _| held != store);
    }
}

/// The request is under way for as long as this lives, also where it is given up.
struct Leading<'a> {
    holds: &'a StoreHolds,
    held: Held,
    own: Shared<Receiver<()>>,
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        let mut under_way = self.holds.0.lock();
        let is_own = |request: &Shared<_>| request.ptr_eq(&self.own);
        if under_way.get(&self.held).is_some_and(is_own) {
            under_way.remove(&self.held);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::{join_all, pending};
    use tokio::task::yield_now;

    use super::*;
    use crate::api::{StoreKey, StoreKind};

    fn store() -> StoreId {
        StoreId::seen_from("team", &StoreKey::new(StoreKind::AzureStore, "default"))
    }

    /// Holds a store by a request that takes its time, and counts it.
    async fn hold(holds: &StoreHolds, uid: &str, made: &AtomicUsize, fails: usize) -> bool {
        let request = async {
            let number = made.fetch_add(1, Ordering::Relaxed);
            yield_now().await;
            if number < fails { Err(()) } else { Ok(()) }
        };
        holds.hold(store(), uid, request).await.is_ok()
    }

    #[tokio::test]
    async fn those_that_come_at_once_share_a_request_and_one_that_comes_later_makes_its_own() {
        let (holds, made) = (StoreHolds::default(), AtomicUsize::new(0));
        let all = join_all((0..32).map(|_| hold(&holds, "u", &made, 0))).await;
        assert_eq!(all, [true; 32]);
        assert_eq!(made.load(Ordering::Relaxed), 1);
        assert!(hold(&holds, "u", &made, 0).await);
        assert_eq!(made.load(Ordering::Relaxed), 2);
        assert!(holds.0.lock().is_empty());
    }

    #[tokio::test]
    async fn a_store_that_was_made_again_is_another() {
        let (holds, made) = (StoreHolds::default(), AtomicUsize::new(0));
        join_all(["u", "v"].map(|uid| hold(&holds, uid, &made, 0))).await;
        assert_eq!(made.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn the_failure_of_one_is_no_answer_for_another() {
        let (holds, made) = (StoreHolds::default(), AtomicUsize::new(0));
        let all = join_all((0..3).map(|_| hold(&holds, "u", &made, 1))).await;
        assert_eq!(all, [false, true, true]);
        assert_eq!(made.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn a_store_that_was_let_go_meanwhile_is_held_again() {
        let (holds, made) = (StoreHolds::default(), AtomicUsize::new(0));
        let mut before = Box::pin(hold(&holds, "u", &made, 0));
        assert!(futures::poll!(&mut before).is_pending());
        holds.forget(&store());
        let mut after = Box::pin(hold(&holds, "u", &made, 0));
        assert!(futures::poll!(&mut after).is_pending());
        assert_eq!(made.load(Ordering::Relaxed), 2);
        assert!(before.await);
        assert_eq!(holds.0.lock().len(), 1, "the later one is under way");
        assert!(after.await);
        assert!(holds.0.lock().is_empty());
    }

    #[tokio::test]
    async fn a_request_that_is_given_up_leaves_nobody_waiting() {
        let (holds, made) = (StoreHolds::default(), AtomicUsize::new(0));
        let mut leading = Box::pin(holds.hold(store(), "u", pending::<Result<(), ()>>()));
        assert!(futures::poll!(&mut leading).is_pending());
        let mut joined = Box::pin(hold(&holds, "u", &made, 0));
        assert!(futures::poll!(&mut joined).is_pending());
        drop(leading);
        assert!(joined.await);
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }
}
