//! Policies, as far as keys and groups can meet them: those that deny, and those that change tags.
//! <https://learn.microsoft.com/azure/governance/policy/concepts/effect-basics>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::is_at_or_below;

/// An assignment of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Name of the assignment.
    pub name: String,
    /// As the portal shows it; the name when absent.
    #[serde(default)]
    pub display_name: Option<String>,
    /// What it covers, with all that is below.
    pub scope: String,
    /// What it does.
    pub effect: PolicyEffect,
    /// Whether a denial lies in another error's `details`, as deployments answer it.
    #[serde(default)]
    pub nested: bool,
}

/// What a policy does to a resource that is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PolicyEffect {
    /// Denies what has not this tag.
    DenyWithoutTag(String),
    /// Denies what is in none of these locations.
    DenyOutside(Vec<String>),
    /// Sets tags and takes others away, whatever was sent.
    #[serde(rename_all = "camelCase")]
    Modify {
        /// Tags with their values.
        #[serde(default)]
        set: BTreeMap<String, String>,
        /// Names of tags.
        #[serde(default)]
        remove: Vec<String>,
    },
}

/// What is about to be stored.
pub(crate) struct Written<'a> {
    pub(crate) scope: &'a str,
    pub(crate) location: &'a str,
    pub(crate) tags: &'a mut BTreeMap<String, String>,
}

impl Policy {
    /// Changes what is to be stored, as the policy says.
    pub(crate) fn modify(&self, written: &mut Written<'_>) {
        let PolicyEffect::Modify { set, remove } = &self.effect else {
            return;
        };
        if !is_at_or_below(&self.scope, written.scope) {
            return;
        }
        let named = |name: &str| {
            let mut all = remove.iter().chain(set.keys());
            all.any(|other| other.eq_ignore_ascii_case(name))
        };
        written.tags.retain(|name, _| !named(name));
        written.tags.extend(set.clone());
    }

    /// Whether the policy forbids it.
    pub(crate) fn denies(&self, written: &Written<'_>) -> bool {
        is_at_or_below(&self.scope, written.scope)
            && match &self.effect {
                PolicyEffect::DenyWithoutTag(tag) => {
                    let mut names = written.tags.keys();
                    !names.any(|name| name.eq_ignore_ascii_case(tag))
                }
                PolicyEffect::DenyOutside(locations) => {
                    let mut allowed = locations.iter();
                    !allowed.any(|location| location.eq_ignore_ascii_case(written.location))
                }
                PolicyEffect::Modify { .. } => false,
            }
    }

    /// As people call it.
    pub(crate) fn display_name(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.name)
    }
}
