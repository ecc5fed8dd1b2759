//! What went through the proxy.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::Access;

/// One request.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number among the writes, from 1; none for what is not numbered.
    pub write: Option<u64>,
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, or nothing.
    pub query: String,
    /// The request's `Content-Type`, or nothing.
    pub content_type: String,
    /// What it is in the words of RBAC.
    pub access: Access,
    /// The answer's status; none while there is no answer, or if there never was one.
    pub status: Option<u16>,
    /// How long the answer's head took.
    pub took: Option<Duration>,
}

/// The requests in the order in which they came.
#[derive(Default)]
pub(super) struct Log {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Never reset, so that an answer that comes after a reset can't be taken for another request's.
    next: u64,
    entries: BTreeMap<u64, Entry>,
}

impl Log {
    pub(super) fn came(&self, entry: Entry) -> Pending<'_> {
        self.with(|state| {
            let key = state.next;
            state.next += 1;
            state.entries.insert(key, entry);
            Pending {
                log: self,
                key,
                since: Instant::now(),
            }
        })
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.with(|state| state.entries.values().cloned().collect())
    }

    pub(super) fn clear(&self) {
        self.with(|state| state.entries.clear());
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A request that has no answer yet.
pub(super) struct Pending<'a> {
    log: &'a Log,
    key: u64,
    since: Instant,
}

impl Pending<'_> {
    pub(super) fn answered(&self, status: u16) {
        self.log.with(|state| {
            if let Some(entry) = state.entries.get_mut(&self.key) {
                entry.status = Some(status);
                entry.took = Some(self.since.elapsed());
            }
        });
    }
}
