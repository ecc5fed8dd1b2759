//! What is known of the keys of one resource group: the last list, and what is newer than it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::{listed_keys::ListedKeys, models::SshPublicKey};
use crate::{
    api::ArmId,
    packing::packed::{Packed, PackingError},
};

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
    /// Some key of the group, for the group's spelling.
    id: ArmId,
    /// What it has shown; `None` when there is no such group.
    keys: Option<ListedKeys>,
}

impl Listed {
    fn has_keys(&self) -> bool {
        self.keys.as_ref().is_some_and(|keys| !keys.is_empty())
    }
}

/// What a write or a read of one key has shown.
#[derive(Debug)]
struct Overlay {
    at: Timestamp,
    shown: Shown,
}

/// What was seen, packed.
#[derive(Debug)]
enum Shown {
    Key(Packed),
    Absent,
    GroupAbsent,
}

/// A key as Azure shows it: what all keys have in common.
const TYPICAL: &str = include_str!("typical_public_key.json");

impl Shown {
    fn of(seen: &Seen) -> Result<Self, PackingError> {
        Ok(match seen {
            Seen::Present(key) => Self::Key(Packed::new(&**key, TYPICAL.as_bytes())?),
            Seen::Absent => Self::Absent,
            Seen::GroupAbsent => Self::GroupAbsent,
        })
    }

    fn seen(&self) -> Result<Seen, PackingError> {
        Ok(match self {
            Self::Key(key) => Seen::Present(Arc::new(key.read(TYPICAL.as_bytes())?)),
            Self::Absent => Seen::Absent,
            Self::GroupAbsent => Seen::GroupAbsent,
        })
    }
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
    fn still_has(&self, name: &str) -> bool {
        let overlay = self.over.get(&name.to_lowercase());
        overlay.is_none_or(|overlay| matches!(overlay.shown, Shown::Key(_)))
    }

    fn listed_keys(&self) -> Option<(&ArmId, &ListedKeys)> {
        let listed = self.listed.as_ref()?;
        Some((&listed.id, listed.keys.as_ref()?))
    }
}

impl Group {
    /// Where the list shows keys whose mark has this UID.
    pub(super) fn marked(&self, uid: &str) -> Vec<ArmId> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((group, listed)) = state.listed_keys() else {
            return Vec::new();
        };
        let there = listed.marked(uid).filter(|name| state.still_has(name));
        there.map(|name| named(group, name)).collect()
    }

    /// The keys that the list shows with the mark of a UID that is not `is_living`.
    pub(super) fn marked_otherwise(
        &self,
        is_living: impl Fn(&str) -> bool,
    ) -> Vec<(ArmId, SshPublicKey)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((group, listed)) = state.listed_keys() else {
            return Vec::new();
        };
        let marks = listed.marks().filter(|(uid, _)| !is_living(uid));
        let there = marks.filter(|(_, name)| state.still_has(name));
        let keys = there.map(|(_, name)| Some((named(group, name), listed.get(name).ok()??)));
        keys.flatten().collect()
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

    /// A list that was due was not asked for.
    pub(super) fn is_not_searched(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.searched = None;
    }

    /// What a write or a read of one key has shown.
    pub(super) fn lay_over(&self, id: &ArmId, at: Timestamp, seen: &Seen) {
        let Ok(shown) = Shown::of(seen) else {
            // What is not known is read again.
            return self.in_doubt(id);
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let over = &mut state.over;
        over.insert(id.name.to_lowercase(), Overlay { at, shown });
    }

    /// Whether keys are known in it, or something was found out lately.
    pub(super) fn is_worth_keeping(&self, lately: Duration, now: Timestamp) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: Timestamp| elapsed(at, now) < lately;
        let listed = state.listed.as_ref();
        listed.is_some_and(|listed| is_recent(listed.at) || listed.has_keys())
            || state.searched.is_some_and(is_recent)
            || state
                .over
                .values()
                .any(|overlay| is_recent(overlay.at) || matches!(overlay.shown, Shown::Key(_)))
    }

    /// Takes a list that was asked for at this time; `None` says that there is no such group.
    pub(super) fn listed(&self, at: Timestamp, id: &ArmId, keys: Option<ListedKeys>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state
            .over
            .retain(|_, overlay| elapsed(overlay.at, at) < LAG);
        state.listed = Some(Listed {
            at,
            id: id.clone(),
            keys,
        });
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
            return overlay.shown.seen().ok().map(View::Written);
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
            Some(keys) => match keys.get(&name) {
                Ok(key) => key.map_or(Seen::Absent, |key| Seen::Present(Arc::new(key))),
                Err(error) => {
                    tracing::error!(%id, %error, "a list must be read again");
                    return None;
                }
            },
        }))
    }
}

/// The key of this name, in the group of another.
fn named(group: &ArmId, name: &str) -> ArmId {
    ArmId {
        name: name.to_owned(),
        ..group.clone()
    }
}

/// Time from one moment to a later one; none when it is not later.
fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
