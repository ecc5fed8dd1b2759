//! What users are shown to apply is what the types read, with no field that they would drop.

use std::fmt::Debug;

use kube::Resource;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sshkey_operator::api::{AzureStore, ClusterAzureStore, SshKey, SshKeyPlan, source::Algorithm};

use crate::yaml::{Document, documents};

#[test]
fn every_object_that_is_shown_is_read_whole() {
    let mut read = 0;
    for document in documents() {
        match document.kind() {
            "SshKey" => is_read_whole::<SshKey>(&document),
            "AzureStore" => is_read_whole::<AzureStore>(&document),
            "ClusterAzureStore" => is_read_whole::<ClusterAzureStore>(&document),
            "SshKeyPlan" => is_read_whole::<SshKeyPlan>(&document),
            _ => continue,
        }
        read += 1;
    }
    assert!(read >= 4, "only {read} objects are shown");
}

#[test]
fn the_quickstart_has_a_store_and_a_key_of_each_algorithm_that_azure_takes() {
    let documents: Vec<Document> = documents()
        .into_iter()
        .filter(|document| document.file == "examples/quickstart.yaml")
        .collect();
    assert!(
        documents
            .iter()
            .any(|document| document.kind() == "AzureStore"),
        "there is no AzureStore in examples/quickstart.yaml"
    );
    let algorithms: Vec<Algorithm> = documents
        .iter()
        .filter(|document| document.kind() == "SshKey")
        .map(|document| {
            let key: SshKey = serde_json::from_value(document.content.clone()).unwrap();
            let generate = key.spec.source.unwrap_or_default().generate;
            generate
                .unwrap_or_default()
                .algorithm
                .unwrap_or(Algorithm::Ed25519)
        })
        .collect();
    for algorithm in [Algorithm::Ed25519, Algorithm::Rsa] {
        assert!(algorithms.contains(&algorithm), "{algorithms:?}");
    }
}

#[test]
fn a_field_that_is_dropped_is_seen() {
    let shown = serde_json::json!({ "a": { "b": [1, { "c": 2 }] } });
    assert_eq!(dropped("", &shown, &shown), None);
    let read = serde_json::json!({ "a": { "b": [1, {}] }, "more": true });
    assert_eq!(dropped("", &shown, &read).unwrap(), ".a.b[1].c");
}

fn is_read_whole<K>(document: &Document)
where
    K: DeserializeOwned + Serialize + Resource<DynamicType = ()> + Debug,
{
    let Document { file, content } = document;
    assert_eq!(
        content["apiVersion"],
        K::api_version(&()).as_ref(),
        "{file}"
    );
    let object: K = serde_json::from_value(content.clone())
        .unwrap_or_else(|error| panic!("{file}: {error}\n{content:#}"));
    let read = serde_json::to_value(&object).unwrap();
    if let Some(path) = dropped("", content, &read) {
        panic!("{file}: the types know no field {path} of {}", K::kind(&()));
    }
}

/// The first path of what is shown that is not, or not so, in what was read.
fn dropped(path: &str, shown: &Value, read: &Value) -> Option<String> {
    match (shown, read) {
        (Value::Object(shown), Value::Object(_)) => shown.iter().find_map(|(name, inner)| {
            let path = format!("{path}.{name}");
            match read.get(name) {
                Some(read) => dropped(&path, inner, read),
                None => Some(path),
            }
        }),
        (Value::Array(shown), Value::Array(read)) if shown.len() == read.len() => (0..)
            .zip(shown.iter().zip(read))
            .find_map(|(at, (shown, read)): (usize, _)| {
                dropped(&format!("{path}[{at}]"), shown, read)
            }),
        _ => (shown != read).then(|| path.to_owned()),
    }
}
