//! What tests do for a rotation, and what they look at and wait for.

use std::collections::BTreeMap;

use dev::world::{World, resource_id};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::{
    api::{SshKey, names::annotation, status::RotationStatus},
    keys::{KeyPair, PublicKey},
};

/// Annotates an `SshKey`, as `kubectl annotate --overwrite` does.
pub(crate) async fn annotate(world: &World, name: &str, key: &str, value: &str) {
    let patch = json!({ "metadata": { "annotations": { key: value } } });
    let api: Api<SshKey> = world.api();
    api.patch(name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
}

/// Asks for a rotation.
pub(crate) async fn ask(world: &World, name: &str, value: &str) {
    annotate(world, name, annotation::ROTATE_REQUESTED_AT, value).await;
}

/// Waits until the object is Ready with this revision of its key and nothing pending.
pub(crate) async fn wait_revision(world: &World, name: &str, revision: i64) -> SshKey {
    world
        .wait_for(name, format!("revision {revision}"), move |key: &SshKey| {
            let status = key.status.clone().unwrap_or_default();
            let rotation = status.rotation.unwrap_or_default();
            let ready = status.conditions.iter().any(|condition| {
                condition.type_ == "Ready"
                    && condition.status == "True"
                    && condition.observed_generation == key.metadata.generation
            });
            ready && rotation.revision == revision && rotation.pending.is_none()
        })
        .await
}

pub(crate) async fn wait_pending(world: &World, name: &str) -> RotationStatus {
    let object: SshKey = world
        .wait_for(name, "a pending key", |key: &SshKey| {
            rotation(key).pending.is_some()
        })
        .await;
    rotation(&object)
}

pub(crate) fn rotation(key: &SshKey) -> RotationStatus {
    let status = key.status.as_ref();
    status
        .and_then(|status| status.rotation.clone())
        .unwrap_or_default()
}

/// The public halves of the private keys in a Secret.
pub(crate) fn keys_in(secret: &Secret) -> Vec<PublicKey> {
    let data: BTreeMap<_, _> = secret.data.clone().unwrap_or_default();
    let pairs = data
        .values()
        .filter_map(|bytes| KeyPair::from_openssh(&bytes.0).ok());
    pairs.map(|pair| pair.public_key()).collect()
}

/// The one key of the managed Secret.
pub(crate) async fn current(world: &World, name: &str) -> PublicKey {
    let secret = world.secret(name).await.expect("the managed Secret");
    keys_in(&secret).pop().expect("a key")
}

pub(crate) fn published(world: &World, name: &str) -> Option<PublicKey> {
    let key = world
        .emulator()
        .key(&resource_id(&format!("{}.{name}", world.namespace())))?;
    PublicKey::parse(&key.public_key?).ok()
}
