//! Every error that Azure is known to answer a write with, each on a key of its own and all at once: a condition that says
//! what it is, and requests that become fewer.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use arm_emulator::{Effect, Fault};
use dev::world::{World, WorldOptions};
use kube::api::ListParams;
use sshkey_operator::api::{AzureStore, Condition, ConditionType, Reason, SshKey, condition::find};

use super::error_rows::rows;
use crate::manifests::key;

fn conditions(key: &SshKey) -> &[Condition] {
    key.status.as_ref().map_or(&[], |status| &status.conditions)
}

#[tokio::test]
async fn every_answer_has_its_reason_and_none_makes_a_hot_loop() {
    let options = WorldOptions::new()
        .flag("retry-max", "5m")
        .flag("poll-interval", "1m")
        .flag("azure-sweep-interval", "15m");
    let world = World::start(options).await;
    let rows = rows();
    for (name, answer, ..) in &rows {
        let path = format!("*/sshPublicKeys/{}.{name}", world.namespace());
        let fault = Fault::on("PUT", &path, Effect::Answer(answer.clone()));
        world.emulator().faults().add(fault.times(0));
    }
    let started = Instant::now();
    let all: Vec<String> = rows.iter().map(|row| key(row.0, "{azure: {}}")).collect();
    world.apply(&all.join("---\n")).await;
    let expected: BTreeMap<String, (&str, bool)> = rows
        .iter()
        .map(|(name, _, reason, stalled)| ((*name).to_owned(), (reason.as_str(), *stalled)))
        .collect();
    let keys = world
        .until("each says what it has met", async || {
            let list = world.api::<SshKey>().list(&ListParams::default()).await;
            let keys = list.unwrap().items;
            let said: BTreeMap<String, (&str, bool)> = keys
                .iter()
                .filter_map(|key| {
                    let synced = find(conditions(key), ConditionType::AzureSynced)?;
                    let stalled = find(conditions(key), ConditionType::Stalled).is_some();
                    Some((
                        key.metadata.name.clone()?,
                        (synced.reason.as_str(), stalled),
                    ))
                })
                .collect();
            if said == expected {
                return Ok(keys.clone());
            }
            let wrong = said.iter().filter(|(name, is)| expected[*name] != **is);
            Err(format!("{:?}", wrong.collect::<Vec<_>>()))
        })
        .await;
    let policy = keys
        .iter()
        .find(|key| key.metadata.name.as_deref() == Some("nested-policy"));
    let synced = find(conditions(policy.unwrap()), ConditionType::AzureSynced).unwrap();
    assert!(
        synced.message.contains("by policy Owners only"),
        "{}",
        synced.message
    );
    the_event_has_what_a_support_case_asks_for(&world).await;
    the_store_says_what_concerns_it(&world).await;

    let window = Duration::from_secs(30);
    world
        .until("half a minute has passed", async || {
            let passed = started.elapsed();
            if passed > window {
                Ok(())
            } else {
                Err(format!("{passed:?}"))
            }
        })
        .await;
    let mut requests = BTreeMap::<String, (usize, usize)>::new();
    for record in world.emulator().log() {
        if let Some((_, name)) = record.request.path.rsplit_once("sshPublicKeys/") {
            let name = name
                .trim_start_matches(world.namespace())
                .trim_start_matches('.');
            let (writes, reads) = requests.entry(name.to_owned()).or_default();
            *writes += usize::from(record.request.method == "PUT");
            *reads += usize::from(record.request.method == "GET");
        }
    }
    println!("azure errors: writes and reads of each key in half a minute: {requests:?}");
    assert_eq!(requests.len(), rows.len(), "a redirect leads nowhere");
    for (name, (writes, reads)) in requests {
        // Once; and where it may pass by itself again after 1, 2, 4, 8 and 16 s.
        let most = if expected[&name].1 { 1 } else { 6 };
        assert!(writes <= most, "{name}: {writes} writes");
        // A look before each, and for what the operator itself has written on the object and its Secret.
        assert!(reads <= writes + 6, "{name}: {reads} reads");
    }
}

async fn the_event_has_what_a_support_case_asks_for(world: &World) {
    world
        .until("an event with the ids", async || {
            let notes: Vec<String> = world
                .events("lock")
                .await
                .into_iter()
                .filter_map(|event| event.note)
                .collect();
            let told =
                |note: &String| note.contains("request id ") && note.contains("correlation id ");
            if notes.iter().any(told) {
                Ok(())
            } else {
                Err(format!("{notes:?}"))
            }
        })
        .await;
}

/// What one key has met that is so for all of them is on the store.
async fn the_store_says_what_concerns_it(world: &World) {
    let concerns = [
        Reason::SubscriptionNotFound,
        Reason::SubscriptionDisabled,
        Reason::ProviderNotRegistered,
    ]
    .map(Reason::as_str);
    let says = |store: &AzureStore| {
        let status = store.status.clone().unwrap_or_default();
        let ready = find(&status.conditions, ConditionType::Ready);
        ready.is_some_and(|ready| {
            ready.status == "False" && concerns.contains(&ready.reason.as_str())
        })
    };
    world.wait_for("default", "it says so", says).await;
}
