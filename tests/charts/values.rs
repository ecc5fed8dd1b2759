//! No value does nothing.

use std::collections::{BTreeMap, BTreeSet};

use clap::CommandFactory;
use dev::chart_values::{self, FREE};
use serde_json::Value;
use sshkey_operator::app::Flags;

use crate::{
    helm::{Helm, OPERATOR, Objects, read, yaml},
    values_around_pod::AROUND_POD,
    values_for_operator::FOR_OPERATOR,
    values_for_pod::FOR_POD,
};

/// The operator's container.
const CONTAINER: &str = "Deployment/spec/template/spec/containers/0";
/// Its pod.
const POD: &str = "Deployment/spec/template/spec";
/// What the pod carries.
const META: &str = "Deployment/spec/template/metadata";

/// A value, an example of it, what it changes (an argument of the operator, or a kind and a path in it, after `test/` of
/// what `helm test` makes) and to what.
pub(crate) type Row = (&'static str, &'static str, &'static str, &'static str);

/// Every value.
fn table() -> impl Iterator<Item = Row> {
    [FOR_OPERATOR, FOR_POD, AROUND_POD]
        .into_iter()
        .flatten()
        .copied()
}

/// What stands in a place: an argument or null, or what a path of an object leads to.
fn place(objects: &Objects, place: &str, expected: &str) -> Value {
    if place == "arg" {
        let found = objects.args().into_iter().find(|arg| *arg == expected);
        return found.into();
    }
    if let Some(path) = place.strip_prefix("test/") {
        return self::place(&objects.of_test(), path, expected);
    }
    let place = place
        .replace("{container}", CONTAINER)
        .replace("{pod}", POD)
        .replace("{meta}", META);
    let (kind, path) = place.split_once('/').unwrap();
    // Of several, such as Roles, the first, or that of a name.
    let (kind, name) = kind.split_once(':').unwrap_or((kind, ""));
    let mut found = objects.all(kind);
    let found = found.find(|object| name.is_empty() || object["metadata"]["name"] == name);
    let found = found.and_then(|object| object.pointer(&format!("/{path}")));
    found.cloned().unwrap_or_default()
}

/// The same values without one of them: what it is compared with.
fn without(example: &str, value: &str) -> String {
    let mut values: Value = serde_saphyr::from_str(example).unwrap();
    let (group, name) = value.rsplit_once('.').unwrap_or(("", value));
    let group = group.split('.').filter(|name| !name.is_empty());
    let within = group.fold(&mut values, |values, name| &mut values[name]);
    let removed = within.as_object_mut().unwrap().remove(name);
    assert!(removed.is_some(), "{example} does not give {value}");
    values.to_string()
}

#[test]
fn every_value_changes_what_is_rendered() {
    let helm = Helm::built();
    let mut rendered: BTreeMap<String, Objects> = BTreeMap::new();
    let mut render = |values: &str, place_of: &dyn Fn(&Objects) -> Value| {
        let objects = rendered.entry(values.to_owned()).or_insert_with(|| {
            let objects = helm.operator(values);
            let objects = objects.unwrap_or_else(|error| panic!("{values}: {error}"));
            // The operator takes what it is given.
            objects.flags();
            objects
        });
        place_of(objects)
    };
    for (value, example, path, expected) in table() {
        let wanted: Value = match path {
            "arg" => expected.into(),
            _ => serde_saphyr::from_str(expected).unwrap(),
        };
        let found = |objects: &Objects| place(objects, path, expected);
        assert_eq!(render(example, &found), wanted, "{value}");
        let without = without(example, value);
        assert_ne!(render(&without, &found), wanted, "{value}");
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
fn the_readme_has_the_values_with_their_defaults_and_their_comments() {
    let wanted = chart_values::page().unwrap();
    let found = read(&format!("{OPERATOR}/README.md"));
    assert!(found == wanted, "the README is stale: run `make crds`");
    let values: Value = yaml(&format!("{OPERATOR}/values.yaml"));
    let mut all = BTreeSet::new();
    leaves(&values, "", &mut all);
    for value in all {
        assert!(found.contains(&format!("| `{value}` | `")), "{value}");
    }
}

#[test]
fn the_schema_knows_the_values_and_no_other() {
    let mut schema: Value = yaml(&format!("{OPERATOR}/values.schema.json"));
    // Helm's own: what every chart gets, and what goes to the chart of the definitions.
    for name in ["global", "sshkey-operator-crds"] {
        let properties = schema["properties"].as_object_mut().unwrap();
        assert!(properties.remove(name).is_some());
    }
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
        .filter(|flag| !flag.starts_with("--leader-election-"))
        .collect();
    assert_eq!(set, flags.iter().map(String::as_str).collect());
}

/// What a user sets: objects of the chart's own names are gone into.
fn leaves(values: &Value, at: &str, found: &mut BTreeSet<String>) {
    match values {
        Value::Object(inner) if !inner.is_empty() && !FREE.contains(&at) => {
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
        let at = format!("{at}.{name}");
        let is_free = FREE.contains(&at.trim_start_matches('.'));
        if inner.as_object().is_some_and(|inner| !inner.is_empty()) && !is_free {
            is_described(&schema["properties"][name], inner, &at);
        }
    }
}
