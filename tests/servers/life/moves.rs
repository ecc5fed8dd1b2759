//! A published key that shall be somewhere else, as Azure saw it.

use dev::world::{
    CLIENT, CREDENTIALS, LOCATION, RESOURCE_GROUP, SUBSCRIPTION, TENANT, World, WorldOptions,
    resource_id,
};
use serde_json::json;
use sshkey_operator::api::{ConditionType, Reason, SshKey};

use crate::{manifests::key, operator::metrics};

/// Method and last segment of each write to Azure since the log was cleared.
fn writes(world: &World) -> Vec<String> {
    let log = world.emulator().log();
    let writes = log.iter().filter(|record| record.request.is_arm_write());
    writes
        .map(|record| {
            let path = &record.request.path;
            format!(
                "{} {}",
                record.request.method,
                path.rsplit('/').next().unwrap()
            )
        })
        .collect()
}

async fn moved(world: &World, spec: &str) -> SshKey {
    world.emulator().clear_log();
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await
}

#[tokio::test]
async fn a_new_name_or_group_is_created_and_seen_before_the_old_one_goes() {
    let world = World::start(WorldOptions::new()).await;
    let first = moved(&world, "{azure: {name: first}}").await;
    let second = moved(&world, "{azure: {name: second}}").await;
    assert_eq!(writes(&world), ["PUT second", "DELETE first"]);
    let seen = |record: &arm_emulator::RequestRecord| {
        record.request.method == "GET"
            && record.request.path.ends_with("/second")
            && record.status == Some(200)
    };
    assert!(
        world.emulator().log().iter().any(seen),
        "what takes its place was looked at"
    );
    let fingerprint = |object: &SshKey| object.status.clone().unwrap().fingerprint;
    assert_eq!(
        fingerprint(&first),
        fingerprint(&second),
        "it is the same key"
    );

    world
        .emulator()
        .put_group(SUBSCRIPTION, "elsewhere", LOCATION);
    let third = moved(
        &world,
        "{azure: {name: second, resourceGroup: {name: elsewhere}}}",
    )
    .await;
    assert_eq!(writes(&world), ["PUT second", "DELETE second"]);
    let there = resource_id("second").replace(RESOURCE_GROUP, "elsewhere");
    assert_eq!(third.status.unwrap().azure.unwrap().resource_id, there);
    assert_eq!(world.emulator().keys().len(), 1);
}

#[tokio::test]
async fn another_location_is_made_anew_only_when_that_is_asked_for() {
    let world = World::start(WorldOptions::new()).await;
    moved(&world, "{azure: {name: web}}").await;
    world.emulator().clear_log();
    world
        .apply(&key("web", "{azure: {name: web, location: northeurope}}"))
        .await;
    let _: SshKey = world
        .wait_condition(
            "web",
            ConditionType::AzureSynced,
            "False",
            Reason::LocationConflict,
        )
        .await;
    assert_eq!(writes(&world), Vec::<String>::new());
    let object = moved(
        &world,
        "{azure: {name: web, location: northeurope, replacePolicy: Recreate}}",
    )
    .await;
    assert_eq!(writes(&world), ["DELETE web", "PUT web"]);
    assert_eq!(
        object.status.unwrap().azure.unwrap().location,
        "northeurope"
    );
}

#[tokio::test]
async fn a_key_with_as_many_long_tags_as_fit_moves_like_any_other() {
    let world = World::start(WorldOptions::new()).await;
    let tags = |from: usize| {
        let tag = |number| (format!("{number:0512}"), json!("v"));
        let tags: serde_json::Map<_, _> = (from..from + 31).map(tag).collect();
        tags
    };
    // The old place has these tags, and the new one has others.
    let spec =
        |name: &str, from| json!({ "azure": { "name": name, "tags": tags(from) } }).to_string();
    moved(&world, &spec("first", 0)).await;
    moved(&world, &spec("second", 100)).await;
    assert_eq!(writes(&world), ["PUT second", "DELETE first"]);
}

#[tokio::test]
async fn a_store_that_a_key_has_left_is_let_go_and_nothing_of_it_is_kept() {
    let world = World::start(WorldOptions::new()).await;
    world
        .emulator()
        .put_group(SUBSCRIPTION, "elsewhere", LOCATION);
    world
        .apply(&format!(
            "apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: other}}\nspec: {{subscriptionID: {SUBSCRIPTION}, tenantID: {TENANT}, auth: {{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: {CREDENTIALS}}}}}}}, defaults: {{resourceGroup: {{name: elsewhere}}, location: {LOCATION}}}}}\n"
        ))
        .await;
    for store in ["default", "other", "default", "other"] {
        let spec = json!({ "azure": { "storeRef": { "name": store } } });
        moved(&world, &spec.to_string()).await;
    }
    let leavers = [("what", "store_leavers")];
    metrics::until(&world, "sshkey_remembered", &leavers, 0.0).await;
    metrics::until(&world, "sshkey_remembered", &[("what", "store_holds")], 0.0).await;
    world
        .kubectl(&["delete", "azurestore", "default"])
        .await
        .unwrap();
}
