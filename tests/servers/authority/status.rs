//! A status that is lost, old or another object's: what it knew is found again by marks, and nothing is lost meanwhile.

use dev::world::{World, WorldOptions, resource_id};
use serde_json::{Value, json};

use super::acts::{delete, made_id, names_in_azure, wipe_hints, write_status};
use crate::{
    manifests::key,
    rotation::acts::current,
    seen::{azure_writes, object, place_ids, places, sweeps_pass, until_object},
};

async fn ready(world: &World, spec: &str) -> Value {
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    let made = made_id(world, "web");
    until_object(world, "web", "its place is known", |seen| {
        let ids = place_ids(seen);
        ids.len() == 1 && (ids[0] == made || !spec.contains("azure: {}"))
    })
    .await
}

#[tokio::test]
async fn a_status_says_for_whom_it_is_and_which_place_was_created() {
    let world = World::start(WorldOptions::new()).await;
    let seen = ready(
        &world,
        "{azure: {tags: {team: web}}, outputs: [{name: files, pem: {}}]}",
    )
    .await;
    assert_eq!(seen["status"]["recordedFor"], seen["metadata"]["uid"]);
    let place = &places(&seen)[0];
    for (field, value) in [
        ("location", json!("westeurope")),
        ("store", json!("default")),
        ("origin", json!("Created")),
        ("deletionPolicy", json!("Delete")),
        ("phase", json!("Published")),
        ("tags", json!(["team"])),
    ] {
        assert_eq!(place[field], value, "{field} of {place}");
    }
    let files = world.secret("files").await.unwrap();
    let output = &seen["status"]["outputs"][0];
    assert_eq!(output["uid"], json!(files.metadata.uid));
    assert_eq!(output["leaving"], Value::Null);
    let owner = |name: &str, secret: k8s_openapi::api::core::v1::Secret| {
        let annotations = secret.metadata.annotations.unwrap_or_default();
        assert_eq!(
            annotations.get("sshkey-operator.io/owner-namespace"),
            Some(&world.namespace().to_owned()),
            "{name}"
        );
    };
    owner("web", world.secret("web").await.unwrap());
    owner("files", files);
}

#[tokio::test]
async fn a_wiped_status_is_written_again_without_a_write_to_azure() {
    for hints_too in [false, true] {
        let world = World::start(WorldOptions::new()).await;
        let whole = ready(&world, "{azure: {name: chosen}}").await;
        let before = current(&world, "web").await;
        world.operator().kill();
        if hints_too {
            wipe_hints(&world, "web").await;
        }
        write_status(&world, "web", Value::Null).await;
        world.emulator().clear_log();
        world.operator().restart().unwrap();
        let seen = until_object(&world, "web", "its place is known", |seen| {
            place_ids(seen) == [resource_id("chosen")]
                && seen["status"]["recordedFor"] == seen["metadata"]["uid"]
        })
        .await;
        world.wait_ready("web").await;
        assert_eq!(azure_writes(&world), Vec::<String>::new());
        assert_eq!(current(&world, "web").await, before);
        let policy = |seen: &Value| places(seen)[0]["deletionPolicy"].clone();
        assert_eq!(policy(&seen), policy(&whole));
        delete(&world, "web").await;
        assert_eq!(names_in_azure(&world), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_object_whose_status_and_hints_are_wiped_and_that_is_deleted_at_once_takes_its_key_along()
 {
    let world = World::start(WorldOptions::new()).await;
    ready(&world, "{azure: {}}").await;
    world.operator().kill();
    wipe_hints(&world, "web").await;
    write_status(&world, "web", Value::Null).await;
    let api: kube::Api<sshkey_operator::api::SshKey> = world.api();
    api.delete("web", &Default::default()).await.unwrap();
    world.operator().restart().unwrap();
    world.wait_gone::<sshkey_operator::api::SshKey>("web").await;
    assert_eq!(names_in_azure(&world), Vec::<String>::new());
}

#[tokio::test]
async fn a_status_from_before_a_move_brings_no_old_place_back_and_loses_no_new_one() {
    let world = World::start(WorldOptions::new()).await;
    ready(&world, "{azure: {name: first}}").await;
    let old = object(&world, "web").await["status"].clone();
    world.apply(&key("web", "{azure: {name: second}}")).await;
    world.wait_ready("web").await;
    for is_away in [false, true] {
        if is_away {
            world.operator().kill();
        }
        write_status(&world, "web", old.clone()).await;
        if is_away {
            world.operator().restart().unwrap();
        }
        until_object(&world, "web", "the second place alone is known", |seen| {
            place_ids(seen) == [resource_id("second")]
                && seen["status"]["azure"]["resourceID"] == resource_id("second")
        })
        .await;
        world.wait_ready("web").await;
        sweeps_pass(&world).await;
        assert_eq!(names_in_azure(&world), ["second"]);
    }
    delete(&world, "web").await;
    assert_eq!(names_in_azure(&world), Vec::<String>::new());
}

#[tokio::test]
async fn a_status_of_another_object_is_not_believed() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("other", "{azure: {}}")).await;
    world.wait_ready("other").await;
    ready(&world, "{azure: {}}").await;
    let before = current(&world, "web").await;
    let others = object(&world, "other").await["status"].clone();
    write_status(&world, "web", Value::Null).await;
    write_status(&world, "web", others.clone()).await;
    let own = made_id(&world, "web");
    until_object(&world, "web", "its own status is back", |seen| {
        place_ids(seen) == [own.clone()]
            && seen["status"]["recordedFor"] == seen["metadata"]["uid"]
            && seen["status"]["fingerprint"] == before.fingerprint().to_string()
    })
    .await;
    world.wait_ready("web").await;
    delete(&world, "web").await;
    let left = names_in_azure(&world);
    assert_eq!(left, [format!("{}.other", world.namespace())]);
    world.wait_ready("other").await;
}
