//! An `SshKeyPlan` as its watch keeps it: how it stands, and not what it asks. Tenants may make thousands of them, each as large
//! as an `SshKey`; what one asks is read when its turn comes.

use jiff::Timestamp;
use kube::{Resource, api::ObjectMeta};
use serde::{Deserialize, Deserializer};

use crate::{
    api::{ConditionType, Reason, SshKeyPlan, condition::find},
    controller::sshkey_plan::answer::{end_of, is_answered},
    kubernetes::{guarded::Guarded, kind_of::kind_of},
};

/// An `SshKeyPlan` that is watched.
#[derive(Clone, Debug)]
pub(in crate::controller) struct WatchedPlan {
    /// Its name, namespace, UID, version and times.
    meta: ObjectMeta,
    /// `None` of one that does not fit this version of the definitions.
    pub(in crate::controller) standing: Option<Standing>,
}

/// How a plan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::controller) struct Standing {
    /// When it is deleted.
    pub(in crate::controller) ends: Option<Timestamp>,
    pub(in crate::controller) is_answered: bool,
    /// Whether it was told that others go before it.
    pub(in crate::controller) is_queued: bool,
}

impl Standing {
    fn of(plan: &SshKeyPlan) -> Self {
        let status = plan.status.as_ref();
        let conditions = status.map_or(&[][..], |status| &status.conditions);
        let complete = find(conditions, ConditionType::Complete);
        Self {
            ends: end_of(plan),
            is_answered: is_answered(plan),
            is_queued: complete.is_some_and(|one| one.reason == Reason::Queued.as_str()),
        }
    }
}

impl WatchedPlan {
    /// Whether it is to be answered. One that is being deleted is not.
    pub(in crate::controller) fn waits(&self) -> bool {
        let is_open = |standing: Standing| !standing.is_answered;
        self.standing.is_some_and(is_open) && self.meta.deletion_timestamp.is_none()
    }

    fn new(metadata: ObjectMeta, standing: Option<Standing>) -> Self {
        Self {
            meta: ObjectMeta {
                name: metadata.name,
                namespace: metadata.namespace,
                uid: metadata.uid,
                resource_version: metadata.resource_version,
                generation: metadata.generation,
                creation_timestamp: metadata.creation_timestamp,
                deletion_timestamp: metadata.deletion_timestamp,
                ..ObjectMeta::default()
            },
            standing,
        }
    }
}

impl From<SshKeyPlan> for WatchedPlan {
    fn from(plan: SshKeyPlan) -> Self {
        let standing = Standing::of(&plan);
        Self::new(plan.metadata, Some(standing))
    }
}

impl<'de> Deserialize<'de> for WatchedPlan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Guarded::<SshKeyPlan>::deserialize(deserializer)?.0 {
            Ok(plan) => plan.into(),
            Err(invalid) => Self::new(invalid.metadata, None),
        })
    }
}

impl Resource for WatchedPlan {
    kind_of!(SshKeyPlan, meta);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn plan(spec: &Value, reason: &str) -> WatchedPlan {
        let plan = json!({
            "metadata": { "name": "a", "namespace": "team", "creationTimestamp": "2026-01-01T00:00:00Z",
                "labels": { "large": "x".repeat(1_000) } },
            "spec": spec,
            "status": { "conditions": [{ "type": "Complete", "status": "False", "reason": reason,
                "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z" }] },
        });
        serde_json::from_str(&plan.to_string()).unwrap()
    }

    #[test]
    fn it_is_kept_how_a_plan_stands_and_not_what_it_asks() {
        let plan = plan(
            &json!({ "name": "web", "delete": true, "ttl": "1m" }),
            "Queued",
        );
        let standing = plan.standing.unwrap();
        let ends: Timestamp = "2026-01-01T00:01:00Z".parse().unwrap();
        assert_eq!(standing.ends, Some(ends));
        assert!(standing.is_queued && !standing.is_answered && plan.waits());
        assert_eq!(plan.meta.labels, None);
    }

    #[test]
    fn one_that_can_not_be_read_or_is_being_deleted_does_not_wait() {
        let unreadable = plan(&json!({ "name": 1 }), "Queued");
        assert!(unreadable.standing.is_none() && !unreadable.waits());
        let mut going = plan(&json!({ "name": "web", "delete": true }), "Progressing");
        going.meta.deletion_timestamp = going.meta.creation_timestamp.clone();
        assert!(!going.waits());
    }
}
