//! What applying a manifest changes of the `SshKey` itself, field by field. Pure.

use serde::Serialize;
use serde_json::Value;

use super::three_way::LAST_APPLIED;

/// One field.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FieldChange {
    /// Its path, such as `spec.azure.name`.
    pub(super) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<Value>,
}

/// The fields that differ: those of the spec, labels and annotations. `None` stands for an object that does not exist.
pub(super) fn changes(live: Option<&Value>, after: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    for path in ["metadata.labels", "metadata.annotations", "spec"] {
        let pointer = format!("/{}", path.replace('.', "/"));
        let live = live.and_then(|live| live.pointer(&pointer));
        compare(path, live, after.pointer(&pointer), &mut found);
    }
    // Which is kubectl's own, and says everything twice.
    let own = format!("metadata.annotations.{LAST_APPLIED}");
    found.retain(|change| change.path != own);
    found
}

fn compare(path: &str, from: Option<&Value>, to: Option<&Value>, found: &mut Vec<FieldChange>) {
    if from == to {
        return;
    }
    let is_map = |value: Option<&Value>| value.is_none_or(Value::is_object);
    let is_empty = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
    // An empty map has no fields of its own to show it by.
    let shows_itself = [from, to].into_iter().flatten().any(is_empty);
    match (from, to) {
        _ if is_map(from) && is_map(to) && !shows_itself => {
            let fields = |value: Option<&Value>| -> Vec<String> {
                let fields = value.and_then(Value::as_object).into_iter().flatten();
                fields.map(|(name, _)| name.clone()).collect()
            };
            let mut names = [fields(from), fields(to)].concat();
            names.sort();
            names.dedup();
            for name in names {
                let inside =
                    |value: Option<&'_ Value>| value.and_then(|value| value.get(&name)).cloned();
                let (from, to) = (inside(from), inside(to));
                compare(&format!("{path}.{name}"), from.as_ref(), to.as_ref(), found);
            }
        }
        (Some(Value::Array(from)), Some(Value::Array(to))) if from.len() == to.len() => {
            for (number, (from, to)) in from.iter().zip(to).enumerate() {
                compare(&format!("{path}[{number}]"), Some(from), Some(to), found);
            }
        }
        _ => found.push(FieldChange {
            path: path.to_owned(),
            from: from.cloned(),
            to: to.cloned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(live: Option<&Value>, after: &Value) -> Vec<String> {
        let found = changes(live, after).into_iter();
        found.map(|change| change.path).collect()
    }

    #[test]
    fn each_field_that_differs_is_named_and_nothing_else() {
        let before = json!({ "metadata": { "resourceVersion": "1", "labels": { "a": "1" } },
            "spec": { "azure": { "name": "x", "tags": { "t": "1" } }, "outputs": [{ "name": "a" }] } });
        let after = json!({ "metadata": { "resourceVersion": "2", "annotations": { LAST_APPLIED: "{}" } },
            "spec": { "azure": { "name": "y", "tags": { "t": "1" } }, "outputs": [{ "name": "b" }] } });
        assert_eq!(
            paths(Some(&before), &after),
            [
                "metadata.labels.a",
                "spec.azure.name",
                "spec.outputs[0].name"
            ]
        );
        assert_eq!(paths(Some(&before), &before), [""; 0]);
    }

    #[test]
    fn of_a_new_object_every_field_is_named_empty_ones_too() {
        let after = json!({ "spec": { "azure": {}, "suspend": true } });
        assert_eq!(paths(None, &after), ["spec.azure", "spec.suspend"]);
        let before = json!({ "spec": { "suspend": true } });
        assert_eq!(paths(Some(&before), &after), ["spec.azure"]);
    }
}
