//! What tools do to an `SshKey`: replace it, take its annotations away, apply an old export, put it back from a backup.

use dev::world::{World, resource_id};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use sshkey_operator::api::{SshKey, names::annotation};

use crate::seen::{object, objects};

/// The annotations that are hints.
pub(super) const HINTS: [&str; 4] = [
    annotation::AZURE_KEYS,
    annotation::OUTPUTS,
    annotation::ROTATION,
    annotation::RECORDED_UID,
];

/// The ARM id of a key whose name the store has made.
pub(super) fn made_id(world: &World, name: &str) -> String {
    resource_id(&format!("{}.{name}", world.namespace()))
}

/// `kubectl replace`, as Argo CD's `Replace=true` does it too: what the manifest does not have is gone.
pub(super) async fn replace(world: &World, manifest: &str) {
    let replaced = world.kubectl_with(&["replace", "-f", "-"], manifest).await;
    if let Err(said) = replaced {
        panic!("kubectl replace: {said}\n{manifest}");
    }
}

/// `kubectl get -o yaml`, as people keep it in a file: with annotations, finalizers and status.
pub(super) async fn export(world: &World, name: &str) -> String {
    let read = world.kubectl(&["get", "sshkey", name, "-o", "json"]).await;
    let mut exported: Value = serde_json::from_str(&read.unwrap()).unwrap();
    let metadata = exported["metadata"].as_object_mut().unwrap();
    for field in [
        "resourceVersion",
        "uid",
        "creationTimestamp",
        "generation",
        "managedFields",
    ] {
        metadata.remove(field);
    }
    exported.to_string()
}

/// `kubectl apply` of such an export, by the client.
pub(super) async fn apply_export(world: &World, exported: &str) {
    let applied = world.kubectl_with(&["apply", "-f", "-"], exported).await;
    if let Err(said) = applied {
        panic!("kubectl apply: {said}\n{exported}");
    }
}

/// Sets annotations, or takes away those that are null.
pub(super) async fn annotate(world: &World, name: &str, annotations: Value) {
    let patch = Patch::Merge(json!({ "metadata": { "annotations": annotations } }));
    let api: Api<SshKey> = world.api();
    let params = PatchParams::default();
    api.patch(name, &params, &patch).await.unwrap();
}

/// Takes all hints away.
pub(super) async fn wipe_hints(world: &World, name: &str) {
    let nothing: Value = HINTS.iter().map(|&hint| (hint, Value::Null)).collect();
    annotate(world, name, nothing).await;
}

/// Writes a status, whole or in part, as a tool does that restores one.
pub(super) async fn write_status(world: &World, name: &str, status: Value) {
    let api: Api<SshKey> = world.api();
    let patch = Patch::Merge(json!({ "status": status }));
    let params = PatchParams::default();
    api.patch_status(name, &params, &patch).await.unwrap();
}

/// Deletes the object and waits until it is gone.
pub(super) async fn delete(world: &World, name: &str) {
    let api: Api<SshKey> = world.api();
    api.delete(name, &DeleteParams::default()).await.unwrap();
    world.wait_gone::<SshKey>(name).await;
}

/// Lets the object go without its operator, as a backup tool does before it puts another in its place, and gives back what
/// such a tool keeps: no UID, no version, no status.
pub(super) async fn take_away(world: &World, name: &str) -> Value {
    let mut kept = object(world, name).await;
    kept.as_object_mut().unwrap().remove("status");
    let metadata = kept["metadata"].as_object_mut().unwrap();
    for field in [
        "resourceVersion",
        "uid",
        "creationTimestamp",
        "generation",
        "managedFields",
    ] {
        metadata.remove(field);
    }
    let api: Api<SshKey> = world.api();
    let free = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    let params = PatchParams::default();
    api.patch(name, &params, &free).await.unwrap();
    api.delete(name, &DeleteParams::default()).await.unwrap();
    world.wait_gone::<SshKey>(name).await;
    kept
}

/// Puts back what was taken away, as a new object.
pub(super) async fn put_back(world: &World, kept: &Value) -> String {
    let object = serde_json::from_value(kept.clone()).unwrap();
    let created = objects(world, world.namespace())
        .create(&Default::default(), &object)
        .await
        .unwrap();
    created.uid().unwrap()
}

/// The names of the keys that are in Azure, but those of the canary.
pub(super) fn names_in_azure(world: &World) -> Vec<String> {
    let keys = world.emulator().keys().into_iter().map(|key| key.name);
    keys.filter(|name| !name.ends_with("canary")).collect()
}
