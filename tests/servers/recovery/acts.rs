//! What is done to a key and its Secrets, and what Azure holds meanwhile.

use dev::world::{World, WorldOptions, resource_id};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    api::{DeleteParams, ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use sshkey_operator::{
    api::{ConditionType, Reason, SshKey},
    keys::PublicKey,
};

use crate::manifests::key;

pub(crate) async fn world() -> World {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    world
}

fn secrets(world: &World) -> Api<Secret> {
    world.api()
}

pub(crate) async fn patch(world: &World, name: &str, patch: Value) {
    secrets(world)
        .patch(name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
}

pub(crate) async fn delete(world: &World, name: &str) {
    secrets(world)
        .delete(name, &DeleteParams::default())
        .await
        .unwrap();
}

/// Waits until the key is held for a reason. Azure still holds `key`, and nothing was written to it.
pub(crate) async fn held(world: &World, reason: Reason, key: &PublicKey) {
    let kind = ConditionType::KeyAvailable;
    world
        .wait_condition::<SshKey>("web", kind, "False", reason)
        .await;
    assert_eq!(published(world).as_ref(), Some(key), "Azure is left alone");
}

pub(crate) fn published(world: &World) -> Option<PublicKey> {
    let id = resource_id(&format!("{}.web", world.namespace()));
    PublicKey::parse(&world.emulator().key(&id)?.public_key?).ok()
}

/// A Secret as a backup tool puts it back: with what it says, and a UID of its own.
pub(crate) async fn put_back(world: &World, backup: &Secret) {
    let secret = Secret {
        metadata: ObjectMeta {
            name: backup.metadata.name.clone(),
            labels: backup.metadata.labels.clone(),
            annotations: backup.metadata.annotations.clone(),
            ..ObjectMeta::default()
        },
        data: backup.data.clone(),
        type_: backup.type_.clone(),
        ..Secret::default()
    };
    secrets(world)
        .create(&PostParams::default(), &secret)
        .await
        .unwrap();
}

pub(crate) async fn wipe_status(world: &World) {
    let api: Api<SshKey> = world.api();
    let wipe = Patch::Merge(json!({ "status": null }));
    api.patch_status("web", &PatchParams::default(), &wipe)
        .await
        .unwrap();
}
