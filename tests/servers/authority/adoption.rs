//! A key that was in Azure before: that it was is not forgotten, and it is never left without its private half.

use std::collections::BTreeMap;

use arm_emulator::{Effect, Fault, StoredKey};
use dev::world::{LOCATION, RESOURCE_GROUP, SUBSCRIPTION, World, WorldOptions};
use serde_json::Value;
use sshkey_operator::api::{ConditionType, SshKey};

use super::acts::{delete, wipe_hints, write_status};
use crate::{
    made::Made,
    manifests::key,
    seen::{azure_writes, object, place_ids, places, sweeps_pass, until_object},
};

/// The tag on a key that was adopted.
const ADOPTED: &str = "sshkey-operator-adopted";
const ADOPTING: &str = "{azure: {name: legacy, conflictPolicy: Adopt}}";

fn legacy(world: &World) -> String {
    world.emulator().put_key_as_someone_else(StoredKey {
        id: String::new(),
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: RESOURCE_GROUP.to_owned(),
        name: "legacy".to_owned(),
        location: LOCATION.to_owned(),
        public_key: Some(Made::ed25519().material()),
        tags: BTreeMap::from([("owner".to_owned(), "humans".to_owned())]),
    })
}

#[tokio::test]
async fn an_adopted_key_says_so_in_azure_and_in_the_status_before_it_is_written() {
    let world = World::start(WorldOptions::new()).await;
    let id = legacy(&world);
    let hold = Fault {
        delay_ms: 60_000,
        ..Fault::on("PATCH", "*/sshPublicKeys/legacy", Effect::Proceed)
    };
    world.emulator().faults().add(hold);
    world.apply(&key("web", ADOPTING)).await;
    let known = |seen: &Value| {
        let adopted = |place: &Value| place["origin"] == "Adopted";
        places(seen).first().is_some_and(adopted)
    };
    // The request that adopts it is on its way and is not done.
    until_object(&world, "web", "the adoption is on record", known).await;
    let tags = world.emulator().key(&id).unwrap().tags;
    assert!(!tags.contains_key(ADOPTED), "{tags:?}");
    world.operator().kill();
    world.emulator().faults().clear();
    world.operator().restart().unwrap();
    world.wait_ready("web").await;
    let tags = world.emulator().key(&id).unwrap().tags;
    assert_eq!(tags.get(ADOPTED).map(String::as_str), Some("true"));
    assert_eq!(tags["owner"], "humans");
    assert_eq!(
        places(&object(&world, "web").await)[0]["deletionPolicy"],
        "Retain"
    );
}

#[tokio::test]
async fn that_a_key_was_adopted_survives_the_loss_of_hints_and_status() {
    for (hints, status) in [(true, false), (false, true), (true, true)] {
        let world = World::start(WorldOptions::new()).await;
        let id = legacy(&world);
        world.apply(&key("web", ADOPTING)).await;
        world.wait_ready("web").await;
        world.operator().kill();
        if hints {
            wipe_hints(&world, "web").await;
        }
        if status {
            write_status(&world, "web", Value::Null).await;
        }
        world.operator().restart().unwrap();
        until_object(&world, "web", "its origin is known", |seen| {
            let place = places(seen);
            place.first().is_some_and(|place| {
                place["origin"] == "Adopted" && place["deletionPolicy"] == "Retain"
            })
        })
        .await;
        world.wait_ready("web").await;
        delete(&world, "web").await;
        assert!(world.emulator().key(&id).is_some(), "{hints} {status}");
    }
}

#[tokio::test]
async fn an_adoption_whose_key_would_stay_without_its_private_half_is_refused_before_anything_is_adopted()
 {
    let world = World::start(WorldOptions::new()).await;
    let id = legacy(&world);
    let before = world.emulator().key(&id).unwrap();
    let with = |azure: &str| {
        format!("{{secret: {{deletionPolicy: Delete}}, azure: {{name: legacy, {azure}}}}}")
    };
    world
        .apply(&key("web", &with("conflictPolicy: Adopt")))
        .await;
    let refused: SshKey = world
        .wait_for("web", "it is refused", |object: &SshKey| {
            let status = object.status.clone().unwrap_or_default();
            let mut conditions = status.conditions.iter();
            conditions.any(|one| {
                one.type_ == ConditionType::Ready.as_str() && one.reason == "DeletionPolicyConflict"
            })
        })
        .await;
    assert!(refused.status.unwrap().azure.is_none());
    sweeps_pass(&world).await;
    let writes = azure_writes(&world);
    assert!(writes.iter().all(|one| !one.ends_with(" legacy")));
    assert_eq!(world.emulator().key(&id), Some(before));

    // Said in full, it is what the user wants.
    let whole = with("conflictPolicy: Adopt, deletionPolicy: Delete");
    world.apply(&key("web", &whole)).await;
    world.wait_ready("web").await;
    delete(&world, "web").await;
    assert_eq!(world.emulator().key(&id), None);
    assert!(world.secret("web").await.is_none());
}

#[tokio::test]
async fn a_key_that_is_followed_never_becomes_a_place_and_is_never_written() {
    let world = World::start(WorldOptions::new()).await;
    let id = legacy(&world);
    let before = world.emulator().key(&id).unwrap();
    let spec = "{source: {azureKey: {}}, azure: {name: legacy}}";
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    sweeps_pass(&world).await;
    assert_eq!(
        place_ids(&object(&world, "web").await),
        Vec::<String>::new()
    );
    delete(&world, "web").await;
    assert_eq!(world.emulator().key(&id), Some(before));
}
