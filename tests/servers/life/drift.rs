//! What others change in Azure where it is only to be reported.

use std::time::Duration;

use dev::world::{World, WorldOptions, resource_id};
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use crate::manifests::key;

const REPORT: &str = "{azure: {driftPolicy: Report, tags: {team: web}}}";

async fn wait_drifted(world: &World, what: &str) {
    let object: SshKey = world
        .wait_for("web", format!("DriftDetected: {what}"), |key: &SshKey| {
            let status = key.status.clone().unwrap_or_default();
            let synced = find(&status.conditions, ConditionType::AzureSynced);
            synced.is_some_and(|synced| {
                synced.reason == Reason::DriftDetected.as_str() && synced.message.contains(what)
            })
        })
        .await;
    let conditions = object.status.unwrap().conditions;
    assert!(find(&conditions, ConditionType::Stalled).is_some());
}

fn writes(world: &World) -> usize {
    let log = world.emulator().log();
    log.iter().filter(|one| one.request.is_arm_write()).count()
}

#[tokio::test]
async fn drift_is_told_by_condition_event_and_metric_and_nothing_is_changed() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", REPORT)).await;
    world.wait_ready("web").await;
    let id = resource_id(&format!("{}.web", world.namespace()));
    let ours = world.emulator().key(&id).unwrap();
    world.emulator().clear_log();

    let mut theirs = ours.clone();
    theirs.tags.insert("team".into(), "theirs".into());
    world.emulator().put_key_as_someone_else(theirs.clone());
    wait_drifted(&world, "the tags team").await;
    let events = world
        .wait_event("web", Reason::DriftDetected.as_str())
        .await;
    let told = |reason: Option<&str>| reason == Some(Reason::DriftDetected.as_str());
    let told = events.iter().filter(|event| told(event.reason.as_deref()));
    assert_eq!(told.count(), 1, "{events:#?}");
    crate::operator::metrics::until(&world, "sshkey_keys_drifted", &[], 1.0).await;

    assert!(world.emulator().delete_key(&id));
    wait_drifted(&world, "is gone").await;
    world.operator().restart().unwrap();
    world.operator().ready().await.unwrap();
    wait_drifted(&world, "is gone").await;
    assert_eq!(writes(&world), 0);

    // Put right by whoever has changed it.
    world.emulator().put_key_as_someone_else(ours.clone());
    world.wait_ready("web").await;
    assert_eq!(writes(&world), 0);

    // What is asked for anew is no drift.
    let asked = "{azure: {driftPolicy: Report, tags: {team: db}}}";
    world.apply(&key("web", asked)).await;
    world.wait_ready("web").await;
    assert_eq!(world.emulator().key(&id).unwrap().tags["team"], "db");
    assert_eq!(writes(&world), 1);

    world.emulator().put_key_as_someone_else(theirs);
    wait_drifted(&world, "the tags team").await;
    world
        .apply(&key("web", "{azure: {tags: {team: db}}}"))
        .await;
    world.wait_ready("web").await;
    assert_eq!(world.emulator().key(&id).unwrap().tags["team"], "db");
}

#[tokio::test]
async fn a_first_write_is_confirmed_by_a_list_within_a_minute_however_long_the_sweep() {
    let options = WorldOptions::new().flag("azure-sweep-interval", "1h");
    let world = World::start(options).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    world.emulator().clear_log();
    let patience = Duration::from_mins(1);
    world
        .until_within(patience, "a list", async || {
            let log = world.emulator().log();
            let lists = log.iter().filter(|one| {
                one.request.method == "GET" && one.request.path.ends_with("/sshPublicKeys")
            });
            match lists.count() {
                0 => Err("none".to_owned()),
                _ => Ok(()),
            }
        })
        .await;
}
