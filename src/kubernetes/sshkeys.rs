//! The `SshKey` itself: finalizer and records by a patch at the version that was read, status by one apply.

use kube::{
    Client, ResourceExt,
    api::{ListParams, Patch, PatchParams},
    core::PartialObjectMeta,
};
use serde_json::json;

use super::{
    cut::has_more_finalizers,
    error::{KubernetesError, attempt, optional},
    field_manager::by,
    namespaced::Namespaced,
};
use crate::api::{
    SshKey, SshKeyStatus,
    names::{FINALIZER, GROUP, VERSION, annotation, manager},
};

fn subject(name: &str) -> String {
    format!("SshKey {name}")
}

/// Reads an `SshKey`; `None` when there is none.
///
/// # Errors
/// When it can't be read.
pub async fn read(within: Namespaced<'_>, name: &str) -> Result<Option<SshKey>, KubernetesError> {
    let api = within.api::<SshKey>();
    match attempt("read", || subject(name), api.get(name)).await {
        Err(error) if error.code() == Some(404) => match find(within, name).await? {
            None => Ok(None),
            Some(_) => Err(error),
        },
        found => found.map(Some),
    }
}

/// The metadata of an `SshKey`, by a list: an API server that is starting answers 404 to whatever is of a kind that it does
/// not know yet, and only one that knows the kind can say that there is none of a name.
async fn find(
    within: Namespaced<'_>,
    name: &str,
) -> Result<Option<PartialObjectMeta<SshKey>>, KubernetesError> {
    let api = within.api::<SshKey>();
    let params = ListParams::default().fields(&format!("metadata.name={name}"));
    let listed = attempt("look for", || subject(name), api.list_metadata(&params));
    Ok(listed.await?.items.pop())
}

/// What an `SshKey` records, as annotations; `None` takes one away.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    /// Places in Azure.
    pub azure: Option<&'a str>,
    /// Outputs.
    pub outputs: Option<&'a str>,
    /// Rotations.
    pub rotation: Option<&'a str>,
    /// The UID that the records are written for: the object's, or that of a predecessor whose things it takes over.
    pub uid: &'a str,
}

/// Puts our finalizer on, and the records.
///
/// # Errors
/// When the object has changed since it was read, or can't be changed.
pub async fn record(
    client: &Client,
    object: &SshKey,
    records: Records<'_>,
) -> Result<SshKey, KubernetesError> {
    let mut finalizers = finalizers(client, object).await?;
    if !finalizers.iter().any(|finalizer| finalizer == FINALIZER) {
        finalizers.push(FINALIZER.to_owned());
    }
    let annotations = json!({
        annotation::AZURE_KEYS: records.azure,
        annotation::OUTPUTS: records.outputs,
        annotation::ROTATION: records.rotation,
        annotation::RECORDED_UID: records.uid,
    });
    let metadata = json!({ "finalizers": finalizers, "annotations": annotations });
    patch(client, object, &metadata).await
}

/// Takes our finalizer off; an object that is gone already is let go.
///
/// # Errors
/// When the object has changed since it was read, or can't be changed.
pub async fn release(client: &Client, object: &SshKey) -> Result<bool, KubernetesError> {
    let released = async {
        let mut finalizers = finalizers(client, object).await?;
        finalizers.retain(|finalizer| finalizer != FINALIZER);
        patch(client, object, &json!({ "finalizers": finalizers })).await
    };
    Ok(optional(released.await)?.is_some())
}

/// All finalizers of an object, of which the list is written as a whole. Of one that has very many, they are read: if it has
/// changed since it was read, the patch that they are for is refused anyway.
async fn finalizers(client: &Client, object: &SshKey) -> Result<Vec<String>, KubernetesError> {
    if !has_more_finalizers(object.finalizers()) {
        return Ok(object.finalizers().to_vec());
    }
    let name = object.name_any();
    let namespace = object.namespace().unwrap_or_default();
    let api = Namespaced::new(client, &namespace).api::<SshKey>();
    let live = attempt("read", || subject(&name), api.get_metadata(&name)).await?;
    Ok(live.finalizers().to_vec())
}

async fn patch(
    client: &Client,
    object: &SshKey,
    metadata: &serde_json::Value,
) -> Result<SshKey, KubernetesError> {
    let name = object.name_any();
    let namespace = object.namespace().unwrap_or_default();
    let mut metadata = metadata.clone();
    metadata["resourceVersion"] = json!(object.resource_version());
    metadata["uid"] = json!(object.uid());
    let patch = json!({ "metadata": metadata });
    let params = by(manager::RECORDS);
    let api = Namespaced::new(client, &namespace).api::<SshKey>();
    attempt(
        "update",
        || subject(&name),
        api.patch(&name, &params, &Patch::Merge(&patch)),
    )
    .await
}

/// How often a status is written again for an object that others change at the same time.
const STATUS_TRIES: usize = 3;

/// An object whose status was written.
#[derive(Clone, Debug)]
pub struct StatusWritten {
    /// As it is now.
    pub live: SshKey,
    /// Whether others had changed it since it was read.
    pub is_overtaken: bool,
}

/// Writes the whole status. `None` when the object is gone.
///
/// # Errors
/// When it can't be written.
pub async fn write_status(
    client: &Client,
    object: &SshKey,
    status: &SshKeyStatus,
) -> Result<Option<StatusWritten>, KubernetesError> {
    let namespace = object.namespace().unwrap_or_default();
    let mut version = object.resource_version();
    for attempt in 1..=STATUS_TRIES {
        let error = match apply_status(client, object, version.as_deref(), status).await {
            Err(error) if matches!(error.code(), Some(404 | 409)) => error,
            written => {
                let is_overtaken = version != object.resource_version();
                return written.map(|live| Some(StatusWritten { live, is_overtaken }));
            }
        };
        // This one is gone, and another may have its name; or somebody has changed it since; or the API server was too busy
        // with it, or is starting. To take it for gone then would be to put away what was made for it.
        let there = find(Namespaced::new(client, &namespace), &object.name_any()).await?;
        match there.filter(|there| there.uid() == object.uid()) {
            None => return Ok(None),
            Some(_) if attempt == STATUS_TRIES || error.code() == Some(404) => return Err(error),
            Some(there) => version = there.resource_version(),
        }
    }
    Ok(None)
}

/// The version is what keeps the status of an object from the one that has its name by now: the API server compares a UID
/// in a patch of a custom resource's status with nothing.
async fn apply_status(
    client: &Client,
    object: &SshKey,
    version: Option<&str>,
    status: &SshKeyStatus,
) -> Result<SshKey, KubernetesError> {
    let name = object.name_any();
    let namespace = object.namespace().unwrap_or_default();
    let apply = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": "SshKey",
        "metadata": { "name": name, "uid": object.uid(), "resourceVersion": version },
        "status": status,
    });
    let params = PatchParams::apply(manager::STATUS).force();
    let api = Namespaced::new(client, &namespace).api::<SshKey>();
    attempt(
        "write the status of",
        || subject(&name),
        api.patch_status(&name, &params, &Patch::Apply(&apply)),
    )
    .await
}
