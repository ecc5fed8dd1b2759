//! Whether the definitions in the cluster are of this program's version: by the fields that each has. Pure.

use std::collections::BTreeSet;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::Value;

use super::findings::{Finding, Mark};
use crate::api::{
    crd,
    names::{GROUP, VERSION},
};

/// Fields that differ are named up to so many.
const NAMED: usize = 3;

/// Compares what the API server publishes (`/openapi/v3`) with what this program knows.
pub(super) fn compare(published: &Value) -> Vec<Finding> {
    crd::all()
        .iter()
        .map(|known| one(published, known))
        .collect()
}

fn one(published: &Value, known: &CustomResourceDefinition) -> Finding {
    let kind = &known.spec.names.kind;
    let group: Vec<&str> = GROUP.split('.').rev().collect();
    let name = format!("{}.{VERSION}.{kind}", group.join("."));
    let Some(there) = published
        .pointer("/components/schemas")
        .and_then(|all| all.get(&name))
    else {
        let text = format!(
            "{kind} is not known: install the chart sshkey-operator-crds of version {}",
            env!("CARGO_PKG_VERSION")
        );
        return Finding::new(Mark::Bad, "definition", text);
    };
    let own = serde_json::to_value(known).unwrap_or_default();
    let own = own.pointer("/spec/versions/0/schema/openAPIV3Schema");
    let (own, there) = (fields(own.unwrap_or(&Value::Null)), fields(there));
    let missing: Vec<&String> = own.difference(&there).collect();
    let more: Vec<&String> = there.difference(&own).collect();
    match (missing.as_slice(), more.as_slice()) {
        ([], []) => Finding::new(
            Mark::Good,
            "definition",
            format!("{kind} is of this version"),
        ),
        ([], more) => {
            let text = format!("{kind} is newer than this program, with {}", listed(more));
            Finding::new(Mark::Note, "definition", text)
        }
        (missing, _) => {
            let text = format!(
                "{kind} is older than this program, without {}: upgrade the chart sshkey-operator-crds first",
                listed(missing)
            );
            Finding::new(Mark::Bad, "definition", text)
        }
    }
}

fn listed(fields: &[&String]) -> String {
    let named: Vec<&str> = fields
        .iter()
        .take(NAMED)
        .map(|field| field.as_str())
        .collect();
    match fields.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// The paths of all fields of the spec and the status.
fn fields(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in ["spec", "status"] {
        let inside = schema.pointer(&format!("/properties/{part}"));
        collect(part, inside.unwrap_or(&Value::Null), &mut found);
    }
    found
}

fn collect(path: &str, schema: &Value, found: &mut BTreeSet<String>) {
    if let Some(items) = schema.get("items") {
        collect(&format!("{path}[]"), items, found);
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, inside) in properties.into_iter().flatten() {
        let path = format!("{path}.{name}");
        collect(&path, inside, found);
        found.insert(path);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What the API server publishes of the definitions as they are.
    fn published() -> Value {
        let mut schemas = json!({});
        for known in crd::all() {
            let value = serde_json::to_value(&known).unwrap();
            let schema = value["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
            schemas[format!("io.sshkey-operator.v1alpha1.{}", known.spec.names.kind)] = schema;
        }
        json!({ "components": { "schemas": schemas } })
    }

    #[test]
    fn the_same_definitions_are_good_and_missing_ones_are_not() {
        let found = compare(&published());
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|one| one.mark == Mark::Good), "{found:?}");
        let found = compare(&json!({}));
        assert!(found.iter().all(|one| one.mark == Mark::Bad));
    }

    #[test]
    fn older_and_newer_definitions_are_told_apart() {
        let mut other = published();
        let keys = &mut other["components"]["schemas"]["io.sshkey-operator.v1alpha1.SshKey"];
        let spec = keys["properties"]["spec"]["properties"]
            .as_object_mut()
            .unwrap();
        spec.insert("later".to_owned(), json!({}));
        let found = compare(&other);
        assert_eq!((found[2].mark, &found[2].text[..6]), (Mark::Note, "SshKey"));
        assert!(found[2].text.contains("spec.later"), "{}", found[2].text);
        let keys = &mut other["components"]["schemas"]["io.sshkey-operator.v1alpha1.SshKey"];
        let spec = keys["properties"]["spec"]["properties"]
            .as_object_mut()
            .unwrap();
        spec.remove("suspend");
        let found = compare(&other);
        assert_eq!(found[2].mark, Mark::Bad);
        assert!(found[2].text.contains("spec.suspend"), "{}", found[2].text);
    }
}
