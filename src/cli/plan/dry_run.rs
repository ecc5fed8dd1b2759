//! What the API server would make of an apply, or of a deletion: everything is checked, and nothing is stored.

use kube::{
    Api,
    api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams, ValidationDirective},
    core::Request,
};
use serde_json::Value;

use super::{
    flags::Plan,
    manifests::Manifest,
    three_way::{self, remembered},
};
use crate::cli::{cluster::Cluster, error::CliError};

/// kubectl's own field managers.
const APPLY: &str = "kubectl-client-side-apply";
const SERVER_SIDE_APPLY: &str = "kubectl";

/// An object before and after an apply.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Applied {
    pub(super) live: Option<Value>,
    pub(super) after: Value,
}

/// What `kubectl apply` would leave, with the flags that the caller gives it.
pub(super) async fn apply(
    cluster: &Cluster,
    flags: &Plan,
    manifest: &Manifest,
) -> Result<Applied, CliError> {
    let (name, wanted) = (&manifest.name, &manifest.object);
    let live = cluster.find(name).await?.map(|found| found.json);
    let api = cluster.api(false);
    let manager = |own: &str| {
        flags
            .field_manager
            .clone()
            .unwrap_or_else(|| own.to_owned())
    };
    let (verb, after) = match &live {
        _ if flags.server_side => {
            let params = PatchParams {
                dry_run: true,
                force: flags.force_conflicts,
                field_manager: Some(manager(SERVER_SIDE_APPLY)),
                field_validation: Some(ValidationDirective::Strict),
            };
            let after = api.patch(name, &params, &Patch::Apply(wanted)).await;
            ("patch", after)
        }
        None => (
            "create",
            create(cluster, &api, &manager(APPLY), &remembered(wanted)).await?,
        ),
        Some(live) => {
            let patch = three_way::patch(live, &remembered(wanted));
            let params = PatchParams {
                dry_run: true,
                field_manager: Some(manager(APPLY)),
                field_validation: Some(ValidationDirective::Strict),
                ..PatchParams::default()
            };
            (
                "patch",
                api.patch(name, &params, &Patch::Merge(patch)).await,
            )
        }
    };
    let mut after = after.map_err(|error| refused(cluster, verb, name, error))?;
    after.metadata.managed_fields = None;
    let after = serde_json::to_value(after).map_err(|cause| CliError::Unreadable {
        subject: format!("SshKey {name}"),
        cause: cause.to_string(),
    })?;
    Ok(Applied { live, after })
}

/// A create that refuses fields which nobody knows, as kubectl's does.
async fn create(
    cluster: &Cluster,
    api: &Api<DynamicObject>,
    manager: &str,
    wanted: &Value,
) -> Result<Result<DynamicObject, kube::Error>, CliError> {
    let params = PostParams {
        dry_run: true,
        field_manager: Some(manager.to_owned()),
    };
    let unusable = |cause: String| CliError::NotNow(format!("no request can be made: {cause}"));
    let mut request = Request::new(api.resource_url())
        .create(&params, wanted.to_string().into_bytes())
        .map_err(|error| unusable(error.to_string()))?;
    let uri = format!("{}&fieldValidation=Strict", request.uri());
    *request.uri_mut() = uri
        .parse()
        .map_err(|error: http::uri::InvalidUri| unusable(error.to_string()))?;
    Ok(cluster.client().request(request).await)
}

/// Whether the API server would take a deletion.
pub(super) async fn delete(cluster: &Cluster, name: &str) -> Result<(), CliError> {
    cluster.get(name).await?;
    let params = DeleteParams {
        dry_run: true,
        ..DeleteParams::default()
    };
    let deleted = cluster.api(false).delete(name, &params).await;
    let deleted = deleted.map_err(|error| refused(cluster, "delete", name, error));
    deleted.map(drop)
}

/// The API server's own words, those about rights too: they are about what the caller would do, and not about the plan.
fn refused(cluster: &Cluster, verb: &'static str, name: &str, error: kube::Error) -> CliError {
    match error {
        kube::Error::Api(status) if !matches!(status.code, 401 | 404) => CliError::Refused {
            verb,
            subject: format!("SshKey {name}"),
            message: status.message.clone(),
        },
        error => cluster.failed(&cluster.about(verb, Some(name)), error),
    }
}
