//! What is lost, changed or restored, and what brings it back: the rows of `docs/recovery.md`.

use dev::world::{World, WorldOptions, resource_id};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use sshkey_operator::{
    api::{
        ConditionType, Reason, SshKey,
        names::{annotation, label},
    },
    keys::{Comment, KeyPair, KeySpec, PublicKey},
};

use crate::{
    manifests::key,
    rotation::acts::{ask, current, keys_in, wait_revision},
};

async fn world() -> World {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    world
}

fn secrets(world: &World) -> Api<Secret> {
    world.api()
}

async fn patch(world: &World, name: &str, patch: Value) {
    secrets(world)
        .patch(name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
}

async fn delete(world: &World, name: &str) {
    secrets(world)
        .delete(name, &DeleteParams::default())
        .await
        .unwrap();
}

/// Waits until the key is held for a reason. Azure still holds `key`, and nothing was written to it.
async fn held(world: &World, reason: Reason, key: &PublicKey) {
    let kind = ConditionType::KeyAvailable;
    world
        .wait_condition::<SshKey>("web", kind, "False", reason)
        .await;
    assert_eq!(published(world).as_ref(), Some(key), "Azure is left alone");
}

fn published(world: &World) -> Option<PublicKey> {
    let id = resource_id(&format!("{}.web", world.namespace()));
    PublicKey::parse(&world.emulator().key(&id)?.public_key?).ok()
}

/// A Secret as a backup tool puts it back: with what it says, and a UID of its own.
async fn put_back(world: &World, backup: &Secret) {
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

fn stranger() -> KeyPair {
    KeyPair::generate(KeySpec::Ed25519, &Comment::empty()).unwrap()
}

fn private(pair: &KeyPair) -> Value {
    json!({ "stringData": { "ssh-privatekey": pair.to_openssh().unwrap().as_str() } })
}

async fn wipe_status(world: &World) {
    let api: Api<SshKey> = world.api();
    let wipe = Patch::Merge(json!({ "status": null }));
    api.patch_status("web", &PatchParams::default(), &wipe)
        .await
        .unwrap();
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

/// A namespace from a backup: what a tool such as Velero puts back has its annotations, finalizers and labels, a UID of its
/// own, and no status.
#[tokio::test]
async fn an_object_and_its_secrets_are_restored_in_any_order() {
    for object_first in [true, false] {
        let world = World::start(WorldOptions::new()).await;
        // Without Azure nothing but the object's own records tells that there was a key.
        world.apply(&key("web", "{}")).await;
        world.wait_ready("web").await;
        ask(&world, "web", "now").await;
        wait_revision(&world, "web", 2).await;
        let second = current(&world, "web").await;
        let api: Api<SshKey> = world.api();
        let object = api.get("web").await.unwrap();
        let backups = [
            world.secret("web").await.unwrap(),
            world.secret("web-previous").await.unwrap(),
        ];
        world.operator().kill();
        api.patch(
            "web",
            &PatchParams::default(),
            &Patch::Merge(json!({ "metadata": { "finalizers": null } })),
        )
        .await
        .unwrap();
        api.delete("web", &DeleteParams::default()).await.unwrap();
        for name in ["web", "web-previous"] {
            delete(&world, name).await;
        }
        let restored = SshKey {
            metadata: ObjectMeta {
                name: object.metadata.name.clone(),
                annotations: object.metadata.annotations.clone(),
                finalizers: object.metadata.finalizers.clone(),
                ..ObjectMeta::default()
            },
            spec: object.spec.clone(),
            status: None,
        };
        if object_first {
            api.create(&PostParams::default(), &restored).await.unwrap();
            world.operator().restart().unwrap();
            let kind = ConditionType::KeyAvailable;
            world
                .wait_condition::<SshKey>("web", kind, "False", Reason::PrivateKeyLost)
                .await;
            for backup in &backups {
                put_back(&world, backup).await;
            }
        } else {
            for backup in &backups {
                put_back(&world, backup).await;
            }
            api.create(&PostParams::default(), &restored).await.unwrap();
            world.operator().restart().unwrap();
        }
        let object = wait_revision(&world, "web", 2).await;
        assert_eq!(current(&world, "web").await, second);
        assert_eq!(
            object.annotations()[annotation::RECORDED_UID],
            object.uid().unwrap()
        );
        let kept = keys_in(&world.secret("web-previous").await.unwrap());
        assert_eq!(kept.len(), 1);
    }
}
