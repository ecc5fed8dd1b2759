//! An `SshKey` as it was read: as JSON for printing, and as this program knows it.

use jiff::Timestamp;
use kube::api::DynamicObject;
use serde_json::{Value, json};

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
    /// Why nothing but its metadata is known to this program.
    pub(super) unreadable: Option<String>,
}

impl Found {
    /// One of many: what this program can't read of it stops no others.
    pub(super) fn listed(object: &DynamicObject) -> Result<Self, CliError> {
        let (metadata, types) = (object.metadata.clone(), object.types.clone());
        let read = Self::read(object.clone());
        let Err(CliError::Unreadable { cause, .. }) = read else {
            return read;
        };
        let mut known = Self::read(DynamicObject {
            types,
            metadata,
            data: json!({ "spec": {} }),
        })?;
        known.json["spec"] = object.data["spec"].clone();
        known.json["status"] = object.data["status"].clone();
        known.unreadable = Some(format!(
            "it can't be read: {cause}; this program and the definitions in the cluster may be of different versions"
        ));
        Ok(known)
    }

    pub(super) fn read(mut object: DynamicObject) -> Result<Self, CliError> {
        object.metadata.managed_fields = None;
        let name = object.metadata.name.clone().unwrap_or_default();
        let unreadable = |cause: serde_json::Error| CliError::Unreadable {
            subject: format!("SshKey {name}"),
            cause: cause.to_string(),
        };
        let json = serde_json::to_value(object).map_err(unreadable)?;
        let key = serde_json::from_value(json.clone()).map_err(unreadable)?;
        Ok(Self {
            json,
            key,
            unreadable: None,
        })
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

/// Whether the operator has acted upon the spec as it is now.
pub(super) fn is_seen(key: &SshKey) -> bool {
    let is_current = status(key).observed_generation == key.metadata.generation;
    is_current && key.metadata.generation.is_some()
}

/// When the object was made.
pub(super) fn created(key: &SshKey) -> Option<Timestamp> {
    Some(key.metadata.creation_timestamp.as_ref()?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_newer_version_is_listed_by_its_name_and_printed_as_it_is() {
        let object = json!({
            "apiVersion": "sshkey-operator.io/v1alpha1", "kind": "SshKey", "metadata": { "name": "new" },
            "spec": { "source": { "generate": { "algorithm": "Later" } } }, "status": { "fingerprint": "a" }
        });
        let read = || serde_json::from_value(object.clone()).unwrap();
        let error = Found::read(read()).unwrap_err();
        assert!(error.line().contains("different versions"), "{error}");
        let found = Found::listed(&read()).unwrap();
        assert_eq!(
            (found.name(), &found.json["spec"]),
            ("new", &object["spec"])
        );
        assert!(found.unreadable.unwrap().contains("Later"));
    }
}
