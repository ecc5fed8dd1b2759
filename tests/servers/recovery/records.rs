//! What is lost beside the key: its records, what a rotation has staged, and former keys.

use dev::world::{World, WorldOptions};
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use serde_json::{Value, json};
use sshkey_operator::api::{
    SshKey,
    names::{annotation, label},
};

use super::acts::{delete, patch, published, world};
use crate::{
    manifests::key,
    rotation::acts::{ask, current, keys_in, wait_revision},
};

#[tokio::test]
async fn records_that_are_wiped_are_put_back() {
    let world = world().await;
    let first = current(&world, "web").await;
    ask(&world, "web", "now").await;
    wait_revision(&world, "web", 2).await;
    let second = current(&world, "web").await;
    let nothing = json!({ "metadata": { "annotations": null, "labels": null } });
    patch(&world, "web", nothing.clone()).await;
    world
        .wait_for("web", "records", |secret: &Secret| {
            let is =
                |name, value| secret.annotations().get(name).map(String::as_str) == Some(value);
            is(annotation::REVISION, "2")
                && is(annotation::FINGERPRINT, &second.fingerprint().to_string())
                && secret.labels().get(label::SECRET_ROLE).map(String::as_str)
                    == Some(label::ROLE_MANAGED)
        })
        .await;
    // The request was acted upon, whoever has forgotten it.
    world.operator().restart().unwrap();
    wait_revision(&world, "web", 2).await;
    assert_eq!(current(&world, "web").await, second);
    let kept = keys_in(&world.secret("web-previous").await.unwrap());
    assert_eq!(kept, [first]);
}

#[tokio::test]
async fn what_is_staged_and_lost_in_a_rotation_is_made_again() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key("web", "{azure: {}, rotation: {activation: Manual}}"))
        .await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    ask(&world, "web", "now").await;
    let pending = |key: &SshKey| {
        let rotation = key.status.as_ref()?.rotation.as_ref()?;
        Some(rotation.pending.as_ref()?.fingerprint.clone())
    };
    let object: SshKey = world
        .wait_for("web", "a pending key", move |key: &SshKey| {
            pending(key).is_some()
        })
        .await;
    let mut lost = pending(&object).unwrap();
    for damage in ["delete", "spoil"] {
        if damage == "delete" {
            delete(&world, "web-next").await;
        } else {
            let staged = world.secret("web-next").await.unwrap().data.unwrap();
            let names = staged.keys().filter(|name| name.len() == 16);
            let rubbish: serde_json::Map<String, Value> = names
                .map(|name| (name.clone(), json!("cnViYmlzaA==")))
                .collect();
            patch(&world, "web-next", json!({ "data": rubbish })).await;
        }
        let before = lost.clone();
        let object: SshKey = world
            .wait_for("web", "another pending key", move |key: &SshKey| {
                pending(key).is_some_and(|pending| pending != before)
            })
            .await;
        lost = pending(&object).unwrap();
        assert_eq!(current(&world, "web").await, first);
    }
    // The Secret itself, in the middle: another key was asked for, and it is there.
    world.wait_ready("web").await;
    let waiting = published(&world).unwrap();
    assert_eq!(waiting.fingerprint().to_string(), lost);
    delete(&world, "web").await;
    wait_revision(&world, "web", 2).await;
    assert_eq!(current(&world, "web").await, waiting);
}

#[tokio::test]
async fn the_loss_of_former_keys_concerns_nobody_else() {
    let world = world().await;
    ask(&world, "web", "now").await;
    wait_revision(&world, "web", 2).await;
    let second = current(&world, "web").await;
    delete(&world, "web-previous").await;
    world
        .wait_for("web", "no former key", |key: &SshKey| {
            let rotation = key.status.clone().unwrap_or_default().rotation;
            rotation.is_some_and(|rotation| rotation.previous.is_empty())
        })
        .await;
    world.wait_ready("web").await;
    assert_eq!(current(&world, "web").await, second);
}
