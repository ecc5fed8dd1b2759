//! A resource group and an SSH public key as they are stored, and the names and ids by which they are found.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A resource group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
pub(crate) type GroupKey = (String, String);

/// Names in lower case: (subscription, group, key).
pub(crate) type KeyKey = (String, String, String);

pub(crate) fn group_key(subscription: &str, group: &str) -> GroupKey {
    (subscription.to_lowercase(), group.to_lowercase())
}

pub(crate) fn key_key(subscription: &str, group: &str, name: &str) -> KeyKey {
    (
        subscription.to_lowercase(),
        group.to_lowercase(),
        name.to_lowercase(),
    )
}

/// The id as Compute answers it: the group in capitals (azure-cli recording `test_vm_ssh_key.yaml`).
pub(crate) fn key_id(subscription: &str, group: &str, name: &str) -> String {
    format!(
        "/subscriptions/{subscription}/resourceGroups/{}/providers/Microsoft.Compute/sshPublicKeys/{name}",
        group.to_uppercase()
    )
}
