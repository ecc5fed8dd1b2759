//! A step as it is shown to people before it is taken.

// These descriptions are what `kubectl explain` prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names, IDs and digests are ASCII: a byte a character.
const PRINTABLE: &str = "^[ -~]*$";

/// What stands for a value that only the step itself brings.
pub const KNOWN_AFTER_APPLY: &str = "(known after apply)";

/// The steps that are not being taken at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingPlan {
    /// How many steps there are, those that are not listed included.
    pub count: i32,

    /// Why they are not taken.
    #[schemars(length(max = 320), regex(pattern = PRINTABLE))]
    pub message: String,

    /// The steps, in their order: the first of them, when there are more.
    #[schemars(length(max = 16))]
    pub steps: Vec<PlannedStep>,
}

/// One change that would be made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedStep {
    /// What is done to the target: Create, Update, Replace or Delete.
    pub action: StepAction,

    /// Name of the step, as in the operator's events and metrics, such as PublishKey.
    #[schemars(length(max = 32), regex(pattern = PRINTABLE))]
    pub step: String,

    /// What is changed: Secret, ConfigMap, SshKey or store with its name, or an Azure resource ID.
    #[schemars(length(max = 640), regex(pattern = PRINTABLE))]
    pub target: String,

    /// What is there before, such as a fingerprint; absent when nothing is, or nothing of it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), regex(pattern = PRINTABLE))]
    pub from: Option<String>,

    /// What is there afterwards; "(known after apply)" for what does not exist yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), regex(pattern = PRINTABLE))]
    pub to: Option<String>,

    /// Why it is done, for a person.
    #[schemars(length(max = 320), regex(pattern = PRINTABLE))]
    pub reason: String,

    /// When it is done, if only time brings it; absent when it is done at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Time>,
}

/// What a step does to its target.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::EnumIter,
)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum StepAction {
    /// It is created.
    #[default]
    Create,
    /// It is changed in place.
    Update,
    /// It is deleted, to be created again.
    Replace,
    /// It is deleted.
    Delete,
}
