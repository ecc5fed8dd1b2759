//! Whether the custom resource definitions in the cluster are as new as the operator.

use std::collections::BTreeMap;

use http::Request;
use kube::Client;
use serde::{Deserialize, de::IgnoredAny};

use super::error::{KubernetesError, attempt};
use crate::api::{
    StoreKind,
    names::{GROUP, VERSION},
};

/// A field of the status that earlier definitions do not have: with those, the API server drops it from each write.
const NEWEST_FIELD: &str = "\"recordedFor\"";

/// A field of the status by which the steps that wait are shown. Without it, they are not.
const FIELD_OF_PLANS: &str = "\"plan\":";

/// What the definitions in the cluster keep of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What the operator must remember.
    pub records: bool,
    /// The steps that wait.
    pub plans: bool,
    /// The requests to reconcile that were acted upon last.
    pub requests: KeptRequests,
}

/// Which objects keep the request to reconcile them that was acted upon last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptRequests {
    /// `SshKey`s.
    pub of_keys: bool,
    /// Stores of both kinds.
    pub of_stores: bool,
}

/// What the definitions keep, as the API server publishes its schema. Everybody who is authenticated may read that.
/// <https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3>
///
/// # Errors
/// When the schema can't be read.
pub async fn kept(client: &Client) -> Result<Kept, KubernetesError> {
    let path = format!("/openapi/v3/apis/{GROUP}/{VERSION}");
    let text = attempt("read the schema of", || "SshKeys".to_owned(), async {
        let request = Request::get(path.as_str())
            .body(Vec::new())
            .map_err(kube::Error::HttpError)?;
        client.request_text(request).await
    })
    .await?;
    let published = published(&text);
    let answers = |kind: StoreKind| published.answers_requests(kind.as_str());
    Ok(Kept {
        records: text.contains(NEWEST_FIELD),
        plans: text.contains(FIELD_OF_PLANS),
        requests: KeptRequests {
            of_keys: published.answers_requests("SshKey"),
            of_stores: answers(StoreKind::AzureStore) && answers(StoreKind::ClusterAzureStore),
        },
    })
}

/// What the API server publishes, as much of it as is read.
#[derive(Default, Deserialize)]
struct Published {
    components: Components,
}

#[derive(Default, Deserialize)]
struct Components {
    schemas: BTreeMap<String, Schema>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Schema {
    properties: Parts,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parts {
    status: Fields,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    properties: Answer,
}

/// A field of the status of `SshKey`s and of stores that answers a request to reconcile. Without it, such requests are ignored.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Answer {
    last_handled_reconcile_at: Option<IgnoredAny>,
}

/// What can't be read publishes nothing.
fn published(text: &str) -> Published {
    serde_json::from_str(text).unwrap_or_default()
}

impl Published {
    /// Whether the status of a kind has the field that answers a request to reconcile.
    fn answers_requests(&self, kind: &str) -> bool {
        let group: Vec<&str> = GROUP.split('.').rev().collect();
        let name = format!("{}.{VERSION}.{kind}", group.join("."));
        let schema = self.components.schemas.get(&name);
        schema.is_some_and(|schema| {
            let status = &schema.properties.status.properties;
            status.last_handled_reconcile_at.is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_kinds_are_told_apart() {
        let of = |field: &str| {
            let status = json!({ "properties": { field: { "type": "string" } } });
            json!({ "type": "object", "properties": { "status": status } })
        };
        let text = json!({ "components": { "schemas": {
            "io.sshkey-operator.v1alpha1.SshKey": of("lastHandledReconcileAt"),
            "io.sshkey-operator.v1alpha1.AzureStore": of("conditions"),
            "io.k8s.apimachinery.pkg.apis.meta.v1.Patch": { "type": "object" },
        } } })
        .to_string();
        let published = published(&text);
        assert!(published.answers_requests("SshKey"));
        assert!(!published.answers_requests("AzureStore"));
        assert!(!published.answers_requests("ClusterAzureStore"));
    }
}
