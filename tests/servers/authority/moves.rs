//! A move that ends in the middle, with the hints or the status gone as well: in the end the key is in one place.

use arm_emulator::{Effect, Fault};
use dev::world::{World, WorldOptions, resource_id};
use serde_json::Value;

use super::acts::{delete, names_in_azure, wipe_hints, write_status};
use crate::{
    manifests::key,
    rotation::acts::current,
    seen::{place_ids, places, sweeps_pass, until_object},
};

/// Where the operator is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Crash {
    /// As the new place is about to be written.
    BeforePut,
    /// With the new place written, before the answer.
    AfterPut,
    /// As the old place is about to be deleted.
    BeforeDelete,
    /// With the old place deleted, before the answer.
    AfterDelete,
}

const CRASHES: [Crash; 4] = [
    Crash::BeforePut,
    Crash::AfterPut,
    Crash::BeforeDelete,
    Crash::AfterDelete,
];

/// What is gone when the operator comes back.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lost {
    Nothing,
    Hints,
    Status,
}

/// An object at its first place that is asked to be at a second one, and an operator that was killed on the way.
async fn crashed(crash: Crash) -> World {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {name: first}}")).await;
    world.wait_ready("web").await;
    let (method, name, is_after) = match crash {
        Crash::BeforePut => ("PUT", "second", false),
        Crash::AfterPut => ("PUT", "second", true),
        Crash::BeforeDelete => ("DELETE", "first", false),
        Crash::AfterDelete => ("DELETE", "first", true),
    };
    let hold = 60_000;
    let fault = Fault {
        delay_ms: if is_after { 0 } else { hold },
        hold_answer_ms: if is_after { hold } else { 0 },
        ..Fault::on(method, &format!("*/sshPublicKeys/{name}"), Effect::Proceed)
    };
    let faults = world.emulator().faults();
    faults.add(fault);
    world.apply(&key("web", "{azure: {name: second}}")).await;
    let reached = || match crash {
        Crash::BeforePut => None,
        Crash::AfterPut | Crash::BeforeDelete => {
            Some(names_in_azure(&world) == ["first", "second"])
        }
        Crash::AfterDelete => Some(names_in_azure(&world) == ["second"]),
    };
    match crash {
        // The old place is on record as leaving before anything is sent to the new one.
        Crash::BeforePut => {
            until_object(&world, "web", "the old place is leaving", |seen| {
                let first = resource_id("first");
                let mut places = places(seen).into_iter();
                places.any(|place| place["id"] == first && place["phase"] == "Leaving")
            })
            .await;
        }
        _ => {
            world
                .until(format!("{crash:?}"), async || match reached() {
                    Some(true) => Ok(()),
                    other => Err(format!("{other:?} {:?}", names_in_azure(&world))),
                })
                .await;
        }
    }
    world.operator().kill();
    faults.clear();
    world
}

async fn ends_in_one_place(crash: Crash, lost: Lost) {
    let world = crashed(crash).await;
    let before = current(&world, "web").await;
    match lost {
        Lost::Nothing => {}
        Lost::Hints => wipe_hints(&world, "web").await,
        Lost::Status => write_status(&world, "web", Value::Null).await,
    }
    world.operator().restart().unwrap();
    world.wait_ready("web").await;
    let what = format!("{crash:?}, {lost:?}: the second place alone is left");
    until_object(&world, "web", &what, |seen| {
        place_ids(seen) == [resource_id("second")] && names_in_azure(&world) == ["second"]
    })
    .await;
    sweeps_pass(&world).await;
    assert_eq!(names_in_azure(&world), ["second"], "{what}");
    assert_eq!(current(&world, "web").await, before, "{what}");
    delete(&world, "web").await;
    assert_eq!(names_in_azure(&world), Vec::<String>::new(), "{what}");
}

#[tokio::test]
async fn a_move_that_was_killed_at_any_step_ends_in_one_place() {
    for crash in CRASHES {
        ends_in_one_place(crash, Lost::Nothing).await;
    }
}

#[tokio::test]
async fn a_move_that_was_killed_at_any_step_ends_in_one_place_without_its_hints() {
    for crash in CRASHES {
        ends_in_one_place(crash, Lost::Hints).await;
    }
}

#[tokio::test]
async fn a_move_that_was_killed_at_any_step_ends_in_one_place_without_its_status() {
    for crash in CRASHES {
        ends_in_one_place(crash, Lost::Status).await;
    }
}

#[tokio::test]
async fn an_object_that_is_deleted_in_the_middle_of_a_move_leaves_neither_place() {
    for crash in CRASHES {
        for lost in [Lost::Nothing, Lost::Hints, Lost::Status] {
            let world = crashed(crash).await;
            match lost {
                Lost::Nothing => {}
                Lost::Hints => wipe_hints(&world, "web").await,
                Lost::Status => write_status(&world, "web", Value::Null).await,
            }
            let api: kube::Api<sshkey_operator::api::SshKey> = world.api();
            api.delete("web", &Default::default()).await.unwrap();
            world.operator().restart().unwrap();
            world.wait_gone::<sshkey_operator::api::SshKey>("web").await;
            let left = names_in_azure(&world);
            assert_eq!(left, Vec::<String>::new(), "{crash:?} {lost:?}");
        }
    }
}
