//! What is stored: resource groups, SSH public keys, and deletions under way. Names are looked up without case and kept as first written.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A resource group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredGroup {
    /// Subscription id.
    pub subscription: String,
    /// As written by whoever made it.
    pub name: String,
    /// Such as `westeurope`.
    pub location: String,
    /// Empty when there are none.
    pub tags: BTreeMap<String, String>,
    /// The resource that manages the group, as ARM echoes it.
    pub managed_by: Option<String>,
    /// When the deletion under way ends.
    pub deleted_at: Option<Timestamp>,
}

/// An SSH public key resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredKey {
    /// The ARM id as answers give it, with the group in capitals. Derived from the other fields when a key is stored.
    #[serde(default)]
    pub id: String,
    /// Subscription id.
    pub subscription: String,
    /// The group's name as the group was made.
    pub resource_group: String,
    /// As written by whoever made it.
    pub name: String,
    /// Such as `westeurope`.
    pub location: String,
    /// Byte for byte as written; absent until a pair is generated if it was made without.
    #[serde(default)]
    pub public_key: Option<String>,
    /// Empty when there are none.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// Names in lower case: (subscription, group).
type GroupKey = (String, String);
/// Names in lower case: (subscription, group, key).
type KeyKey = (String, String, String);

fn group_key(subscription: &str, group: &str) -> GroupKey {
    (subscription.to_lowercase(), group.to_lowercase())
}

fn key_key(subscription: &str, group: &str, name: &str) -> KeyKey {
    (
        subscription.to_lowercase(),
        group.to_lowercase(),
        name.to_lowercase(),
    )
}

/// A deletion of a group, for `operationresults`.
struct Job {
    subscription: String,
    ends: Timestamp,
}

#[derive(Default)]
pub(crate) struct World {
    groups: BTreeMap<GroupKey, StoredGroup>,
    keys: BTreeMap<KeyKey, StoredKey>,
    jobs: BTreeMap<String, Job>,
    running: BTreeMap<GroupKey, String>,
}

impl World {
    /// Ends the deletions whose time has come: group and keys go together.
    pub(crate) fn settle(&mut self, now: Timestamp) {
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
        self.keys.insert(
            key_key(&key.subscription, &key.resource_group, &key.name),
            key,
        );
        id
    }

    pub(crate) fn remove_key(
        &mut self,
        subscription: &str,
        group: &str,
        name: &str,
    ) -> Option<StoredKey> {
        self.keys.remove(&key_key(subscription, group, name))
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

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The id as Compute answers it: the group in capitals (azure-cli recording `test_vm_ssh_key.yaml`).
fn key_id(subscription: &str, group: &str, name: &str) -> String {
    format!(
        "/subscriptions/{subscription}/resourceGroups/{}/providers/Microsoft.Compute/sshPublicKeys/{name}",
        group.to_uppercase()
    )
}
