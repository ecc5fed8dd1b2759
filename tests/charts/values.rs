//! No value does nothing.

use std::collections::BTreeSet;

use clap::CommandFactory;
use serde_json::Value;
use sshkey_operator::app::Flags;

use crate::{
    helm::{Helm, OPERATOR, Objects, yaml},
    values_for_operator::FOR_OPERATOR,
    values_for_pod::FOR_POD,
};

/// The operator's container.
const CONTAINER: &str = "Deployment/spec/template/spec/containers/0";
/// Its pod.
const POD: &str = "Deployment/spec/template/spec";
/// What the pod carries.
const META: &str = "Deployment/spec/template/metadata";

/// A value, an example of it, what it changes (an argument of the operator, or a kind and a path in it) and to what.
pub(crate) type Row = (&'static str, &'static str, &'static str, &'static str);

/// Every value.
fn table() -> impl Iterator<Item = Row> {
    FOR_OPERATOR.iter().chain(FOR_POD).copied()
}

/// What stands in a place: an argument or null, or what a path of an object leads to.
fn place(objects: &Objects, place: &str, expected: &str) -> Value {
    if place == "arg" {
        let found = objects.args().into_iter().find(|arg| *arg == expected);
        return found.into();
    }
    let place = place
        .replace("{container}", CONTAINER)
        .replace("{pod}", POD)
        .replace("{meta}", META);
    let (kind, path) = place.split_once('/').unwrap();
    // Of several, such as Roles, the first.
    let found = objects.all(kind).next();
    let found = found.and_then(|object| object.pointer(&format!("/{path}")));
    found.cloned().unwrap_or_default()
}

#[test]
fn every_value_changes_what_is_rendered() {
    let Some(helm) = Helm::ready() else { return };
    let default = helm.operator("{}").unwrap();
    for (value, example, path, expected) in table() {
        let objects = helm
            .operator(example)
            .unwrap_or_else(|error| panic!("{example}: {error}"));
        let wanted: Value = match path {
            "arg" => expected.into(),
            _ => serde_saphyr::from_str(expected).unwrap(),
        };
        assert_eq!(place(&objects, path, expected), wanted, "{value}");
        assert_ne!(place(&default, path, expected), wanted, "{value}");
        // The operator takes what it is given.
        objects.flags();
    }
}

#[test]
fn every_value_is_in_the_table_and_the_table_has_no_other() {
    let values: Value = yaml(&format!("{OPERATOR}/values.yaml"));
    let mut found = BTreeSet::new();
    leaves(&values, "", &mut found);
    let shown: BTreeSet<String> = table().map(|row| row.0.to_owned()).collect();
    assert_eq!(found, shown);
}

#[test]
fn the_schema_knows_the_values_and_no_other() {
    let mut schema: Value = yaml(&format!("{OPERATOR}/values.schema.json"));
    // Helm's own.
    let global = schema["properties"]
        .as_object_mut()
        .unwrap()
        .remove("global");
    assert!(global.is_some());
    let values: Value = yaml(&format!("{OPERATOR}/values.yaml"));
    is_described(&schema, &values, "");
}

/// Only `--kubeconfig` makes no sense in a pod, and `--namespace` is the pod's own.
#[test]
fn every_flag_can_be_set() {
    let set: BTreeSet<&str> = table()
        .filter(|row| row.2 == "arg")
        .map(|row| row.3.split('=').next().unwrap())
        .collect();
    let command = Flags::command();
    let flags: BTreeSet<String> = command
        .get_arguments()
        .map(|flag| format!("--{}", flag.get_long().unwrap()))
        // What the chart itself decides.
        .filter(|flag| flag != "--kubeconfig" && flag != "--namespace")
        .filter(|flag| !flag.starts_with("--leader-election"))
        .collect();
    assert_eq!(set, flags.iter().map(String::as_str).collect());
}

/// What a user sets: objects of the chart's own names are gone into; `resources` is Kubernetes'.
fn leaves(values: &Value, at: &str, found: &mut BTreeSet<String>) {
    match values {
        Value::Object(inner) if !inner.is_empty() && at != "resources" => {
            for (name, inner) in inner {
                let at = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                leaves(inner, &at, found);
            }
        }
        _ => {
            found.insert(at.to_owned());
        }
    }
}

fn is_described(schema: &Value, values: &Value, at: &str) {
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(schema["additionalProperties"], false, "{at}");
    assert_eq!(names(&schema["properties"]), names(values), "{at}");
    for (name, inner) in values.as_object().unwrap() {
        if inner.as_object().is_some_and(|inner| !inner.is_empty()) && name != "resources" {
            is_described(&schema["properties"][name], inner, &format!("{at}.{name}"));
        }
    }
}
