//! A resource group, and whether the operator may create it.

// These descriptions are what `kubectl explain` prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A resource group in Azure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceGroup {
    /// Name of the resource group, 1 to 90 letters, digits, '-', '_', '.' and parentheses, not ending with '.'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 90))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9._()-]*[A-Za-z0-9_()-]$')").message("a resource group's name has letters, digits, '-', '_', '.' and parentheses, and does not end with '.'"))]
    pub name: Option<String>,

    /// Whether the operator may create the group: Never or IfMissing. When absent: Never; but in an SshKey that is in the
    /// store's default group, as the store says. A group is never changed or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_policy: Option<CreationPolicy>,
}

/// Whether a resource group may be created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum CreationPolicy {
    /// The group must exist.
    #[default]
    Never,
    /// The group is created, in the key's location, when it does not exist.
    IfMissing,
}
