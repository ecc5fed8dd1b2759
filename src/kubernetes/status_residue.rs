//! What another manager has written into a status, as a tool does that restores objects with their statuses. An apply leaves it
//! beside what is applied: an old condition would stay for good.

use std::fmt::Debug;

use kube::{Api, Resource, ResourceExt, api::Patch};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{
    error::{KubernetesError, attempt},
    field_manager::by,
};
use crate::api::condition::is_own;

/// A merge patch that removes from a live status what is not in `ours`, which was applied; `None` when there is nothing else.
/// Conditions of types that the operator does not write stay.
pub fn residue(live: &impl Serialize, ours: &impl Serialize) -> Option<Value> {
    let live = serde_json::to_value(live).ok()?;
    let mut left = serde_json::to_value(ours).ok()?;
    if let (Some(live), Some(left)) = (conditions(&live), left.get_mut("conditions")) {
        let others = live.iter().filter(|condition| !is_own(type_of(condition)));
        if let Some(left) = left.as_array_mut() {
            left.extend(others.cloned());
        }
    }
    beyond(&live, &left)
}

/// Removes it, from the object as it was when the status was applied.
///
/// # Errors
/// When it can't be removed, or the object has changed since.
pub async fn remove<K>(
    api: &Api<K>,
    live: &K,
    residue: &Value,
    manager: &str,
) -> Result<K, KubernetesError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let name = live.name_any();
    let metadata = json!({ "uid": live.uid(), "resourceVersion": live.resource_version() });
    let patch = Patch::Merge(json!({ "metadata": metadata, "status": residue }));
    attempt(
        "write the status of",
        || format!("{} {name}", K::kind(&())),
        api.patch_status(&name, &by(manager), &patch),
    )
    .await
}

fn conditions(status: &Value) -> Option<&Vec<Value>> {
    status.get("conditions")?.as_array()
}

fn type_of(condition: &Value) -> &str {
    condition["type"].as_str().unwrap_or_default()
}

/// A merge patch replaces a list as a whole, and removes what it says is null.
/// <https://www.rfc-editor.org/rfc/rfc7386>
fn beyond(live: &Value, left: &Value) -> Option<Value> {
    match (live, left) {
        (Value::Object(live), Value::Object(left)) => {
            let beyond = live.iter().filter_map(|(field, live)| {
                let beyond = match left.get(field) {
                    None => Value::Null,
                    Some(left) => beyond(live, left)?,
                };
                Some((field.clone(), beyond))
            });
            let beyond: Map<_, _> = beyond.collect();
            (!beyond.is_empty()).then_some(Value::Object(beyond))
        }
        (Value::Array(live), Value::Array(left)) => {
            let is_beyond = live.iter().any(|item| !left.contains(item));
            is_beyond.then(|| Value::Array(left.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(kind: &str) -> Value {
        json!({ "type": kind, "status": "True", "reason": "Any", "message": "", "observedGeneration": 2,
            "lastTransitionTime": "2026-01-01T00:00:00Z" })
    }

    #[test]
    fn what_was_applied_and_came_back_is_no_residue() {
        let ours = json!({ "fingerprint": "SHA256:a", "conditions": [condition("Ready")] });
        assert_eq!(residue(&ours, &ours), None);
    }

    #[test]
    fn what_another_has_written_beside_it_is_removed() {
        let live = json!({
            "fingerprint": "SHA256:a",
            "publicKey": "ssh-ed25519 A",
            "azure": { "resourceId": "/a", "location": "westeurope" },
            "conditions": [condition("Ready"), condition("Stalled")],
        });
        let ours = json!({
            "fingerprint": "SHA256:a",
            "azure": { "resourceId": "/a" },
            "conditions": [condition("Ready")],
        });
        let removed = json!({
            "publicKey": null,
            "azure": { "location": null },
            "conditions": [condition("Ready")],
        });
        assert_eq!(residue(&live, &ours), Some(removed));
    }

    #[test]
    fn conditions_that_the_operator_does_not_write_stay_in_any_order() {
        let mut others = condition("example.com/Checked");
        others.as_object_mut().unwrap().remove("observedGeneration");
        let ours = json!({ "conditions": [condition("Ready"), condition("AzureSynced")] });
        let live = [others.clone(), condition("AzureSynced"), condition("Ready")];
        assert_eq!(residue(&json!({ "conditions": live }), &ours), None);
        let live =
            json!({ "conditions": [others.clone(), condition("Stalled"), condition("Ready")] });
        let ours = json!({ "conditions": [condition("Ready")] });
        let removed = json!({ "conditions": [condition("Ready"), others] });
        assert_eq!(residue(&live, &ours), Some(removed));
    }
}
