//! The default store, from values.

use serde_json::{Map, Value, json};
use sshkey_operator::api::crd;

use crate::helm::{Helm, OPERATOR, yaml};

const STORE: &str = "
defaultStore:
  subscriptionID: 00000000-0000-0000-0000-000000000000
  tenantID: 11111111-1111-1111-1111-111111111111
  auth: {ambient: {}}
  defaults: {resourceGroup: {name: keys}, location: westeurope, tags: {a: b}}
  tenants: {namespaces: {names: ['*']}, allow: [Adopt]}
";

/// What a schema of a definition says to Helm: the rules in CEL and the words are the API server's.
fn for_values(schema: &Value) -> Value {
    let mut made = Map::new();
    let kept = [
        "type",
        "enum",
        "minLength",
        "maxLength",
        "maxItems",
        "maxProperties",
        "required",
    ];
    for name in kept {
        if let Some(value) = schema.get(name) {
            made.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(properties) = schema["properties"].as_object() {
        let inner = properties
            .iter()
            .map(|(name, inner)| (name.clone(), for_values(inner)));
        made.insert("properties".to_owned(), Value::Object(inner.collect()));
    }
    for name in ["items", "additionalProperties"] {
        if schema[name].is_object() {
            made.insert(name.to_owned(), for_values(&schema[name]));
        }
    }
    if schema["type"] == "object" && !made.contains_key("additionalProperties") {
        made.insert("additionalProperties".to_owned(), false.into());
    }
    Value::Object(made)
}

#[test]
fn the_schema_of_the_default_store_is_that_of_its_definition() {
    let definition = crd::all()
        .into_iter()
        .find(|crd| crd.spec.names.kind == "ClusterAzureStore")
        .unwrap();
    let definition = serde_json::to_value(definition).unwrap();
    let spec =
        &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    let mut wanted = for_values(spec);
    // Nothing at all is no store.
    let required = wanted.as_object_mut().unwrap().remove("required");
    wanted["if"] = json!({ "minProperties": 1 });
    wanted["then"] = json!({ "required": required });
    let schema: Value = yaml(&format!("{OPERATOR}/values.schema.json"));
    let found = &schema["properties"]["defaultStore"];
    assert!(
        *found == wanted,
        "values.schema.json is stale: defaultStore should be\n{wanted:#}"
    );
}

#[test]
fn the_default_store_is_rendered_as_it_is_given_and_only_when_it_is() {
    let helm = Helm::built();
    let objects = helm.operator(STORE).unwrap();
    let store = objects.one("ClusterAzureStore");
    assert_eq!(store["apiVersion"], "sshkey-operator.io/v1alpha1");
    assert_eq!(store["metadata"]["name"], "default");
    assert!(store["metadata"].get("namespace").is_none());
    let given: Value = serde_saphyr::from_str(STORE).unwrap();
    assert_eq!(store["spec"], given["defaultStore"]);
    // SshKeys that outlive the release need it.
    let annotations = &store["metadata"]["annotations"];
    assert_eq!(annotations["helm.sh/resource-policy"], "keep");
    let without = helm.operator("{}").unwrap();
    assert_eq!(without.all("ClusterAzureStore").count(), 0);
}

#[test]
fn a_default_store_that_can_not_be_is_refused() {
    let helm = Helm::built();
    // In the words of Helm 4, and of Helm 3.
    for (values, words) in [
        (
            "defaultStore: {tenants: {namespaces: {names: ['*']}}}",
            ["missing", "is required"],
        ),
        (
            &STORE.replace("[Adopt]", "[Everything]"),
            ["must be one of", "must be one of the following"],
        ),
        (
            &STORE.replace("ambient: {}", "ambient: {a: b}"),
            ["not allowed", "is not allowed"],
        ),
        (
            &STORE.replace("names: ['*']", "names: '*'"),
            ["want array", "Expected: array"],
        ),
    ] {
        let error = helm.operator(values).unwrap_err();
        let is_told = words.iter().any(|words| error.contains(words));
        assert!(is_told, "{values}: {error}");
    }
}

#[test]
fn the_pods_workload_identity_goes_before_labels_and_annotations_that_are_given() {
    let helm = Helm::built();
    let objects = helm
        .operator(
            "{workloadIdentity: {clientId: 22222222-2222-2222-2222-222222222222}, podLabels: {azure.workload.identity/use: 'false', a: b}, \
             serviceAccount: {annotations: {azure.workload.identity/client-id: x, c: d}}}",
        )
        .unwrap();
    let labels = &objects.pod()["metadata"]["labels"];
    assert_eq!(labels["azure.workload.identity/use"], "true");
    assert_eq!(labels["a"], "b");
    let annotations = &objects.one("ServiceAccount")["metadata"]["annotations"];
    let expected = json!({
        "azure.workload.identity/client-id": "22222222-2222-2222-2222-222222222222", "c": "d",
    });
    assert_eq!(*annotations, expected);
}
