//! A store as it was last checked.

use std::{
    sync::Arc,
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

/// A store as it was last checked.
#[derive(Clone, Debug)]
pub(in crate::controller) struct CheckedStore {
    generation: i64,
    uid: String,
    spec: StoreSpec,
    checked_at: Instant,
    /// Whether a token is issued, or why not.
    ready: Result<(), Failure>,
    /// The last session that ever was.
    session: Option<Arc<Session>>,
    /// Whether it was otherwise before, or never checked.
    is_news: bool,
}

impl CheckedStore {
    /// A store that was checked now, after it was `before`.
    pub(in crate::controller) fn now(
        store: &StoreView,
        ready: Result<(), Failure>,
        session: Option<Arc<Session>>,
        before: Option<&Self>,
    ) -> Self {
        let mut checked = Self {
            ready,
            session,
            ..Self::not_yet(store)
        };
        checked.is_news = before.is_none_or(|before| !before.says_the_same_as(&checked));
        checked
    }

    /// A store whose credential is being opened for the first time.
    pub(in crate::controller) fn not_yet(store: &StoreView) -> Self {
        Self {
            checked_at: Instant::now(),
            generation: store.generation,
            uid: store.uid.clone(),
            spec: store.spec.clone(),
            ready: Err(not_checked_yet()),
            session: None,
            is_news: false,
        }
    }

    /// Whether it was the store as it is now that was checked.
    pub(in crate::controller) fn is_of(&self, store: &StoreView) -> bool {
        self.is_same_object(store) && self.generation == store.generation
    }

    /// Whether it is the same object, at whatever generation.
    pub(in crate::controller) fn is_same_object(&self, store: &StoreView) -> bool {
        self.uid == store.uid
    }

    /// Whether it was otherwise before, or never checked.
    pub(in crate::controller) fn is_news(&self) -> bool {
        self.is_news
    }

    /// The last session that ever was.
    pub(in crate::controller) fn session(&self) -> Option<&Arc<Session>> {
        self.session.as_ref()
    }

    /// Whether a token is issued, or why not.
    pub(in crate::controller) fn ready(&self) -> Result<(), &Failure> {
        self.ready.as_ref().copied()
    }

    /// What the store asks for, and whether a token is issued.
    pub(in crate::controller) fn into_parts(self) -> (StoreSpec, Result<(), Failure>) {
        (self.spec, self.ready)
    }

    /// Whether nothing is otherwise to the keys of the store.
    fn says_the_same_as(&self, other: &Self) -> bool {
        let reason = |looked: &Self| looked.ready.as_ref().err().map(|why| why.reason);
        let session = |looked: &Self| looked.session.as_ref().map(Arc::as_ptr);
        self.generation == other.generation
            && reason(self) == reason(other)
            && session(self) == session(other)
    }

    /// Whether what was found last may be so no more: it got no token, then or since. Not more often than a person could
    /// have acted, since each of a store's keys asks.
    pub(in crate::controller) fn is_stale(&self, poll: Duration) -> bool {
        let is_failing = self
            .session
            .as_ref()
            .is_some_and(|session| session.is_failing());
        (self.ready.is_err() || is_failing) && self.checked_at.elapsed() >= poll
    }
}

/// What is said of a store whose credential is being opened.
pub(in crate::controller) fn not_checked_yet() -> Failure {
    let message =
        "its credential is being opened, which takes a while; namespaces take turns at it";
    Failure::new(ErrorClass::Transient, Reason::Progressing, message)
}
