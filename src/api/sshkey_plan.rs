//! `SshKeyPlan`: a question to the operator, what applying or deleting an `SshKey` would do. Nothing of it is done.

// These descriptions are what `kubectl explain` prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]
// Each printer column has a name of its own within its own parentheses.
#![allow(clippy::duplicated_attributes)]

use std::collections::BTreeMap;

use jiff::SignedDuration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::{SshKeySpec, object_name, planned_step::PlannedStep, rotation::go_duration, rules};

/// What an SshKeyPlan asks.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "sshkey-operator.io",
    version = "v1alpha1",
    kind = "SshKeyPlan",
    plural = "sshkeyplans",
    shortname = "sshkp",
    category = "ssh",
    namespaced,
    status = "SshKeyPlanStatus",
    derive = "PartialEq",
    derive = "Default",
    doc = "A question: what would it do to apply, or to delete, an SshKey of this namespace? The operator writes the answer into the status, does nothing of it, and deletes the SshKeyPlan when its time is over.",
    printcolumn(
        name = "SshKey",
        type_ = "string",
        json_path = ".spec.name",
        description = "The SshKey that it is about"
    ),
    printcolumn(
        name = "Complete",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Complete')].status",
        description = "Whether the answer is there"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Complete')].reason",
        description = "Why it is there or not"
    ),
    printcolumn(
        name = "Changes",
        type_ = "string",
        json_path = ".status.summary",
        description = "How many things would be created, updated, replaced and deleted"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Complete')].message",
        priority = 1,
        description = "Why it is there or not, and what to do"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::a_plan_stays_as_it_is())]
#[x_kube(validation = rules::a_plan_applies_or_deletes())]
#[x_kube(validation = rules::planned_outputs_leave_the_secret())]
pub struct SshKeyPlanSpec {
    /// Name of the SshKey: one that exists, or one that would be created.
    #[schemars(length(min = 1, max = 128))]
    #[x_kube(validation = Rule::new(object_name::NAME_RULE).message(object_name::NAME_MESSAGE))]
    pub name: String,

    /// What would be applied. Of an existing SshKey, the whole spec is replaced by this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<SshKeyTemplate>,

    /// True to ask what it would do to delete the SshKey, without template.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete: bool,

    /// How long this object stays, as 10m (when absent): hours, minutes and seconds, at least 30s and at most 1h. Then the
    /// operator deletes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 24))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]{1,6}[hms]){1,3}$') && duration(self) >= duration('30s') && duration(self) <= duration('1h')").message("write ttl in hours, minutes and seconds, at least 30s and at most 1h, such as 10m"))]
    pub ttl: Option<String>,
}

/// An SshKey as it would be applied.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SshKeyTemplate {
    /// The metadata by which people ask something of the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<TemplateMetadata>,

    /// What the SshKey would ask for: every field as in an SshKey, under the same rules.
    pub spec: SshKeySpec,
}

/// The metadata of an SshKey as it would be applied.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateMetadata {
    /// Annotations that would be set: sshkey-operator.io/rotate-requested-at, sshkey-operator.io/activate and
    /// sshkey-operator.io/abandon. Others say nothing to the operator. Those that the SshKey has already stay.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::schema::requests_schema")]
    pub annotations: BTreeMap<String, String>,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SshKeyPlanStatus {
    /// The generation of the spec that this status speaks of; -1 before the first look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// UID of the SshKey that the answer is about; absent when it does not exist yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uid: Option<String>,

    /// Version of the SshKey that the answer is about (metadata.resourceVersion); another one may have another answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub resource_version: Option<String>,

    /// How many steps create, update, replace and delete something: such as 3 to create, 1 to update, 0 to delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub summary: Option<String>,

    /// The steps, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub steps: Vec<PlannedStep>,

    /// The conditions that the SshKey would have after the last step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    #[schemars(length(max = 8), transform = super::schema::bound_conditions)]
    pub planned_conditions: Vec<Condition>,

    /// What a person should know before it is done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 256)))]
    pub warnings: Vec<String>,

    /// When the operator deletes this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_time: Option<Time>,

    /// Complete: True once the answer is there, False with the reason while it is not. Reconciling, while it will be tried
    /// again by itself; Stalled, when there can be no answer to what was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    #[schemars(length(max = 8), transform = super::schema::bound_conditions)]
    pub conditions: Vec<Condition>,
}

/// How long a plan stays when it does not say so.
const TTL: SignedDuration = SignedDuration::from_mins(10);
/// How long a plan stays at most, whatever it says.
const TTL_MAX: SignedDuration = SignedDuration::from_hours(1);

impl SshKeyPlanSpec {
    /// How long the plan stays.
    pub fn stays_for(&self) -> SignedDuration {
        let ttl = self.ttl.as_deref().and_then(go_duration);
        ttl.unwrap_or(TTL).min(TTL_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_stays_for_ten_minutes_or_as_it_says_up_to_an_hour() {
        for (ttl, minutes) in [
            (None, 10),
            (Some("1m"), 1),
            (Some("2h"), 60),
            (Some("x"), 10),
        ] {
            let spec = SshKeyPlanSpec {
                ttl: ttl.map(str::to_owned),
                ..SshKeyPlanSpec::default()
            };
            assert_eq!(spec.stays_for(), SignedDuration::from_mins(minutes));
        }
    }
}
