//! The custom resource definitions as a list of fields.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray,
};
use sshkey_operator::api::crd;

/// A field, or the whole object, with the path that leads there: `SshKey.spec.azure.name`.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) path: String,
    pub(crate) schema: JSONSchemaProps,
}

/// Every field of every kind.
pub(crate) fn fields() -> Vec<Field> {
    let mut fields = Vec::new();
    for crd in crd::all() {
        for root in roots(&crd) {
            collect(&crd.spec.names.kind, root, &mut fields);
        }
    }
    assert!(fields.len() > 50, "only {} fields", fields.len());
    fields
}

/// The message of every rule.
pub(crate) fn messages() -> Vec<String> {
    let mut messages: Vec<String> = fields()
        .into_iter()
        .flat_map(|field| {
            let item = match field.schema.items {
                Some(JSONSchemaPropsOrArray::Schema(item)) => item.x_kubernetes_validations,
                _ => None,
            };
            let own = field.schema.x_kubernetes_validations;
            [own, item].into_iter().flatten().flatten()
        })
        .map(|rule| rule.message.unwrap_or_else(|| rule.rule.clone()))
        .collect();
    messages.sort();
    messages.dedup();
    assert!(messages.len() > 10, "{messages:#?}");
    messages
}

fn roots(crd: &CustomResourceDefinition) -> impl Iterator<Item = &JSONSchemaProps> {
    crd.spec.versions.iter().map(|version| {
        let schema = version.schema.as_ref().unwrap();
        schema.open_api_v3_schema.as_ref().unwrap()
    })
}

fn collect(path: &str, schema: &JSONSchemaProps, fields: &mut Vec<Field>) {
    fields.push(Field {
        path: path.to_owned(),
        schema: schema.clone(),
    });
    for (name, inner) in schema.properties.iter().flatten() {
        collect(&format!("{path}.{name}"), inner, fields);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(item)) = &schema.items {
        for (name, inner) in item.properties.iter().flatten() {
            collect(&format!("{path}[].{name}"), inner, fields);
        }
    }
}
