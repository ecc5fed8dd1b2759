//! The custom resource definitions as they are installed: what the derive makes, made fit for the API server.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;

use super::{AzureStore, ClusterAzureStore, SshKey, SshKeyPlan};

/// Every custom resource definition of the operator, in the order in which they are installed.
pub fn all() -> Vec<CustomResourceDefinition> {
    [
        AzureStore::crd(),
        ClusterAzureStore::crd(),
        SshKey::crd(),
        SshKeyPlan::crd(),
    ]
    .into_iter()
    .map(finish)
    .collect()
}

fn finish(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    for version in &mut crd.spec.versions {
        let Some(root) = version
            .schema
            .as_mut()
            .and_then(|schema| schema.open_api_v3_schema.as_mut())
        else {
            continue;
        };
        mend(root);
        default_observed_generation(root);
    }
    crd
}

/// What the API server gives as `observedGeneration`, and nothing else, to an object whose status was never written. It must
/// not look current: `kubectl wait` and kstatus compare this with the generation.
pub const NEVER_OBSERVED: i64 = -1;

fn default_observed_generation(root: &mut JSONSchemaProps) {
    let Some(status) = root
        .properties
        .as_mut()
        .and_then(|properties| properties.get_mut("status"))
    else {
        return;
    };
    status.default = Some(JSON(
        serde_json::json!({ "observedGeneration": NEVER_OBSERVED }),
    ));
}

/// Takes out what the derive says and the API server has no use for: `nullable`, which would let a null reach the
/// rules instead of being dropped, and integer formats that Kubernetes does not know. Descriptions lose the line breaks of
/// the source: `kubectl explain` breaks lines where its terminal ends.
fn mend(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    schema.description = schema.description.as_deref().map(fold);
    if schema
        .format
        .as_deref()
        .is_some_and(|format| format.starts_with("uint"))
    {
        schema.format = None;
    }
    for inner in schema
        .properties
        .iter_mut()
        .flat_map(|properties| properties.values_mut())
    {
        mend(inner);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(inner)) = &mut schema.additional_properties {
        mend(inner);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(inner)) = &mut schema.items {
        mend(inner);
    }
}

/// Joins the lines of each paragraph.
fn fold(description: &str) -> String {
    let paragraphs = description.split("\n\n");
    let folded: Vec<String> = paragraphs.map(|lines| lines.replace('\n', " ")).collect();
    folded.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_one_line() {
        assert_eq!(fold("one\nline\n\nand another"), "one line\n\nand another");
    }
}
