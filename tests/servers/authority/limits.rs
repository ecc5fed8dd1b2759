//! A store whose limits change after keys were published through it: they are left, never lost, and can still be deleted.

use dev::world::{
    LOCATION, Part, RESOURCE_GROUP, SUBSCRIPTION, TENANT, World, WorldOptions, resource_id,
};
use kube::{Api, api::DeleteParams};
use serde_json::{Value, json};
use sshkey_operator::api::{ClusterAzureStore, ConditionType, Reason, SshKey, names::annotation};

use super::acts::{annotate, delete, names_in_azure, wipe_hints, write_status};
use crate::{
    manifests::key,
    seen::{azure_writes, place_ids, requests_about, until_object},
    stores::deletion::delete_by_force,
    stores::of_the_cluster::{client_secret, credentials, store, store_with, wait_store},
};

/// A world whose default store is the cluster's, with a second group and free names.
async fn world() -> World {
    let options = WorldOptions::new().cluster_stores().without(Part::Store);
    let world = World::start(options).await;
    world.apply_to_system(&credentials()).await;
    tenants(&world, WIDE).await;
    world.emulator().put_group(SUBSCRIPTION, "extra", LOCATION);
    world
}

const WIDE: &str =
    "{namespaces: {names: ['*']}, resourceGroups: [extra], allow: [CustomName, Adopt]}";
const NARROW: &str = "{namespaces: {names: ['*']}}";
const CLOSED: &str = "{namespaces: {names: [nobody]}}";

async fn tenants(world: &World, tenants: &str) {
    world
        .apply_to_system(&store(&client_secret(), tenants))
        .await;
    wait_store(world, "default", "True", Reason::TokenIssued).await;
}

async fn published(world: &World, spec: &str) -> String {
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
    let seen = until_object(world, "web", "its place is known", |seen| {
        place_ids(seen).len() == 1
    })
    .await;
    place_ids(&seen).remove(0)
}

#[tokio::test]
async fn a_key_beyond_limits_that_were_tightened_later_is_not_changed_and_goes_with_its_object() {
    for (limits, reason) in [
        (NARROW, Reason::ResourceGroupNotAllowed),
        (CLOSED, Reason::NamespaceNotAllowed),
    ] {
        for lost in [false, true] {
            let world = world().await;
            let spec = "{azure: {name: chosen, resourceGroup: {name: extra}, tags: {team: web}}}";
            let id = published(&world, spec).await;
            tenants(&world, limits).await;
            let kind = ConditionType::AzureSynced;
            let changed = spec.replace("team: web", "team: api");
            world.apply(&key("web", &changed)).await;
            let _: SshKey = world.wait_condition("web", kind, "False", reason).await;
            assert_eq!(world.emulator().key(&id).unwrap().tags["team"], "web");
            if lost {
                wipe_hints(&world, "web").await;
            }
            delete(&world, "web").await;
            assert_eq!(world.emulator().key(&id), None, "{reason:?} {lost}");
        }
    }
}

#[tokio::test]
async fn where_only_hints_name_a_place_in_a_store_that_was_closed_nothing_is_asked_there() {
    let world = world().await;
    let id = published(&world, "{azure: {}}").await;
    world.operator().kill();
    tenants_without_operator(&world, CLOSED).await;
    // The status, which was the witness, is lost. What is left is the hint.
    write_status(&world, "web", Value::Null).await;
    world.emulator().clear_log();
    let api: Api<SshKey> = world.api();
    api.delete("web", &DeleteParams::default()).await.unwrap();
    world.operator().restart().unwrap();
    wait_store(&world, "default", "True", Reason::TokenIssued).await;
    world
        .until("it was gone about, or is told", async || {
            let seen = api.get_opt("web").await.unwrap();
            let status = seen.map(|seen| seen.status.unwrap_or_default());
            match status {
                None => Ok(()),
                Some(status) if !status.conditions.is_empty() => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    assert_eq!(azure_writes(&world), Vec::<String>::new());
    assert!(world.emulator().key(&id).is_some());
    let about = requests_about(&world, &id);
    assert_eq!(about, Vec::<String>::new(), "nor is it read");
}

async fn tenants_without_operator(world: &World, tenants: &str) {
    world
        .apply_to_system(&store(&client_secret(), tenants))
        .await;
}

#[tokio::test]
async fn a_store_that_was_made_again_with_another_subscription_is_not_asked_about_the_old_one() {
    let other = "55555555-5555-4555-8555-555555555555";
    let options = WorldOptions::new()
        .cluster_stores()
        .without(Part::Store)
        .emulator(|config| config.subscription("55555555-5555-4555-8555-555555555555", TENANT));
    let world = World::start(options).await;
    world.apply_to_system(&credentials()).await;
    tenants(&world, WIDE).await;
    let id = published(&world, "{azure: {}}").await;
    let stores: Api<ClusterAzureStore> = Api::all(world.client().clone());
    delete_by_force(&stores, "default").await;
    world.emulator().put_group(other, RESOURCE_GROUP, LOCATION);
    let defaults = format!("{{resourceGroup: {{name: {RESOURCE_GROUP}}}, location: {LOCATION}}}");
    let again =
        store_with("default", &client_secret(), &defaults, NARROW).replace(SUBSCRIPTION, other);
    world.apply_to_system(&again).await;
    wait_store(&world, "default", "True", Reason::TokenIssued).await;
    world.emulator().clear_log();
    // The object asks for nothing in Azure any more, so that only its place is in question.
    world.apply(&key("web", "{}")).await;
    world
        .until("the object has said how it stands", async || {
            let seen = world.api::<SshKey>().get("web").await.unwrap();
            let status = seen.status.unwrap_or_default();
            if status.observed_generation == seen.metadata.generation {
                Ok(())
            } else {
                Err(format!("{status:?}"))
            }
        })
        .await;
    let about = requests_about(&world, SUBSCRIPTION);
    assert_eq!(about, Vec::<String>::new(), "it is not its subscription");
    assert!(world.emulator().key(&id).is_some());
    wait_store(&world, "default", "True", Reason::TokenIssued).await;
}

#[tokio::test]
async fn a_key_that_comes_back_within_the_limits_goes_on() {
    let world = world().await;
    let id = published(&world, "{azure: {}}").await;
    tenants(&world, CLOSED).await;
    let kind = ConditionType::AzureSynced;
    let reason = Reason::NamespaceNotAllowed;
    let _: SshKey = world.wait_condition("web", kind, "False", reason).await;
    wipe_hints(&world, "web").await;
    let forged = json!([{
        "id": resource_id("another"), "location": LOCATION, "store": "default",
        "storeKind": "ClusterAzureStore", "deletionPolicy": "Delete",
    }]);
    annotate(
        &world,
        "web",
        json!({ annotation::AZURE_KEYS: forged.to_string() }),
    )
    .await;
    tenants(&world, NARROW).await;
    world.wait_ready("web").await;
    assert_eq!(names_in_azure(&world).len(), 1);
    delete(&world, "web").await;
    assert_eq!(world.emulator().key(&id), None);
}
