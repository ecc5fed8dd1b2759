//! What is known of places is bounded, and nothing of it is cut: the next move is refused instead. A definition that keeps
//! no places lets nothing be published.

use arm_emulator::{Lock, LockLevel};
use dev::world::{World, WorldOptions, resource_id};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use sshkey_operator::api::SshKey;

use super::acts::{delete, names_in_azure};
use crate::{
    manifests::key,
    seen::{object, place_ids, places, until_object},
};

/// How many places an object may have.
const PLACES: usize = 16;

async fn until_reason(world: &World, name: &str, reason: &str) -> SshKey {
    world
        .wait_for(name, reason.to_owned(), |object: &SshKey| {
            let status = object.status.clone().unwrap_or_default();
            let mut conditions = status.conditions.iter();
            conditions.any(|one| {
                one.reason == reason && one.observed_generation == object.metadata.generation
            })
        })
        .await
}

#[tokio::test]
async fn a_seventeenth_place_is_refused_and_all_others_go_once_they_can() {
    let world = World::start(WorldOptions::new()).await;
    let group = format!(
        "/subscriptions/{}/resourceGroups/rg-test",
        dev::world::SUBSCRIPTION
    );
    world.apply(&key("web", "{azure: {name: place-0}}")).await;
    world.wait_ready("web").await;
    world.emulator().put_lock(Lock {
        scope: group.clone(),
        name: "kept".to_owned(),
        level: LockLevel::CanNotDelete,
        notes: None,
    });
    for number in 1..PLACES {
        let name = format!("place-{number}");
        let spec = format!("{{azure: {{name: {name}}}}}");
        world.apply(&key("web", &spec)).await;
        let id = resource_id(&name);
        until_object(&world, "web", "it has moved on", |seen| {
            place_ids(seen).len() == number + 1 && world.emulator().key(&id).is_some()
        })
        .await;
    }
    let last = format!("{{azure: {{name: place-{PLACES}}}}}");
    world.apply(&key("web", &last)).await;
    until_reason(&world, "web", "TooManyPlaces").await;
    let one_more = resource_id(&format!("place-{PLACES}"));
    assert_eq!(world.emulator().key(&one_more), None);
    let seen = object(&world, "web").await;
    assert_eq!(place_ids(&seen).len(), PLACES);
    let leaving = places(&seen);
    let leaving = leaving.iter().filter(|place| place["phase"] == "Leaving");
    assert!(leaving.count() >= PLACES - 1);

    assert!(world.emulator().remove_lock(&group, "kept"));
    world.wait_ready("web").await;
    until_object(&world, "web", "one place is left", |seen| {
        place_ids(seen) == [one_more.clone()]
    })
    .await;
    assert_eq!(names_in_azure(&world), [format!("place-{PLACES}")]);
    delete(&world, "web").await;
    assert_eq!(names_in_azure(&world), Vec::<String>::new());
}

/// Takes places out of the definition, as it was before there were any, or puts them back.
async fn define(world: &World, change: impl Fn(&mut Value)) {
    let api: Api<CustomResourceDefinition> = Api::all(world.client().clone());
    let name = "sshkeys.sshkey-operator.io";
    let mut definition = serde_json::to_value(api.get(name).await.unwrap()).unwrap();
    change(
        &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
            ["properties"],
    );
    let schema = json!({ "spec": { "versions": definition["spec"]["versions"] } });
    let params = PatchParams::default();
    api.patch(name, &params, &Patch::Merge(schema))
        .await
        .unwrap();
}

#[tokio::test]
async fn with_a_definition_that_keeps_no_places_nothing_is_published_until_it_is_brought_up_to_date()
 {
    let world = World::start(WorldOptions::new().own_control_plane()).await;
    world.apply(&key("before", "{azure: {}}")).await;
    world.wait_ready("before").await;
    let before = world.emulator().keys();
    let api: Api<CustomResourceDefinition> = Api::all(world.client().clone());
    let name = "sshkeys.sshkey-operator.io";
    let whole = serde_json::to_value(api.get(name).await.unwrap()).unwrap();
    let whole = whole["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
        ["properties"]
        .clone();
    world.operator().kill();
    define(&world, |status| {
        let status = status.as_object_mut().unwrap();
        status.remove("recordedFor");
        let azure = status["azure"]["properties"].as_object_mut().unwrap();
        azure.remove("places");
    })
    .await;
    world.operator().restart().unwrap();
    world.apply(&key("after", "{azure: {}}")).await;
    until_reason(&world, "after", "CRDOutdated").await;
    assert_eq!(world.emulator().keys(), before, "nothing is published");
    assert!(world.secret("after").await.is_some(), "the pair is kept");

    define(&world, |status| *status = whole.clone()).await;
    world.wait_ready("after").await;
    assert_eq!(world.emulator().keys().len(), 2);
    let seen = object(&world, "after").await;
    assert_eq!(place_ids(&seen).len(), 1);
}
