//! A store as it was last looked at.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use crate::{
    api::{ErrorClass, Reason},
    controller::sessions::{
        session::Session,
        store_object::{StoreSpec, StoreView},
    },
    plan::Failure,
};

/// A store as it was last looked at.
#[derive(Clone, Debug)]
pub(in crate::controller) struct Looked {
    pub(in crate::controller) generation: i64,
    pub(in crate::controller) uid: String,
    pub(in crate::controller) spec: StoreSpec,
    /// When that was.
    pub(in crate::controller) at: Instant,
    /// Whether a token is issued, or why not.
    pub(in crate::controller) ready: Result<(), Failure>,
    /// The last session that ever was.
    pub(in crate::controller) session: Option<Arc<Session>>,
    /// Whether it was otherwise before, or never looked at.
    pub(in crate::controller) is_news: bool,
}

impl Looked {
    /// A store whose credential is being opened for the first time.
    pub(in crate::controller) fn not_yet(store: &StoreView) -> Self {
        Self {
            at: Instant::now(),
            generation: store.generation,
            uid: store.uid.clone(),
            spec: store.spec.clone(),
            ready: Err(not_looked_at_yet()),
            session: None,
            is_news: false,
        }
    }

    /// Whether it was the store as it is now that was looked at.
    pub(in crate::controller) fn is_of(&self, store: &StoreView) -> bool {
        self.uid == store.uid && self.generation == store.generation
    }

    /// Whether nothing is otherwise to the keys of the store.
    pub(in crate::controller) fn says_the_same_as(&self, other: &Self) -> bool {
        let reason = |looked: &Self| looked.ready.as_ref().err().map(|why| why.reason);
        let session = |looked: &Self| looked.session.as_ref().map(Arc::as_ptr);
        self.generation == other.generation
            && reason(self) == reason(other)
            && session(self) == session(other)
    }

    /// Whether what was found last may be so no more: it got no token, then or since. Not more often than a person could
    /// have acted, since each of a store's keys asks.
    pub(in crate::controller) fn is_stale(&self, poll: Duration) -> bool {
        let failing = |session: &Arc<Session>| session.failing.load(Ordering::Relaxed);
        let got_no_token = self.ready.is_err() || self.session.as_ref().is_some_and(failing);
        got_no_token && self.at.elapsed() >= poll
    }
}

/// What is said of a store whose credential is being opened.
pub(in crate::controller) fn not_looked_at_yet() -> Failure {
    let message =
        "its credential is being opened, which takes a while; namespaces take turns at it";
    Failure::new(ErrorClass::Transient, Reason::Progressing, message)
}
