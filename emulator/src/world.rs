//! What is stored: resource groups, SSH public keys, and deletions under way. Names are looked up without case and kept as first written.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    governance::{Locks, Policy, Registrations},
    stored::{GroupKey, KeyKey, StoredGroup, StoredKey, group_key, key_id, key_key},
};

/// Everything that is stored, as a file keeps it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Snapshot {
    groups: Vec<StoredGroup>,
    keys: Vec<StoredKey>,
    locks: Locks,
    policies: Vec<Policy>,
    registrations: Registrations,
    states: BTreeMap<String, String>,
}

/// A deletion of a group, for `operationresults`.
struct Job {
    subscription: String,
    ends: Timestamp,
}

/// A change of a key, for lists that lag behind.
struct Change {
    at: Timestamp,
    key: KeyKey,
    before: Option<StoredKey>,
}

#[derive(Default)]
pub(crate) struct World {
    pub(crate) locks: Locks,
    pub(crate) policies: Vec<Policy>,
    pub(crate) registrations: Registrations,
    /// Of subscriptions whose state is not the configured one, by id in lower case.
    pub(crate) states: BTreeMap<String, String>,
    /// How long lists show keys as they were.
    list_lag: SignedDuration,
    changes: Vec<Change>,
    now: Timestamp,
    groups: BTreeMap<GroupKey, StoredGroup>,
    keys: BTreeMap<KeyKey, StoredKey>,
    jobs: BTreeMap<String, Job>,
    running: BTreeMap<GroupKey, String>,
}

impl World {
    /// Nothing but policies.
    pub(crate) fn with_policies(policies: Vec<Policy>) -> Self {
        Self {
            policies,
            ..Self::default()
        }
    }

    /// Ends the deletions whose time has come: group and keys go together.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        self.now = now;
        let lag = self.list_lag;
        self.changes
            .retain(|change| now.duration_since(change.at) < lag);
        let ended = |group: &StoredGroup| group.deleted_at.is_some_and(|at| at <= now);
        let gone: Vec<GroupKey> = self
            .groups
            .iter()
            .filter(|(_, group)| ended(group))
            .map(|(key, _)| key.clone())
            .collect();
        for key in gone {
            self.groups.remove(&key);
            self.running.remove(&key);
            self.keys
                .retain(|(subscription, group, _), _| (subscription, group) != (&key.0, &key.1));
            let scope = format!("/subscriptions/{}/resourceGroups/{}", key.0, key.1);
            self.locks.forget_below(&scope);
        }
    }

    pub(crate) fn group(&self, subscription: &str, name: &str) -> Option<&StoredGroup> {
        self.groups.get(&group_key(subscription, name))
    }

    pub(crate) fn put_group(&mut self, group: StoredGroup) {
        self.groups
            .insert(group_key(&group.subscription, &group.name), group);
    }

    /// In the order of their names.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &StoredGroup> {
        self.groups.values()
    }

    /// Starts the deletion of a group, or finds the one under way; the job's id, or nothing if there is no such group.
    pub(crate) fn delete_group(
        &mut self,
        subscription: &str,
        name: &str,
        ends: Timestamp,
    ) -> Option<String> {
        let key = group_key(subscription, name);
        let group = self.groups.get_mut(&key)?;
        if let Some(job) = self.running.get(&key) {
            return Some(job.clone());
        }
        group.deleted_at = Some(ends);
        // The real id is base64 of this JSON, with the group's name where the random part is (azure-cli recording test_resource_group.yaml).
        let description = format!(
            r#"{{"jobId":"RESOURCEGROUPDELETIONJOB-{}","jobLocation":"{}"}}"#,
            Uuid::new_v4().simple().to_string().to_uppercase(),
            group.location
        );
        let job = URL_SAFE_NO_PAD.encode(description);
        self.jobs.insert(
            job.clone(),
            Job {
                subscription: subscription.to_lowercase(),
                ends,
            },
        );
        self.running.insert(key, job.clone());
        Some(job)
    }

    /// How many seconds a deletion still takes, rounded up; nothing if there is no such job in the subscription.
    pub(crate) fn seconds_left(
        &self,
        subscription: &str,
        job: &str,
        now: Timestamp,
    ) -> Option<i64> {
        let job = self
            .jobs
            .get(job)
            .filter(|job| job.subscription == subscription.to_lowercase())?;
        let milliseconds = (job.ends.as_millisecond() - now.as_millisecond()).max(0);
        Some((milliseconds + 999) / 1000)
    }

    pub(crate) fn key(&self, subscription: &str, group: &str, name: &str) -> Option<&StoredKey> {
        self.keys.get(&key_key(subscription, group, name))
    }

    /// Stores a key whole and gives back its id.
    pub(crate) fn put_key(&mut self, mut key: StoredKey) -> String {
        key.id = key_id(&key.subscription, &key.resource_group, &key.name);
        let id = key.id.clone();
        let place = key_key(&key.subscription, &key.resource_group, &key.name);
        let before = self.keys.insert(place.clone(), key);
        self.remember(place, before);
        id
    }

    pub(crate) fn remove_key(
        &mut self,
        subscription: &str,
        group: &str,
        name: &str,
    ) -> Option<StoredKey> {
        let place = key_key(subscription, group, name);
        let removed = self.keys.remove(&place)?;
        self.locks.forget_below(&removed.id);
        self.remember(place, Some(removed.clone()));
        Some(removed)
    }

    fn remember(&mut self, key: KeyKey, before: Option<StoredKey>) {
        if self.list_lag > SignedDuration::ZERO {
            let at = self.now;
            self.changes.push(Change { at, key, before });
        }
    }

    /// From now on, lists show keys as they were so long ago.
    pub(crate) fn set_list_lag(&mut self, lag: SignedDuration) {
        self.list_lag = lag;
        self.changes.clear();
    }

    /// The keys as a list shows them, in the order of subscription, group and name.
    pub(crate) fn listed_keys(&self) -> Vec<&StoredKey> {
        let mut listed: BTreeMap<&KeyKey, &StoredKey> = self.keys.iter().collect();
        for change in self.changes.iter().rev() {
            match &change.before {
                Some(before) => listed.insert(&change.key, before),
                None => listed.remove(&change.key),
            };
        }
        listed.into_values().collect()
    }

    /// In the order of subscription, group and name.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &StoredKey> {
        self.keys.values()
    }

    /// The key with this id, compared without case.
    pub(crate) fn key_by_id(&self, id: &str) -> Option<&StoredKey> {
        self.keys
            .values()
            .find(|key| key.id.eq_ignore_ascii_case(id))
    }

    /// Removes everything; how lists lag stays.
    pub(crate) fn clear(&mut self) {
        *self = Self {
            list_lag: self.list_lag,
            ..Self::default()
        };
    }

    /// What a file keeps. Deletions under way end as if there had been no restart; their jobs are forgotten.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            groups: self.groups.values().cloned().collect(),
            keys: self.keys.values().cloned().collect(),
            locks: self.locks.clone(),
            policies: self.policies.clone(),
            registrations: self.registrations.clone(),
            states: self.states.clone(),
        }
    }

    pub(crate) fn restore(&mut self, snapshot: Snapshot) {
        self.clear();
        for group in snapshot.groups {
            self.put_group(group);
        }
        for key in snapshot.keys {
            self.put_key(key);
        }
        self.locks = snapshot.locks;
        self.policies = snapshot.policies;
        self.registrations = snapshot.registrations;
        self.states = snapshot.states;
    }
}
