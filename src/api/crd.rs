//! The custom resource definitions as they are installed: what the derive makes, made fit for the API server.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;
use schemars::{Schema, SchemaGenerator, json_schema};

use super::{AzureStore, ClusterAzureStore, SshKey};

/// Every custom resource definition of the operator, in the order in which they are installed.
pub fn all() -> Vec<CustomResourceDefinition> {
    [AzureStore::crd(), ClusterAzureStore::crd(), SshKey::crd()]
        .into_iter()
        .map(finish)
        .collect()
}

/// Azure takes 50 tags, of which five are the operator's; a name of at most 512 and a value of at most 256 characters.
/// <https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources>
pub(super) fn tags_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 45,
        "additionalProperties": { "type": "string", "maxLength": 256 },
        "x-kubernetes-validations": [
            {
                "rule": "self.all(name, size(name) >= 1 && size(name) <= 512 && !name.matches('[<>%&?/\\\\\\\\]'))",
                "message": "a tag's name has 1 to 512 characters and none of < > % & \\ ? /"
            },
            {
                "rule": "self.all(name, !name.matches('^(?i)sshkey-operator-'))",
                "message": "tags that begin with sshkey-operator- are the operator's own: choose another name"
            },
            {
                "rule": "self.all(name, self.exists_one(other, other.lowerAscii() == name.lowerAscii()))",
                "message": "Azure takes tags whose names differ only by case for one tag: keep one of them"
            }
        ]
    })
}

/// Labels as Kubernetes takes them; none of their rules is repeated, since one that can't be on a namespace opens nothing.
pub(super) fn labels_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 16,
        "additionalProperties": { "type": "string", "maxLength": 63 }
    })
}

/// The description of an enum would go before that of the field that it stands in, which says more.
pub(super) fn leave_description_to_the_field(schema: &mut Schema) {
    schema.remove("description");
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

/// A status that was never written must not look current: `kubectl wait` and kstatus compare this with the generation.
fn default_observed_generation(root: &mut JSONSchemaProps) {
    let Some(status) = root
        .properties
        .as_mut()
        .and_then(|properties| properties.get_mut("status"))
    else {
        return;
    };
    status.default = Some(JSON(serde_json::json!({ "observedGeneration": -1 })));
}

/// Takes out what the derive says and the API server has no use for: `nullable`, which would let a null reach the
/// rules instead of being dropped, and integer formats that Kubernetes does not know.
fn mend(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
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
