//! The merge patch by which `kubectl apply` changes an object: from what was applied last, what is applied now, and what
//! the cluster has. Pure.
//! <https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#merge-patch-calculation>

use serde_json::{Map, Value, json};

/// Where `kubectl apply` keeps what it applied last.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The object as `kubectl apply` sends it: with itself in an annotation, for the next time.
pub(super) fn remembered(wanted: &Value) -> Value {
    let mut remembered = wanted.clone();
    let Some(metadata) = remembered
        .get_mut("metadata")
        .and_then(Value::as_object_mut)
    else {
        return remembered;
    };
    let annotations = metadata
        .entry("annotations")
        .and_modify(|all| {
            if all.is_null() {
                *all = json!({});
            }
        })
        .or_insert_with(|| json!({}));
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.remove(LAST_APPLIED);
    }
    let text = remembered.to_string();
    remembered["metadata"]["annotations"][LAST_APPLIED] = text.into();
    remembered
}

/// The patch (RFC 7386) to an object as it is remembered. What nobody has applied stays; what was applied and is no longer wanted goes.
pub(super) fn patch(live: &Value, wanted: &Value) -> Value {
    let last = live
        .pointer("/metadata/annotations")
        .and_then(|all| all.get(LAST_APPLIED))
        .and_then(Value::as_str)
        .and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut patch = last.map_or_else(Map::new, |last| removed(&last, wanted));
    merge(&mut patch, changed(live, wanted));
    Value::Object(patch)
}

/// What is wanted and is not there, or is otherwise. Lists count as a whole.
fn changed(live: &Value, wanted: &Value) -> Map<String, Value> {
    let mut changes = Map::new();
    for (field, wanted) in wanted.as_object().into_iter().flatten() {
        let live = live.get(field).unwrap_or(&Value::Null);
        if live == wanted || wanted.is_null() {
            continue;
        }
        if live.is_object() && wanted.is_object() {
            let inside = changed(live, wanted);
            if !inside.is_empty() {
                changes.insert(field.clone(), inside.into());
            }
        } else {
            changes.insert(field.clone(), wanted.clone());
        }
    }
    changes
}

/// What was applied last and is not wanted any more, each as null.
fn removed(last: &Value, wanted: &Value) -> Map<String, Value> {
    let mut removals = Map::new();
    for (field, last) in last.as_object().into_iter().flatten() {
        match wanted.get(field) {
            None | Some(Value::Null) => {
                removals.insert(field.clone(), Value::Null);
            }
            Some(wanted) if wanted.is_object() && last.is_object() => {
                let inside = removed(last, wanted);
                if !inside.is_empty() {
                    removals.insert(field.clone(), inside.into());
                }
            }
            Some(_) => {}
        }
    }
    removals
}

fn merge(patch: &mut Map<String, Value>, more: Map<String, Value>) {
    for (field, more) in more {
        match (patch.get_mut(&field), more) {
            (Some(Value::Object(inside)), Value::Object(more)) => merge(inside, more),
            (_, more) => {
                patch.insert(field, more);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(last: &Value, spec: &Value) -> Value {
        json!({ "metadata": { "annotations": { LAST_APPLIED: last.to_string() } }, "spec": spec })
    }

    #[test]
    fn what_is_no_longer_applied_goes_and_what_others_set_stays() {
        let last = json!({ "spec": { "azure": { "name": "a", "tags": { "x": "1", "y": "2" } } } });
        let has = json!({ "azure": { "name": "a", "tags": { "x": "1", "y": "2", "other": "3" }, "location": "w" } });
        let wanted = json!({ "spec": { "azure": { "name": "b", "tags": { "x": "1" } } } });
        assert_eq!(
            patch(&live(&last, &has), &wanted),
            json!({ "spec": { "azure": { "name": "b", "tags": { "y": null } } } })
        );
    }

    #[test]
    fn without_a_last_time_nothing_goes() {
        let has = json!({ "spec": { "suspend": true, "outputs": [1, 2] } });
        let wanted = json!({ "spec": { "outputs": [1] }, "kind": null });
        assert_eq!(patch(&has, &wanted), json!({ "spec": { "outputs": [1] } }));
        assert_eq!(patch(&has, &has), json!({}));
    }

    #[test]
    fn a_field_that_changes_its_kind_is_replaced() {
        let last = json!({ "spec": { "source": { "generate": { "size": 1 } } } });
        let has = live(&last, &json!({ "source": { "generate": { "size": 1 } } }));
        let wanted = json!({ "spec": { "source": { "azureKey": {} } } });
        assert_eq!(
            patch(&has, &wanted),
            json!({ "spec": { "source": { "generate": null, "azureKey": {} } } })
        );
    }

    #[test]
    fn annotations_of_others_stay_when_a_manifest_has_none() {
        let wanted = json!({ "metadata": { "name": "web" }, "spec": {} });
        let mut live = remembered(&wanted);
        live["metadata"]["annotations"]["record"] = "kept".into();
        assert_eq!(patch(&live, &remembered(&wanted)), json!({}));
        let odd = json!({ "metadata": { "annotations": null } });
        assert!(remembered(&odd)["metadata"]["annotations"][LAST_APPLIED].is_string());
    }
}
