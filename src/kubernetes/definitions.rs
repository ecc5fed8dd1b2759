//! Whether the custom resource definitions in the cluster are as new as the operator.

use http::Request;
use kube::Client;

use super::error::{KubernetesError, attempt};
use crate::api::names::{GROUP, VERSION};

/// A field of the status that earlier definitions do not have: with those, the API server drops it from each write.
const NEWEST_FIELD: &str = "\"recordedFor\"";

/// A field of the status by which the steps that wait are shown. Without it, they are not.
const FIELD_OF_PLANS: &str = "\"plan\":";

/// A field of the status that answers a request to reconcile. Without it, such requests are ignored.
const FIELD_OF_REQUESTS: &str = "\"lastHandledReconcileAt\"";

/// What the definitions in the cluster keep of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What the operator must remember.
    pub records: bool,
    /// The steps that wait.
    pub plans: bool,
    /// The request to reconcile that was acted upon last.
    pub requests: bool,
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
    Ok(Kept {
        records: text.contains(NEWEST_FIELD),
        plans: text.contains(FIELD_OF_PLANS),
        requests: text.contains(FIELD_OF_REQUESTS),
    })
}
