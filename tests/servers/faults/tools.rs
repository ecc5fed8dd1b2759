//! What tools and other people do: they replace, restore and hold.

use dev::world::World;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sshkey_operator::api::SshKey;

/// A finalizer of somebody else.
const HELD: &str = "example.com/held";

/// Puts a manifest in the place of an object.
pub(super) async fn replace(world: &World, manifest: &str) {
    let keys: Api<SshKey> = world.api();
    let wanted: SshKey = serde_saphyr::from_str(manifest).unwrap();
    loop {
        let there = keys.get(&wanted.name_any()).await.unwrap();
        let mut replaced = wanted.clone();
        replaced.metadata.resource_version = there.resource_version();
        let params = PostParams::default();
        match keys.replace(&wanted.name_any(), &params, &replaced).await {
            Ok(_) => return,
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Exports an object, lets it vanish while no operator is there, and creates it again.
pub(super) async fn restore(world: &World, name: &str) {
    let keys: Api<SshKey> = world.api();
    world.operator().kill();
    let export = keys.get(name).await.unwrap();
    let none = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    let params = PatchParams::default();
    keys.patch(name, &params, &none).await.unwrap();
    keys.delete(name, &DeleteParams::default()).await.unwrap();
    let mut restored = SshKey::new(name, export.spec.clone());
    restored
        .metadata
        .annotations
        .clone_from(&export.metadata.annotations);
    restored.metadata.labels.clone_from(&export.metadata.labels);
    restored
        .metadata
        .finalizers
        .clone_from(&export.metadata.finalizers);
    keys.create(&PostParams::default(), &restored)
        .await
        .unwrap();
    world.operator().restart().unwrap();
}

/// Deletes a Secret that stays as long as its finalizer.
pub(super) async fn hold_and_delete(world: &World, name: &str) {
    let secrets: Api<Secret> = world.api();
    let held = Patch::Merge(json!({ "metadata": { "finalizers": [HELD] } }));
    let params = PatchParams::default();
    secrets.patch(name, &params, &held).await.unwrap();
    secrets
        .delete(name, &DeleteParams::default())
        .await
        .unwrap();
}

/// Takes the finalizers from all Secrets that have some.
pub(super) async fn let_go(world: &World) {
    let secrets: Api<Secret> = world.api();
    let none = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    for secret in secrets.list(&ListParams::default()).await.unwrap() {
        if !secret.finalizers().is_empty() {
            let params = PatchParams::default();
            let name = secret.name_any();
            secrets.patch(&name, &params, &none).await.unwrap();
        }
    }
}
