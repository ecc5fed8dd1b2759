//! Whether the definitions in the cluster are of this program's version: by the fields that each has.

use std::collections::BTreeSet;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::Value;

use super::{cluster::Cluster, error::CliError, request::Request};
use crate::api::{
    crd,
    names::{GROUP, VERSION},
};

/// Fields that differ are named up to so many.
const NAMED: usize = 3;

/// One definition, and how it fits this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) kind: String,
    pub(super) fit: Fit,
}

/// How a definition fits this program, with the fields by which it differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Same,
    /// It has fields that this program does not know.
    Newer(Vec<String>),
    /// It lacks fields that this program knows.
    Older(Vec<String>),
    /// The API server does not know the kind.
    Missing,
}

impl Definition {
    /// Whether this program and an operator of its version can work with it.
    pub(super) fn is_fit(&self) -> bool {
        matches!(self.fit, Fit::Same | Fit::Newer(_))
    }

    /// How it is, and what to do.
    pub(super) fn text(&self) -> String {
        let kind = &self.kind;
        match &self.fit {
            Fit::Same => format!("{kind} is of this version"),
            Fit::Newer(fields) => {
                format!("{kind} is newer than this program, with {}", listed(fields))
            }
            Fit::Older(fields) => format!(
                "{kind} is older than this program, without {}: upgrade the chart sshkey-operator-crds first",
                listed(fields)
            ),
            Fit::Missing => format!(
                "{kind} is not known: install the chart sshkey-operator-crds of version {}",
                env!("CARGO_PKG_VERSION")
            ),
        }
    }
}

/// Reads what the API server publishes of the definitions, as anybody may who is logged in.
pub(super) async fn definitions(cluster: &Cluster) -> Result<Vec<Definition>, CliError> {
    let failed = |error| cluster.failed(&Request::path("/openapi/v3"), error);
    let request =
        http::Request::get(format!("/openapi/v3/apis/{GROUP}/{VERSION}")).body(Vec::new());
    let request = request.map_err(|error| failed(kube::Error::HttpError(error)))?;
    match cluster.client().request::<Value>(request).await {
        Ok(published) => Ok(compare(&published)),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(compare(&Value::Null)),
        Err(error) => Err(failed(error)),
    }
}

/// Compares what the API server publishes (`/openapi/v3`) with what this program knows.
fn compare(published: &Value) -> Vec<Definition> {
    let known = crd::all();
    let each = known.iter().map(|known| Definition {
        kind: known.spec.names.kind.clone(),
        fit: fit(published, known),
    });
    each.collect()
}

fn fit(published: &Value, known: &CustomResourceDefinition) -> Fit {
    let group: Vec<&str> = GROUP.split('.').rev().collect();
    let name = format!("{}.{VERSION}.{}", group.join("."), known.spec.names.kind);
    let schemas = published.pointer("/components/schemas");
    let Some(there) = schemas.and_then(|all| all.get(&name)) else {
        return Fit::Missing;
    };
    let own = serde_json::to_value(known).unwrap_or_default();
    let own = own.pointer("/spec/versions/0/schema/openAPIV3Schema");
    let (own, there) = (fields(own.unwrap_or(&Value::Null)), fields(there));
    let missing: Vec<String> = own.difference(&there).cloned().collect();
    let more: Vec<String> = there.difference(&own).cloned().collect();
    match (missing.is_empty(), more.is_empty()) {
        (true, true) => Fit::Same,
        (true, false) => Fit::Newer(more),
        (false, _) => Fit::Older(missing),
    }
}

fn listed(fields: &[String]) -> String {
    let named: Vec<&str> = fields.iter().take(NAMED).map(String::as_str).collect();
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
    fn the_same_definitions_fit_and_missing_ones_do_not() {
        let found = compare(&published());
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|one| one.fit == Fit::Same), "{found:?}");
        let found = compare(&json!({}));
        assert!(found.iter().all(|one| one.fit == Fit::Missing));
    }

    #[test]
    fn older_and_newer_definitions_are_told_apart() {
        let mut other = published();
        let path =
            "/components/schemas/io.sshkey-operator.v1alpha1.SshKey/properties/spec/properties";
        let mut change = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
            change(other.pointer_mut(path).unwrap().as_object_mut().unwrap());
            compare(&other).swap_remove(2)
        };
        let newer = change(&|spec| drop(spec.insert("later".to_owned(), json!({}))));
        assert!(newer.is_fit());
        assert_eq!(
            newer.text(),
            "SshKey is newer than this program, with spec.later"
        );
        let older = change(&|spec| drop(spec.remove("suspend")));
        assert!(!older.is_fit());
        assert!(older.text().contains("spec.suspend"), "{older:?}");
    }
}
