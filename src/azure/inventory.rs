//! What is known of Azure's keys: lists by resource group, with our own writes laid over them, since a list may lag
//! behind a write. The only way by which Azure is read.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    arm::{ArmClient, KeyRead},
    budget::Caller,
    error::AzureError,
    models::SshPublicKey,
};
use crate::api::{ArmId, names::tag};

/// How long after a write a list may still not show it.
const LAG: Duration = Duration::from_secs(10);

/// The keys that one identity sees.
#[derive(Debug, Default)]
pub struct Inventory {
    groups: Mutex<HashMap<(String, String), Arc<Group>>>,
}

#[derive(Debug, Default)]
struct Group {
    /// Held while the group is listed or created: whoever comes meanwhile waits for it and uses it.
    listing: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    listed: Option<Listed>,
    /// When a list was last asked for only to find marks, so that one that fails is not asked for again at once.
    searched: Option<Timestamp>,
    /// By lower-case name.
    over: HashMap<String, Overlay>,
}

#[derive(Debug)]
struct Listed {
    /// When it was asked for: what happened after that it may not show.
    at: Timestamp,
    /// By lower-case name; `None` when there is no such group.
    keys: Option<HashMap<String, Arc<SshPublicKey>>>,
    /// By the UID in the mark on the key.
    marks: HashMap<String, Vec<ArmId>>,
}

#[derive(Clone, Debug)]
struct Overlay {
    at: Timestamp,
    seen: Seen,
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

impl Inventory {
    /// What is known of `id`, from a list that is at most `max_age` old; lists the group when there is none. A write of
    /// ours stands until a list that was asked for `settle` or more after it can confirm it.
    ///
    /// # Errors
    /// When the group can't be listed.
    pub async fn known(
        &self,
        arm: &ArmClient,
        id: &ArmId,
        max_age: Duration,
        settle: Duration,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<View, AzureError> {
        let group = self.group(id);
        if let Some(view) = group.view(id, max_age, settle, now) {
            return Ok(view);
        }
        let _turn = group.listing.lock().await;
        // Another object may have listed while this one waited.
        if let Some(view) = group.view(id, max_age, settle, now) {
            return Ok(view);
        }
        let at = Timestamp::now();
        let keys = arm.list_keys(id, caller).await?;
        group.listed(at, id, keys);
        Ok(group
            .view(id, max_age, settle, at)
            .unwrap_or(View::Listed(Seen::Absent)))
    }

    /// Lists the group of `id` to find marks, if no list of it is younger than `max_age`. Each group is asked once in that
    /// time, whatever comes of it.
    ///
    /// # Errors
    /// When the group can't be listed.
    pub async fn search(
        &self,
        arm: &ArmClient,
        id: &ArmId,
        max_age: Duration,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<(), AzureError> {
        let group = self.group(id);
        let _turn = group.listing.lock().await;
        if !group.is_to_be_searched(max_age, now) {
            return Ok(());
        }
        let at = Timestamp::now();
        let keys = arm.list_keys(id, caller).await?;
        group.listed(at, id, keys);
        Ok(())
    }

    /// Where the lists show keys whose mark has this UID, as far as groups were listed. Asks nothing.
    pub fn marked(&self, uid: &str) -> Vec<ArmId> {
        let found = self.groups().into_iter().flat_map(|group| {
            let state = group.state.lock().unwrap_or_else(PoisonError::into_inner);
            let listed = state.listed.as_ref();
            let ids = listed.and_then(|listed| listed.marks.get(uid).cloned());
            ids.into_iter()
                .flatten()
                .filter(|id| state.still_has(id))
                .collect::<Vec<_>>()
        });
        found.collect()
    }

    /// All keys that the lists show, with where they are. Asks nothing.
    pub fn listed_keys(&self) -> Vec<(ArmId, Arc<SshPublicKey>)> {
        let found = self.groups().into_iter().flat_map(|group| {
            let state = group.state.lock().unwrap_or_else(PoisonError::into_inner);
            let listed = state.listed.iter();
            let ids = listed.flat_map(|listed| listed.marks.values().flatten());
            ids.filter(|id| state.still_has(id))
                .filter_map(|id| Some((id.clone(), state.listed_key(id)?)))
                .collect::<Vec<_>>()
        });
        found.collect()
    }

    /// Reads this very key, and remembers it.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn read(
        &self,
        arm: &ArmClient,
        id: &ArmId,
        caller: &Caller,
    ) -> Result<Seen, AzureError> {
        let at = Timestamp::now();
        let seen = match arm.read_key(id, caller).await? {
            KeyRead::Present(key) => Seen::Present(Arc::new(key)),
            KeyRead::Absent => Seen::Absent,
            KeyRead::GroupAbsent => Seen::GroupAbsent,
        };
        self.group(id).lay_over(
            id,
            Overlay {
                at,
                seen: seen.clone(),
            },
        );
        Ok(seen)
    }

    /// Creates the resource group of `id` if there is none. Of all who miss it at once, one creates it.
    ///
    /// # Errors
    /// When it can't be looked for or created.
    pub async fn ensure_group(
        &self,
        arm: &ArmClient,
        id: &ArmId,
        location: &str,
        caller: &Caller,
    ) -> Result<(), AzureError> {
        let group = self.group(id);
        let _turn = group.listing.lock().await;
        if !arm.group_exists(id, caller).await? {
            arm.create_group(id, location, caller).await?;
        }
        Ok(())
    }

    /// Remembers what a write of ours has left at `id`.
    pub fn wrote(&self, id: &ArmId, seen: Seen, now: Timestamp) {
        self.group(id).lay_over(id, Overlay { at: now, seen });
    }

    /// Forgets what is known of `id`, after a write whose answer was lost.
    pub fn in_doubt(&self, id: &ArmId) {
        let group = self.group(id);
        let mut state = group.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.over.remove(&id.name.to_lowercase());
        state.listed = None;
    }

    fn groups(&self) -> Vec<Arc<Group>> {
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.values().cloned().collect()
    }

    fn group(&self, id: &ArmId) -> Arc<Group> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(groups.entry(id.group_key()).or_default())
    }
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
    /// Whether a list that is asked for only to find marks is due; from now on it is not.
    fn is_to_be_searched(&self, max_age: Duration, now: Timestamp) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = state.listed.as_ref().map(|listed| listed.at);
        let is_recent = |at: Timestamp| elapsed(at, now) < max_age;
        if listed.is_some_and(is_recent) || state.searched.is_some_and(is_recent) {
            return false;
        }
        state.searched = Some(now);
        true
    }

    fn lay_over(&self, id: &ArmId, overlay: Overlay) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.over.insert(id.name.to_lowercase(), overlay);
    }

    fn listed(&self, at: Timestamp, id: &ArmId, keys: Option<Vec<SshPublicKey>>) {
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
    fn view(
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
