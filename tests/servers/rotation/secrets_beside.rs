//! The Secrets beside the key: they go or stay with the object, and another's in their place stops the rotation only.

use dev::world::{World, WorldOptions};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use sshkey_operator::api::{SshKey, names::annotation};

use super::acts::{annotate, ask, current, keys_in, published, wait_pending, wait_revision};
use crate::manifests::{key, secret};

#[tokio::test]
async fn an_object_that_goes_takes_all_its_keys_with_it_or_leaves_them_all() {
    let world = World::start(WorldOptions::new()).await;
    for policy in ["Delete", "Retain"] {
        let spec = format!(
            "{{azure: {{}}, secret: {{deletionPolicy: {policy}}}, rotation: {{activation: Manual}}}}"
        );
        world.apply(&key("web", &spec)).await;
        world.wait_ready("web").await;
        ask(&world, "web", policy).await;
        let pending = wait_pending(&world, "web").await.pending.unwrap();
        annotate(&world, "web", annotation::ACTIVATE, &pending.fingerprint).await;
        wait_revision(&world, "web", 2).await;
        ask(&world, "web", "again").await;
        wait_pending(&world, "web").await;
        world.wait_ready("web").await;
        world
            .api::<SshKey>()
            .delete("web", &kube::api::DeleteParams::default())
            .await
            .unwrap();
        world.wait_gone::<SshKey>("web").await;
        assert_eq!(published(&world, "web"), None);
        for name in ["web", "web-next", "web-previous"] {
            let is_there = world.secret(name).await.is_some();
            assert_eq!(is_there, policy == "Retain", "{policy}: {name}");
        }
    }
    // An object of the same name goes on where the first has stopped.
    world.apply(&key("web", "{azure: {}}")).await;
    wait_revision(&world, "web", 3).await;
    let kept = keys_in(&world.secret("web-previous").await.unwrap());
    assert_eq!(kept.len(), 2);
}

#[tokio::test]
async fn a_secret_of_somebody_else_beside_the_key_stops_its_rotation_only() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&secret("web-next", "mine", "text")).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    ask(&world, "web", "now").await;
    let object: SshKey = world
        .wait_for("web", "SecretConflict", |key: &SshKey| {
            let conditions = key.status.clone().unwrap_or_default().conditions;
            let ready = conditions.iter().find(|one| one.type_ == "Ready");
            ready.is_some_and(|ready| ready.reason == "SecretConflict")
        })
        .await;
    let conditions = object.status.unwrap().conditions;
    let available = conditions.iter().find(|one| one.type_ == "KeyAvailable");
    assert_eq!(available.unwrap().status, "True");
    assert_eq!(current(&world, "web").await, first);
    let api: Api<Secret> = world.api();
    api.delete("web-next", &kube::api::DeleteParams::default())
        .await
        .unwrap();
    wait_revision(&world, "web", 2).await;
}
