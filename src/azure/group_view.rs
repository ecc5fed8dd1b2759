//! What is known of the keys of one resource group: the last list, and what is newer than it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::models::SshPublicKey;
use crate::api::{ArmId, names::tag};

/// How long after a write a list may still not show it.
const LAG: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(super) struct Group {
    /// Held while the group is listed or created: others who come meanwhile wait for it and use it.
    pub(super) listing: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    listed: Option<Listed>,
    /// When a list was last asked for only to find marks, so that one that fails is not asked for again at once.
    searched: Option<Timestamp>,
    /// By lower-case name.
    over: HashMap<String, Overlay>,
}

#[derive(Debug)]
pub(super) struct Listed {
    /// When it was asked for: what happened after that it may not show.
    at: Timestamp,
    /// By lower-case name; `None` when there is no such group.
    keys: Option<HashMap<String, Arc<SshPublicKey>>>,
    /// By the UID in the mark on the key.
    marks: HashMap<String, Vec<ArmId>>,
}

#[derive(Clone, Debug)]
pub(super) struct Overlay {
    pub(super) at: Timestamp,
    pub(super) seen: Seen,
}

/// What is at an ARM id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// This key.
    Present(Arc<SshPublicKey>),
    /// No key, in a group that exists.
    Absent,
    /// No group.
    GroupAbsent,
}

/// What is known of an ARM id, and whence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// From a list.
    Listed(Seen),
    /// From a write of ours or a read that is newer than the list.
    Written(Seen),
}

impl State {
    /// Whether nothing newer than the list says that a key that it shows is gone.
    fn still_has(&self, id: &ArmId) -> bool {
        let overlay = self.over.get(&id.name.to_lowercase());
        !overlay.is_some_and(|overlay| !matches!(overlay.seen, Seen::Present(_)))
    }

    fn listed_key(&self, id: &ArmId) -> Option<Arc<SshPublicKey>> {
        let keys = self.listed.as_ref()?.keys.as_ref()?;
        keys.get(&id.name.to_lowercase()).cloned()
    }
}

impl Group {
    /// Where the list shows keys whose mark has this UID.
    pub(super) fn marked(&self, uid: &str) -> Vec<ArmId> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = state.listed.as_ref();
        let ids = listed.and_then(|listed| listed.marks.get(uid).cloned());
        let ids = ids.into_iter().flatten();
        ids.filter(|id| state.still_has(id)).collect()
    }

    /// The keys with a mark that the list shows.
    pub(super) fn marked_keys(&self) -> Vec<(ArmId, Arc<SshPublicKey>)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = state.listed.iter();
        let ids = listed.flat_map(|listed| listed.marks.values().flatten());
        ids.filter(|id| state.still_has(id))
            .filter_map(|id| Some((id.clone(), state.listed_key(id)?)))
            .collect()
    }

    /// Nothing is known of this key, nor by the list, after a write whose answer was lost.
    pub(super) fn in_doubt(&self, id: &ArmId) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.over.remove(&id.name.to_lowercase());
        state.listed = None;
    }

    /// Whether a list that is asked for only to find marks is due; from now on it is not.
    pub(super) fn is_to_be_searched(&self, max_age: Duration, now: Timestamp) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = state.listed.as_ref().map(|listed| listed.at);
        let is_recent = |at: Timestamp| elapsed(at, now) < max_age;
        if listed.is_some_and(is_recent) || state.searched.is_some_and(is_recent) {
            return false;
        }
        state.searched = Some(now);
        true
    }

    /// What a write or a read of one key has shown.
    pub(super) fn lay_over(&self, id: &ArmId, overlay: Overlay) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.over.insert(id.name.to_lowercase(), overlay);
    }

    /// Takes a list that was asked for at this time; `None` says that there is no such group.
    pub(super) fn listed(&self, at: Timestamp, id: &ArmId, keys: Option<Vec<SshPublicKey>>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let marks = marks(id, keys.as_deref().unwrap_or_default());
        let keys = keys.map(|keys| {
            keys.into_iter()
                .map(|key| (key.name.to_lowercase(), Arc::new(key)))
                .collect()
        });
        state
            .over
            .retain(|_, overlay| elapsed(overlay.at, at) < LAG);
        state.listed = Some(Listed { at, keys, marks });
    }

    /// What can be said without asking; `None` when a list is needed.
    pub(super) fn view(
        &self,
        id: &ArmId,
        max_age: Duration,
        settle: Duration,
        now: Timestamp,
    ) -> Option<View> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let name = id.name.to_lowercase();
        if let Some(overlay) = state.over.get(&name)
            && elapsed(overlay.at, now) < settle.max(LAG)
        {
            return Some(View::Written(overlay.seen.clone()));
        }
        let listed = state
            .listed
            .as_ref()
            .filter(|listed| elapsed(listed.at, now) < max_age)?;
        if let Some(overlay) = state.over.get(&name)
            && elapsed(overlay.at, listed.at) < LAG
        {
            return None;
        }
        Some(View::Listed(match &listed.keys {
            None => Seen::GroupAbsent,
            Some(keys) => keys
                .get(&name)
                .map_or(Seen::Absent, |key| Seen::Present(Arc::clone(key))),
        }))
    }
}

/// Where the keys of a group are, by the UID in their mark. `id` names the group.
fn marks(id: &ArmId, keys: &[SshPublicKey]) -> HashMap<String, Vec<ArmId>> {
    let mut marks: HashMap<String, Vec<ArmId>> = HashMap::new();
    for key in keys {
        let tags = key.tags.iter().flatten();
        let mut uids = tags.filter(|(name, _)| name.eq_ignore_ascii_case(tag::UID));
        if let Some((_, uid)) = uids.next() {
            let name = key.name.clone();
            marks
                .entry(uid.clone())
                .or_default()
                .push(ArmId { name, ..id.clone() });
        }
    }
    marks
}

/// Time from one moment to a later one; none when it is not later.
fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
