//! What else rotates a key: its age, another size, and an imported key that changes.

use arm_emulator::{Effect, Fault, FaultAnswer};
use dev::world::{World, WorldOptions};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::{ConditionType, Reason, SshKey, names::annotation};

use super::acts::{current, keys_in, rotation, wait_revision};
use crate::{
    made::Made,
    manifests::{key, secret},
};

#[tokio::test]
async fn an_old_key_is_rotated_once_however_long_nobody_looked() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key("web", "{azure: {}, rotation: {every: 2160h}}"))
        .await;
    let object = world.wait_ready("web").await;
    assert!(rotation(&object).next_rotation_time.is_some());
    world.operator().kill();
    let made = json!({ "metadata": { "annotations": { annotation::CREATED_AT: "2001-01-01T00:00:00Z" } } });
    let api: Api<Secret> = world.api();
    api.patch("web", &PatchParams::default(), &Patch::Merge(made))
        .await
        .unwrap();
    world.operator().restart().unwrap();
    wait_revision(&world, "web", 2).await;
    world.operator().restart().unwrap();
    let object = wait_revision(&world, "web", 2).await;
    assert_eq!(rotation(&object).previous.len(), 1);
}

#[tokio::test]
async fn another_size_rotates_and_an_azure_that_is_away_holds_that_up() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    let away = Effect::Answer(FaultAnswer::error(503, "ServiceUnavailable", "away"));
    let fault = Fault::on("GET", "sshPublicKeys", away).times(0);
    world.emulator().faults().add(fault);
    let (sync, reason) = (ConditionType::AzureSynced, Reason::AzureUnavailable);
    world
        .wait_condition::<SshKey>("web", sync, "False", reason)
        .await;
    let larger = "{azure: {}, source: {generate: {algorithm: RSA, size: 2048}}}";
    world.apply(&key("web", larger)).await;
    world
        .wait_for("web", "a look at the new spec", |key: &SshKey| {
            let status = key.status.clone().unwrap_or_default();
            status.observed_generation == key.metadata.generation
        })
        .await;
    assert!(world.secret("web-next").await.is_none(), "it has not begun");
    world.emulator().faults().clear();
    let object = wait_revision(&world, "web", 2).await;
    let status = object.status.unwrap();
    assert_eq!(
        (status.algorithm.as_deref(), status.size),
        (Some("RSA"), Some(2048))
    );
    let previous = world.secret("web-previous").await.unwrap();
    assert_eq!(keys_in(&previous), [first]);
}

#[tokio::test]
async fn an_imported_key_that_changes_goes_the_same_way() {
    let world = World::start(WorldOptions::new()).await;
    let (first, second) = (Made::ed25519(), Made::ed25519());
    world.apply(&secret("mine", "key", &first.private())).await;
    let spec = "{source: {privateKey: {secretRef: {name: mine, key: key}}}, secret: {}, azure: {}}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    world.apply(&secret("mine", "key", &second.private())).await;
    let object = wait_revision(&world, "web", 2).await;
    assert_eq!(
        object.status.unwrap().fingerprint,
        Some(second.fingerprint())
    );
    let kept = keys_in(&world.secret("web-previous").await.unwrap());
    assert_eq!(kept[0].fingerprint().to_string(), first.fingerprint());
}
