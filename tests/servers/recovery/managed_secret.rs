//! A managed Secret that others delete, replace, empty or damage: everything stops, and goes on once it is right again.

use dev::world::{World, WorldOptions};
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;
use sshkey_operator::{
    api::{ConditionType, Reason, SshKey, condition::find},
    keys::KeyPair,
};

use crate::manifests::key;

#[tokio::test]
async fn a_deleted_secret_is_lost_and_found_again_when_it_is_put_back() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let mut backup = world.secret("web").await.unwrap();
    world.emulator().clear_log();
    world
        .api::<Secret>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    let object: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::PrivateKeyLost)
        .await;
    assert!(find(&object.status.unwrap().conditions, ConditionType::Stalled).is_some());
    assert!(world.secret("web").await.is_none());
    backup.metadata.resource_version = None;
    backup.metadata.uid = None;
    backup.metadata.managed_fields = None;
    world
        .api::<Secret>()
        .create(&Default::default(), &backup)
        .await
        .unwrap();
    world.wait_ready("web").await;
    assert!(
        !world
            .emulator()
            .log()
            .iter()
            .any(|record| record.request.is_arm_write()),
        "Azure was left alone"
    );
}

#[tokio::test]
async fn a_replaced_emptied_or_corrupt_secret_stops_everything_until_it_is_right_again() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.apply(&key("other", "{}")).await;
    world.wait_ready("web").await;
    world.wait_ready("other").await;
    let right = world.secret("web").await.unwrap().data.unwrap()["ssh-privatekey"].clone();
    let foreign = world.secret("other").await.unwrap().data.unwrap()["ssh-privatekey"].clone();
    let mut corrupt = right.clone();
    let middle = corrupt.0.len() / 2;
    corrupt.0[middle] ^= 1;
    world.emulator().clear_log();
    for (bytes, reason) in [
        (foreign, Reason::PrivateKeyReplaced),
        (corrupt, Reason::PrivateKeyUnreadable),
        (
            ByteString(b"not a key".to_vec()),
            Reason::PrivateKeyUnreadable,
        ),
    ] {
        let set = |bytes: &ByteString| json!({ "data": { "ssh-privatekey": bytes } });
        let secrets = world.api::<Secret>();
        secrets
            .patch("web", &PatchParams::default(), &Patch::Merge(set(&bytes)))
            .await
            .unwrap();
        let _: SshKey = world
            .wait_condition("web", ConditionType::Ready, "False", reason)
            .await;
        secrets
            .patch("web", &PatchParams::default(), &Patch::Merge(set(&right)))
            .await
            .unwrap();
        world.wait_ready("web").await;
    }
    assert!(
        !world
            .emulator()
            .log()
            .iter()
            .any(|record| record.request.is_arm_write()),
        "Azure was left alone"
    );
}

#[tokio::test]
async fn the_same_key_in_another_format_becomes_a_file_that_openssh_reads() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key(
            "web",
            "{source: {generate: {algorithm: RSA, size: 2048}}}",
        ))
        .await;
    let fingerprint = world.wait_ready("web").await.status.unwrap().fingerprint;
    let private = || async {
        let secret = world.secret("web").await.unwrap();
        secret.data.unwrap()["ssh-privatekey"].clone()
    };
    let right = private().await;
    // As its owner has saved it: `kubectl sshkey pem` writes RSA keys so.
    let saved = KeyPair::from_openssh(&right.0).unwrap().to_pem().unwrap();
    assert!(saved.contains("BEGIN RSA PRIVATE KEY"));
    let saved = ByteString(saved.as_bytes().to_vec());
    let patch = Patch::Merge(json!({ "data": { "ssh-privatekey": saved } }));
    let secrets = world.api::<Secret>();
    let params = PatchParams::default();
    secrets.patch("web", &params, &patch).await.unwrap();
    world
        .until("the file is as it was", async || {
            let there = private().await;
            match KeyPair::from_openssh(&there.0) {
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            }
        })
        .await;
    let ready = world.wait_ready("web").await.status.unwrap();
    assert_eq!(ready.fingerprint, fingerprint);
}

#[tokio::test]
async fn a_secret_that_was_made_again_without_its_key_stops_everything() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let mut emptied = world.secret("web").await.unwrap();
    emptied.metadata.resource_version = None;
    emptied.metadata.uid = None;
    emptied.metadata.managed_fields = None;
    emptied.type_ = Some("Opaque".to_owned());
    emptied.data = None;
    world.emulator().clear_log();
    let secrets = world.api::<Secret>();
    secrets
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    secrets.create(&Default::default(), &emptied).await.unwrap();
    let _: SshKey = world
        .wait_condition(
            "web",
            ConditionType::Ready,
            "False",
            Reason::PrivateKeyUnreadable,
        )
        .await;
    assert!(
        !world
            .emulator()
            .log()
            .iter()
            .any(|record| record.request.is_arm_write()),
        "Azure was left alone"
    );
}
