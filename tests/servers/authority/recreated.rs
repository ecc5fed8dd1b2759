//! An object that is made again under its name, from Git or from a backup, goes on with its key; and what its predecessor
//! left is neither lost nor doubled.

use dev::world::{World, WorldOptions, resource_id};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, PostParams},
};
use serde_json::{Value, json};
use sshkey_operator::{
    api::{ConditionType, Reason, SshKey, names::annotation},
    keys::PublicKey,
};

use super::acts::{delete, made_id, names_in_azure, put_back, take_away};
use crate::{
    manifests::key,
    rotation::acts::{annotate, ask, current, keys_in, wait_pending, wait_revision},
    seen::{azure_writes, place_ids, places, sweeps_pass, until_object},
};

const TAKEN_UP: &str = "SecretTakenUp";

fn published(world: &World, name: &str) -> Option<PublicKey> {
    let key = world.emulator().key(&made_id(world, name))?;
    PublicKey::parse(&key.public_key?).ok()
}

/// The notes of the events about an object that have this reason and type.
pub(super) async fn told(world: &World, name: &str, reason: &str, type_: &str) -> Vec<String> {
    let events = world.events(name).await.into_iter();
    let of = events.filter(|event| {
        event.reason.as_deref() == Some(reason) && event.type_.as_deref() == Some(type_)
    });
    of.filter_map(|event| event.note).collect()
}

/// A Secret without what the API server gave it.
fn bare(mut secret: Secret) -> Secret {
    secret.metadata.resource_version = None;
    secret.metadata.uid = None;
    secret.metadata.creation_timestamp = None;
    secret.metadata.managed_fields = None;
    secret
}

#[tokio::test]
async fn an_object_that_is_made_again_from_git_takes_up_the_retained_secret_and_that_is_told() {
    for spec in ["{}", "{azure: {}}", "{azure: {deletionPolicy: Retain}}"] {
        let world = World::start(WorldOptions::new()).await;
        world.apply(&key("web", spec)).await;
        let first = world.wait_ready("web").await;
        let before = current(&world, "web").await;
        delete(&world, "web").await;
        world.apply(&key("web", spec)).await;
        let second = world.wait_ready("web").await;
        assert_ne!(first.uid(), second.uid());
        assert_eq!(current(&world, "web").await, before, "{spec}");
        let secret = world.secret("web").await.unwrap();
        assert_eq!(
            secret.annotations()[annotation::OWNER_UID],
            second.uid().unwrap()
        );
        world.wait_event("web", TAKEN_UP).await;
        let notes = told(&world, "web", TAKEN_UP, "Warning").await;
        let whole = format!("{}/web", world.namespace());
        let says_all = |note: &String| {
            note.contains(&whole) && note.contains(&before.fingerprint().to_string())
        };
        assert!(notes.iter().any(says_all), "{spec}: {notes:?}");
        if spec != "{}" {
            assert_eq!(published(&world, "web"), Some(before));
            let marked = world.emulator().key(&made_id(&world, "web")).unwrap();
            assert_eq!(marked.tags["sshkey-operator-uid"], second.uid().unwrap());
        }
    }
}

#[tokio::test]
async fn an_object_that_is_made_again_in_the_middle_of_a_rotation_goes_on_with_its_next_key() {
    goes_on_with_its_next_key(async |_| ()).await;
}

/// An object goes in the middle of a rotation, something happens to its Secrets, and it is made again.
pub(super) async fn goes_on_with_its_next_key(meanwhile: impl AsyncFnOnce(&World)) {
    let world = World::start(WorldOptions::new()).await;
    let spec = "{rotation: {activation: Manual}, azure: {deletionPolicy: Retain}}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    ask(&world, "web", "now").await;
    let next = wait_pending(&world, "web").await.pending.unwrap();
    world.wait_ready("web").await;
    delete(&world, "web").await;
    meanwhile(&world).await;
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    let still = wait_pending(&world, "web").await.pending.unwrap();
    assert_eq!(still.fingerprint, next.fingerprint);
    annotate(&world, "web", annotation::ACTIVATE, &next.fingerprint).await;
    wait_revision(&world, "web", 2).await;
    let now = current(&world, "web").await;
    assert_eq!(now.fingerprint().to_string(), next.fingerprint);
    world.wait_event("web", TAKEN_UP).await;
    nothing_is_told_as_lost(&world).await;
}

pub(super) async fn nothing_is_told_as_lost(world: &World) {
    for reason in [Reason::PrivateKeyLost, Reason::ChangeTurnedBack] {
        let notes = told(world, "web", reason.as_str(), "Warning").await;
        assert!(notes.is_empty(), "{notes:?}");
    }
}

#[tokio::test]
async fn a_first_object_of_a_name_is_told_of_nothing_that_it_took_up() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    world.operator().restart().unwrap();
    sweeps_pass(&world).await;
    world.wait_ready("web").await;
    let notes = told(&world, "web", TAKEN_UP, "Warning").await;
    assert_eq!(notes, Vec::<String>::new());
}

#[tokio::test]
async fn a_restore_in_place_goes_on_with_the_same_key_place_and_former_keys() {
    for spec in ["{}", "{azure: {}}"] {
        let world = World::start(WorldOptions::new()).await;
        world.apply(&key("web", spec)).await;
        world.wait_ready("web").await;
        ask(&world, "web", "one").await;
        wait_revision(&world, "web", 2).await;
        let before = current(&world, "web").await;
        let former = keys_in(&world.secret("web-previous").await.unwrap());
        world.operator().kill();
        let kept = take_away(&world, "web").await;
        let uid = put_back(&world, &kept).await;
        world.emulator().clear_log();
        world.operator().restart().unwrap();
        wait_revision(&world, "web", 2).await;
        sweeps_pass(&world).await;
        assert_eq!(current(&world, "web").await, before, "{spec}");
        let still = keys_in(&world.secret("web-previous").await.unwrap());
        assert_eq!(still, former, "{spec}");
        if spec != "{}" {
            assert_eq!(published(&world, "web"), Some(before.clone()));
            let marked = world.emulator().key(&made_id(&world, "web")).unwrap();
            assert_eq!(marked.tags["sshkey-operator-uid"], uid);
            let writes = azure_writes(&world);
            let own = writes.iter().filter(|one| one.ends_with(".web"));
            assert_eq!(own.count(), 1, "its mark is written, once: {writes:?}");
            let own = made_id(&world, "web");
            until_object(&world, "web", "its place is known", |seen| {
                seen["status"]["recordedFor"] == uid && place_ids(seen) == [own.clone()]
            })
            .await;
        }
        delete(&world, "web").await;
        assert_eq!(names_in_azure(&world), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_restore_from_before_a_move_finds_the_place_that_the_key_moved_to_and_takes_it_along() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {name: first}}")).await;
    world.wait_ready("web").await;
    let backup = {
        let mut kept = crate::seen::object(&world, "web").await;
        let metadata = kept["metadata"].clone();
        kept["metadata"] = json!({
            "name": "web",
            "annotations": metadata["annotations"],
            "finalizers": metadata["finalizers"],
        });
        kept.as_object_mut().unwrap().remove("status");
        kept
    };
    world.apply(&key("web", "{azure: {name: second}}")).await;
    world.wait_ready("web").await;
    world.operator().kill();
    take_away(&world, "web").await;
    put_back(&world, &backup).await;
    world.operator().restart().unwrap();
    world.wait_ready("web").await;
    // The place that only a list shows is told, and stays beside the wanted one until the object goes.
    let found = resource_id("second");
    let seen = until_object(&world, "web", "the second place is found", |seen| {
        places(seen)
            .iter()
            .any(|place| place["id"] == found && place["origin"] == "Found")
    })
    .await;
    assert_eq!(seen["status"]["azure"]["resourceID"], resource_id("first"));
    world.wait_event("web", "KeyFound").await;
    let notes = told(&world, "web", "KeyFound", "Warning").await;
    assert!(notes.iter().any(|note| note.contains(&found)), "{notes:?}");
    sweeps_pass(&world).await;
    assert_eq!(names_in_azure(&world), ["first", "second"]);
    delete(&world, "web").await;
    assert_eq!(names_in_azure(&world), Vec::<String>::new());
}

#[tokio::test]
async fn a_restored_status_of_the_predecessor_is_a_hint_and_loses_nothing() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let before = current(&world, "web").await;
    let old = crate::seen::object(&world, "web").await["status"].clone();
    world.operator().kill();
    let kept = take_away(&world, "web").await;
    let uid = put_back(&world, &kept).await;
    super::acts::write_status(&world, "web", old).await;
    world.operator().restart().unwrap();
    until_object(&world, "web", "the status is this object's", |seen| {
        seen["status"]["recordedFor"] == uid && place_ids(seen).len() == 1
    })
    .await;
    world.wait_ready("web").await;
    assert_eq!(current(&world, "web").await, before);
    assert_eq!(published(&world, "web"), Some(before));
    delete(&world, "web").await;
    assert_eq!(names_in_azure(&world), Vec::<String>::new());
}

#[tokio::test]
async fn a_new_object_without_the_secret_of_its_predecessor_is_held_where_azure_has_its_key() {
    let world = World::start(WorldOptions::new()).await;
    let spec = "{azure: {deletionPolicy: Retain}}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    delete(&world, "web").await;
    let secrets: Api<Secret> = world.api();
    let kept = secrets.get("web").await.unwrap();
    let params = DeleteParams::default();
    secrets.delete("web", &params).await.unwrap();
    let before = world.emulator().keys();
    world.apply(&key("web", spec)).await;
    let told: SshKey = world
        .wait_for("web", "it is held", |object: &SshKey| {
            let status = object.status.clone().unwrap_or_default();
            let reasons = [Reason::PrivateKeyLost, Reason::AzureKeyConflict].map(Reason::as_str);
            let mut conditions = status.conditions.iter();
            conditions.any(|one| {
                one.type_ == ConditionType::Ready.as_str()
                    && one.status == "False"
                    && reasons.contains(&one.reason.as_str())
            })
        })
        .await;
    assert!(told.status.is_some());
    sweeps_pass(&world).await;
    let after: Vec<_> = world.emulator().keys();
    let still = after.iter().filter(|key| !key.name.ends_with("canary"));
    assert!(still.eq(before.iter()), "{after:?}");
    // With the Secret back it is the same key again.
    let conflicted = world.secret("web").await.is_some();
    if !conflicted {
        let params = PostParams::default();
        secrets.create(&params, &bare(kept)).await.unwrap();
        world.wait_ready("web").await;
    }
    assert_eq!(Value::Bool(conflicted), json!(false), "no other was made");
}
