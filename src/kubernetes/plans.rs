//! `SshKeyPlan`s: their answers, their end, and what is tried for them without being done.

use http::Request;
use kube::{
    Client, Resource, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, Preconditions},
};
use serde_json::{Map, Value, json};

use super::{
    error::{KubernetesError, attempt, optional},
    field_manager::by,
    namespaced::Namespaced,
};
use crate::api::{
    SshKey, SshKeyPlan, SshKeyPlanStatus,
    names::{GROUP, VERSION, manager},
    sshkey_plan::SshKeyTemplate,
};

fn subject(name: &str) -> String {
    format!("SshKeyPlan {name}")
}

/// Whether the cluster has the definition of `SshKeyPlan`s, as the API server publishes its schema.
///
/// # Errors
/// When the schema can't be read.
pub async fn are_defined(client: &Client) -> Result<bool, KubernetesError> {
    let path = format!("/openapi/v3/apis/{GROUP}/{VERSION}");
    let text = attempt("read the schema of", || "SshKeyPlans".to_owned(), async {
        let request = Request::get(path.as_str())
            .body(Vec::new())
            .map_err(kube::Error::HttpError)?;
        client.request_text(request).await
    })
    .await?;
    Ok(text.contains("/sshkeyplans"))
}

/// Reads a plan that a watch tells of; `None` when it is gone.
///
/// # Errors
/// When it can't be read.
pub async fn read<K>(client: &Client, plan: &K) -> Result<Option<SshKeyPlan>, KubernetesError>
where
    K: Resource<DynamicType = ()>,
{
    let name = plan.name_any();
    let namespace = plan.namespace().unwrap_or_default();
    let api = Namespaced::new(client, &namespace).api::<SshKeyPlan>();
    let found = optional(attempt("read", || subject(&name), api.get(&name)).await)?;
    Ok(found.filter(|found| found.uid() == plan.uid()))
}

/// Writes the whole status. Nothing is done when the object is gone.
///
/// # Errors
/// When it can't be written.
pub async fn write_status(
    client: &Client,
    plan: &SshKeyPlan,
    status: &SshKeyPlanStatus,
) -> Result<(), KubernetesError> {
    let name = plan.name_any();
    let namespace = plan.namespace().unwrap_or_default();
    let apply = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": "SshKeyPlan",
        "metadata": { "name": name, "uid": plan.uid() },
        "status": status,
    });
    let params = PatchParams::apply(manager::PLAN).force();
    let api = Namespaced::new(client, &namespace).api::<SshKeyPlan>();
    let patch = Patch::Apply(&apply);
    let written = attempt(
        "write the status of",
        || subject(&name),
        api.patch_status(&name, &params, &patch),
    );
    match written.await {
        Err(error) if !matches!(error.code(), Some(404 | 409)) => Err(error),
        _ => Ok(()),
    }
}

/// Deletes a plan whose time is over, and no other of its name.
///
/// # Errors
/// When it can't be deleted.
pub async fn delete<K>(client: &Client, plan: &K) -> Result<(), KubernetesError>
where
    K: Resource<DynamicType = ()>,
{
    let name = plan.name_any();
    let namespace = plan.namespace().unwrap_or_default();
    let params = DeleteParams {
        preconditions: Some(Preconditions {
            uid: plan.uid(),
            resource_version: None,
        }),
        ..DeleteParams::default()
    };
    let api = Namespaced::new(client, &namespace).api::<SshKeyPlan>();
    let deleted = attempt("delete", || subject(&name), api.delete(&name, &params));
    match optional(deleted.await) {
        // Another has its name by now.
        Err(error) if error.code() == Some(409) => Ok(()),
        deleted => deleted.map(drop),
    }
}

/// What the API server would make of an `SshKey` with this spec and these annotations: every rule is asked, those on what
/// may change included, and nothing is stored.
/// <https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run>
///
/// # Errors
/// When the API server refuses it, or has no answer.
pub async fn try_template(
    client: &Client,
    live: &SshKey,
    template: &SshKeyTemplate,
) -> Result<SshKey, KubernetesError> {
    let name = live.name_any();
    let namespace = live.namespace().unwrap_or_default();
    let metadata = template.metadata.clone().unwrap_or_default();
    let patch = json!({
        "metadata": {
            "uid": live.uid(),
            "resourceVersion": live.resource_version(),
            "annotations": metadata.annotations,
        },
        "spec": replacing(&json!(live.spec), &json!(template.spec)),
    });
    let params = PatchParams {
        dry_run: true,
        ..by(manager::PLAN)
    };
    let api = Namespaced::new(client, &namespace).api::<SshKey>();
    attempt(
        "apply the template to",
        || format!("SshKey {name}"),
        api.patch(&name, &params, &Patch::Merge(&patch)),
    )
    .await
}

/// The merge patch that leaves nothing of `old`: what `new` does not have is taken away.
/// <https://www.rfc-editor.org/rfc/rfc7396>
fn replacing(old: &Value, new: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        return new.clone();
    };
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    let gone = gone.map(|name| (name.clone(), Value::Null));
    let kept = new.iter().map(|(name, value)| {
        let value = match old.get(name) {
            Some(before) => replacing(before, value),
            None => value.clone(),
        };
        (name.clone(), value)
    });
    Value::Object(gone.chain(kept).collect::<Map<String, Value>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_that_replaces_takes_away_what_the_template_does_not_have() {
        let old = json!({ "azure": { "name": "a", "tags": { "x": "1" } }, "suspend": true });
        let new = json!({ "azure": { "tags": { "y": "2" } }, "outputs": [{ "name": "o" }] });
        assert_eq!(
            replacing(&old, &new),
            json!({
                "azure": { "name": null, "tags": { "x": null, "y": "2" } },
                "suspend": null,
                "outputs": [{ "name": "o" }],
            })
        );
        assert_eq!(replacing(&json!({}), &new), new);
    }
}
