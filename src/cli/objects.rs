//! An `SshKey` as it was read: as JSON for printing, and as this program knows it.

use jiff::Timestamp;
use kube::api::DynamicObject;
use serde_json::Value;

use super::error::CliError;
use crate::api::{
    Condition, ConditionType, SshKey, SshKeyStatus, condition, source::Source,
    status::RotationStatus,
};

/// An `SshKey` of the cluster.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// As the cluster has it, without the bookkeeping of field managers.
    pub(super) json: Value,
    pub(super) key: SshKey,
}

impl Found {
    pub(super) fn read(mut object: DynamicObject) -> Result<Self, CliError> {
        object.metadata.managed_fields = None;
        let name = object.metadata.name.clone().unwrap_or_default();
        let unreadable = |cause: serde_json::Error| CliError::Unreadable {
            subject: format!("SshKey {name}"),
            cause: cause.to_string(),
        };
        let json = serde_json::to_value(object).map_err(unreadable)?;
        let key = serde_json::from_value(json.clone()).map_err(unreadable)?;
        Ok(Self { json, key })
    }

    pub(super) fn name(&self) -> &str {
        self.key.metadata.name.as_deref().unwrap_or_default()
    }

    pub(super) fn namespace(&self) -> &str {
        self.key.metadata.namespace.as_deref().unwrap_or_default()
    }
}

/// The status, empty where there is none yet.
pub(super) fn status(key: &SshKey) -> SshKeyStatus {
    key.status.clone().unwrap_or_default()
}

/// How the rotation stands, empty where nothing is said of it.
pub(super) fn rotation(key: &SshKey) -> RotationStatus {
    status(key).rotation.unwrap_or_default()
}

/// A condition of the spec as it is now; `None` for one that is missing, or that speaks of an earlier spec.
pub(super) fn current(key: &SshKey, kind: ConditionType) -> Option<&Condition> {
    let conditions = &key.status.as_ref()?.conditions;
    condition::find(conditions, kind)
        .filter(|found| found.observed_generation == key.metadata.generation)
}

/// Whether a condition is true of the spec as it is now.
pub(super) fn is_true(key: &SshKey, kind: ConditionType) -> bool {
    current(key, kind).is_some_and(|found| found.status == "True")
}

/// Whether nothing gets better until a person acts: the condition's message, which says what to do.
pub(super) fn stalled(key: &SshKey) -> Option<String> {
    current(key, ConditionType::Stalled)
        .filter(|found| found.status == "True")
        .map(|found| format!("{}: {}", found.reason, found.message))
}

/// Whether the operator makes the key, so that it can make another.
pub(super) fn is_generated(key: &SshKey) -> bool {
    let source = key.spec.source.as_ref();
    source.is_none_or(|source| {
        let Source {
            private_key,
            public_key,
            azure_key,
            ..
        } = source;
        private_key.is_none() && public_key.is_none() && azure_key.is_none()
    })
}

/// When the object was made.
pub(super) fn created(key: &SshKey) -> Option<Timestamp> {
    Some(key.metadata.creation_timestamp.as_ref()?.0)
}
