//! A key that is lost, damaged or replaced: held until it is put back or a new one is asked for.

use dev::world::{World, WorldOptions};
use kube::ResourceExt;
use serde_json::{Value, json};
use sshkey_operator::{
    api::{Reason, names::annotation},
    keys::{Comment, KeyPair, KeySpec},
};

use super::acts::{delete, held, patch, published, put_back, wipe_status, world};
use crate::{
    manifests::key,
    rotation::acts::{ask, current, keys_in, wait_revision},
};

/// A key pair that nobody knows.
pub(crate) fn stranger() -> KeyPair {
    KeyPair::generate(KeySpec::Ed25519, &Comment::empty()).unwrap()
}

/// A change that puts the private key of this pair into a Secret.
pub(crate) fn private(pair: &KeyPair) -> Value {
    json!({ "stringData": { "ssh-privatekey": pair.to_openssh().unwrap().as_str() } })
}

#[tokio::test]
async fn a_lost_secret_is_held_until_it_is_put_back() {
    let world = world().await;
    let first = current(&world, "web").await;
    let backup = world.secret("web").await.unwrap();
    delete(&world, "web").await;
    held(&world, Reason::PrivateKeyLost, &first).await;
    // Nor without a status.
    wipe_status(&world).await;
    world.operator().restart().unwrap();
    held(&world, Reason::PrivateKeyLost, &first).await;
    put_back(&world, &backup).await;
    world.wait_ready("web").await;
    assert_eq!(current(&world, "web").await, first);
}

#[tokio::test]
async fn what_is_damaged_or_replaced_is_held_until_a_new_key_is_asked_for() {
    let stranger = stranger();
    let damages = [
        (
            json!({ "stringData": { "ssh-privatekey": "\n" } }),
            Reason::PrivateKeyUnreadable,
        ),
        (
            json!({ "stringData": { "ssh-privatekey": "rubbish" } }),
            Reason::PrivateKeyUnreadable,
        ),
        (private(&stranger), Reason::PrivateKeyReplaced),
    ];
    let world = world().await;
    for (revision, (damage, reason)) in (2..).zip(damages) {
        let before = current(&world, "web").await;
        patch(&world, "web", damage).await;
        held(&world, reason, &before).await;
        ask(&world, "web", &format!("request {revision}")).await;
        wait_revision(&world, "web", revision).await;
        let after = current(&world, "web").await;
        assert_ne!(after, before);
        assert_eq!(published(&world), Some(after));
        assert!(world.secret("web-next").await.is_none());
    }
    let kept = keys_in(&world.secret("web-previous").await.unwrap());
    assert_eq!(
        kept,
        [stranger.public_key()],
        "the stranger, and nothing else could be read"
    );
}

#[tokio::test]
async fn a_lost_key_is_made_anew_where_that_is_the_standing_choice() {
    let world = World::start(WorldOptions::new()).await;
    let spec = "{azure: {}, secret: {recoveryPolicy: Regenerate}}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    let first = current(&world, "web").await;
    delete(&world, "web").await;
    wait_revision(&world, "web", 2).await;
    let second = current(&world, "web").await;
    assert_ne!(first, second);
    assert_eq!(published(&world), Some(second));
    patch(
        &world,
        "web",
        json!({ "stringData": { "ssh-privatekey": "rubbish" } }),
    )
    .await;
    wait_revision(&world, "web", 3).await;
}

#[tokio::test]
async fn a_secret_of_another_type_in_its_place_is_left_alone() {
    let world = world().await;
    let first = current(&world, "web").await;
    delete(&world, "web").await;
    world
        .apply("apiVersion: v1\nkind: Secret\nmetadata: {name: web}\ntype: Opaque\nstringData: {other: text}\n")
        .await;
    held(&world, Reason::SecretConflict, &first).await;
    assert!(
        world
            .secret("web")
            .await
            .unwrap()
            .annotations()
            .get(annotation::OWNER_NAME)
            .is_none()
    );
}

#[tokio::test]
async fn an_older_secret_from_a_backup_is_not_taken_for_the_key() {
    let world = world().await;
    let backup = world.secret("web").await.unwrap();
    ask(&world, "web", "now").await;
    wait_revision(&world, "web", 2).await;
    let second = current(&world, "web").await;
    let newer = world.secret("web").await.unwrap();
    world.operator().kill();
    delete(&world, "web").await;
    put_back(&world, &backup).await;
    world.operator().restart().unwrap();
    held(&world, Reason::PrivateKeyReplaced, &second).await;
    delete(&world, "web").await;
    put_back(&world, &newer).await;
    world.wait_ready("web").await;
    assert_eq!(current(&world, "web").await, second);
}
