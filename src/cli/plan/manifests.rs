//! Which documents are `SshKey`s, and what is wrong with those that can't be applied. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::documents::{Document, Origin};
use crate::api::names::GROUP;

/// An `SshKey` as a file has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Manifest {
    pub(super) origin: Origin,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) object: Value,
}

/// What the documents are.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) manifests: Vec<Manifest>,
    /// Objects of other kinds, each with its kind.
    pub(super) left_out: Vec<(Origin, String)>,
    /// What can't be applied, each with the reason.
    pub(super) broken: Vec<(Origin, String)>,
}

/// Sorts documents. What names no namespace goes to `namespace`; where the command line names one, all must be in it.
pub(super) fn sort(documents: Vec<Document>, namespace: &str, named: Option<&str>) -> Sorted {
    let mut sorted = Sorted::default();
    for (origin, document) in documents {
        let object = match document {
            Ok(object) => object,
            Err(why) => {
                sorted.broken.push((origin, why));
                continue;
            }
        };
        match kind(&object) {
            Some((group, kind)) if group == GROUP && kind == "SshKey" => {}
            Some((_, kind)) => {
                sorted.left_out.push((origin, kind.to_owned()));
                continue;
            }
            None => {
                let why = "it is no object: apiVersion and kind are missing";
                sorted.broken.push((origin, why.to_owned()));
                continue;
            }
        }
        match manifest(origin.clone(), object, namespace, named) {
            Ok(manifest) => sorted.manifests.push(manifest),
            Err(why) => sorted.broken.push((origin, why)),
        }
    }
    take_out_doubles(&mut sorted);
    sorted
}

/// Of an object that stands in two places, nobody can say which is meant.
fn take_out_doubles(sorted: &mut Sorted) {
    let of = |one: &Manifest| (one.namespace.clone(), one.name.clone());
    let mut places: BTreeMap<(String, String), Vec<Origin>> = BTreeMap::new();
    for one in &sorted.manifests {
        places.entry(of(one)).or_default().push(one.origin.clone());
    }
    let is_once = |one: &Manifest| places.get(&of(one)).is_none_or(|all| all.len() == 1);
    sorted.manifests.retain(is_once);
    for ((namespace, name), all) in places {
        if let [first, others @ ..] = all.as_slice() {
            sorted.broken.extend(others.iter().map(|other| {
                let why = format!("SshKey {namespace}/{name} is in {first} too: write it once");
                (other.clone(), why)
            }));
        }
    }
}

/// The API group and the kind.
fn kind(object: &Value) -> Option<(&str, &str)> {
    let version = object.get("apiVersion")?.as_str()?;
    let group = version.split_once('/').map_or("", |(group, _)| group);
    Some((group, object.get("kind")?.as_str()?))
}

fn manifest(
    origin: Origin,
    mut object: Value,
    namespace: &str,
    named: Option<&str>,
) -> Result<Manifest, String> {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return Err("metadata is missing".to_owned());
    };
    let word = |field: &str| metadata.get(field).and_then(Value::as_str);
    let Some(name) = word("name").map(str::to_owned) else {
        return Err("metadata.name is missing".to_owned());
    };
    let namespace = match (word("namespace"), named) {
        (Some(own), Some(named)) if own != named => {
            return Err(format!(
                "its namespace {own} is not the namespace {named} of the command line"
            ));
        }
        (Some(own), _) => own.to_owned(),
        (None, _) => namespace.to_owned(),
    };
    metadata.insert("namespace".to_owned(), namespace.clone().into());
    Ok(Manifest {
        origin,
        namespace,
        name,
        object,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::cli::plan::documents::read;

    fn sorted(text: &str, named: Option<&str>) -> Sorted {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let documents = read(&[PathBuf::from(file.path())], false).unwrap();
        sort(documents, "here", named)
    }

    const KEY: &str = "apiVersion: sshkey-operator.io/v1alpha1\nkind: SshKey\n";

    #[test]
    fn keys_are_told_from_other_kinds_and_from_what_is_no_object() {
        let text = format!(
            "{KEY}metadata: {{name: web}}\n---\napiVersion: v1\nkind: Secret\n---\n{KEY}metadata: {{}}\n---\njust words\n---\n{KEY}"
        );
        let found = sorted(&text, None);
        assert_eq!(found.manifests.len(), 1);
        assert_eq!(found.manifests[0].namespace, "here");
        assert_eq!(found.manifests[0].object["metadata"]["namespace"], "here");
        assert_eq!(found.left_out[0].1, "Secret");
        let why: Vec<&str> = found.broken.iter().map(|(_, why)| why.as_str()).collect();
        assert_eq!(
            why,
            [
                "metadata.name is missing",
                "it is no object: apiVersion and kind are missing",
                "metadata is missing"
            ]
        );
    }

    #[test]
    fn the_same_object_in_two_places_is_planned_by_neither_and_both_are_named() {
        let one = |name: &str, namespace: &str| {
            format!("{KEY}metadata: {{name: {name}, namespace: {namespace}}}\n")
        };
        let all = [
            one("web", "here"),
            one("db", "a"),
            one("db", "b"),
            one("web", "here"),
        ];
        let found = sorted(&all.join("---\n"), None);
        let names: Vec<&str> = found
            .manifests
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(names, ["db", "db"]);
        let [(origin, why)] = found.broken.as_slice() else {
            panic!("{:?}", found.broken);
        };
        assert!(origin.to_string().ends_with("document 4"), "{origin}");
        assert!(
            why.starts_with("SshKey here/web is in ") && why.contains("document 1 too"),
            "{why}"
        );
    }

    #[test]
    fn the_namespace_of_the_command_line_is_the_only_one() {
        let text = format!("{KEY}metadata: {{name: web, namespace: there}}\n");
        assert_eq!(sorted(&text, None).manifests[0].namespace, "there");
        assert!(sorted(&text, Some("here")).broken[0].1.contains("there"));
    }
}
