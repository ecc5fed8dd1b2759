//! Applying manifests as `kubectl apply --server-side` does.

use anyhow::{Context, bail};
use kube::{
    Api, Client, ResourceExt,
    api::{DynamicObject, Patch, PatchParams},
    core::{GroupVersionKind, TypeMeta},
    discovery::{self, Scope},
};
use serde_json::Value;

/// Applies every document of `yaml`; those that name no namespace go to `namespace`.
///
/// # Errors
/// When a document is no object or the API server refuses it; those before it stay applied. The text has the server's words.
pub async fn apply(client: &Client, namespace: &str, yaml: &str) -> anyhow::Result<()> {
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(yaml).context("understand a manifest")?;
    for document in documents {
        if !document.is_null() {
            apply_one(client, namespace, document).await?;
        }
    }
    Ok(())
}

async fn apply_one(client: &Client, namespace: &str, document: Value) -> anyhow::Result<()> {
    let object: DynamicObject = serde_json::from_value(document).context("understand an object")?;
    let TypeMeta { api_version, kind } = object
        .types
        .clone()
        .context("an object without apiVersion and kind")?;
    let Some(name) = object.metadata.name.clone() else {
        bail!("an object of kind {kind} without a name");
    };
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", &api_version));
    let (resource, capabilities) =
        discovery::pinned_kind(client, &GroupVersionKind::gvk(group, version, &kind))
            .await
            .with_context(|| format!("look for kind {kind} of {api_version}"))?;
    let api: Api<DynamicObject> = match capabilities.scope {
        Scope::Cluster => Api::all_with(client.clone(), &resource),
        Scope::Namespaced => {
            let namespace = object.namespace().unwrap_or_else(|| namespace.to_owned());
            Api::namespaced_with(client.clone(), &namespace, &resource)
        }
    };
    let params = PatchParams::apply("sshkey-operator-dev").force();
    api.patch(&name, &params, &Patch::Apply(&object))
        .await
        .with_context(|| format!("apply {kind} {name}"))?;
    Ok(())
}
