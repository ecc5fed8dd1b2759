//! Azure's throttle: what its buckets allow is used and no more is sent, and namespaces take turns.

use std::{collections::BTreeSet, time::Duration};

use arm_emulator::RequestRecord;
use dev::world::{
    CLIENT, CLIENT_SECRET, CREDENTIALS, LOCATION, RESOURCE_GROUP, SUBSCRIPTION, TENANT, World,
    WorldOptions,
};
use k8s_openapi::api::core::v1::Event;
use kube::{Api, api::ListParams};
use sshkey_operator::api::{AzureStore, ConditionType, Reason, SshKey, condition::find};

use crate::manifests::key;

/// What Compute is assumed to take at once, and with each minute: the emulator's sizes are those of the real service.
const BURST: usize = 120;
const STEP: usize = 40;
const KEYS: usize = 199;

fn names() -> impl Iterator<Item = String> {
    (0..KEYS).map(|number| format!("key-{number:03}"))
}

/// Everything that a namespace of its own needs to publish one key.
fn neighbour(namespace: &str) -> String {
    format!(
        "apiVersion: v1
kind: Namespace
metadata: {{name: {namespace}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: {CREDENTIALS}, namespace: {namespace}}}
stringData: {{clientSecret: {CLIENT_SECRET}}}
---
apiVersion: sshkey-operator.io/v1alpha1
kind: AzureStore
metadata: {{name: default, namespace: {namespace}}}
spec:
  subscriptionID: {SUBSCRIPTION}
  tenantID: {TENANT}
  auth: {{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: {CREDENTIALS}}}}}}}
  defaults: {{resourceGroup: {{name: {RESOURCE_GROUP}}}, location: {LOCATION}}}
---
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKey
metadata: {{name: single, namespace: {namespace}}}
spec: {{azure: {{}}}}
"
    )
}

fn puts(world: &World) -> Vec<RequestRecord> {
    let log = world.emulator().log();
    log.into_iter()
        .filter(|record| record.request.method == "PUT")
        .collect()
}

async fn keys(world: &World, ready: bool) -> usize {
    let list = world.api::<SshKey>().list(&ListParams::default()).await;
    let keys = list.unwrap().items;
    let is_so = |key: &&SshKey| {
        let conditions = &key.status.as_ref().unwrap().conditions;
        let kind = ConditionType::Ready;
        find(conditions, kind).is_some_and(|condition| (condition.status == "True") == ready)
    };
    keys.iter()
        .filter(|key| key.status.is_some())
        .filter(is_so)
        .count()
}

#[tokio::test]
async fn two_hundred_keys_take_what_the_buckets_allow_and_a_neighbours_single_key_does_not_wait_for_them()
 {
    // Keys that are Ready shall not be looked at again meanwhile.
    let options = WorldOptions::new()
        .own_control_plane()
        .all_namespaces()
        .flag("azure-sweep-interval", "5m");
    let world = World::start(options).await;
    let all: Vec<String> = names().map(|name| key(&name, "{azure: {}}")).collect();
    world.apply(&all.join("---\n")).await;
    world
        .until("the burst is used up", async || match puts(&world).len() {
            // On a busy machine the next minute's come before the look.
            count if count >= BURST => Ok(()),
            other => Err(format!("{other} PUTs")),
        })
        .await;
    world
        .until("the others say so", async || {
            match keys(&world, false).await {
                count if count == KEYS - puts(&world).len() => Ok(()),
                other => Err(format!("{other} wait")),
            }
        })
        .await;
    says_when_its_turn_is_expected(&world).await;
    let before = puts(&world).len();
    let neighbour_of = format!("{}-neighbour", world.namespace());
    world.apply(&neighbour(&neighbour_of)).await;

    let patience = Duration::from_mins(3);
    world
        .until_within(patience, "all are Ready", async || {
            match keys(&world, true).await {
                KEYS => Ok(()),
                other => Err(format!("{other} are")),
            }
        })
        .await;
    let puts = puts(&world);
    let refused = puts.iter().filter(|put| put.status != Some(201)).count();
    assert_eq!(
        (puts.len(), refused),
        (KEYS + 1, 0),
        "each key once, none refused"
    );

    let single = puts
        .iter()
        .position(|put| put.request.path.contains(&neighbour_of));
    let place = single.expect("the neighbour's key is published") - before;
    println!("throttle: the neighbour's key went as number {place} after the {before} of before");
    assert!(
        place < STEP / 2,
        "it went as number {place} after {before} others"
    );

    // The burst, then a step at each of the next minutes.
    let steps = (KEYS + 1 - BURST).div_ceil(STEP);
    let allowed = Duration::from_mins(steps.try_into().unwrap());
    let last = puts.last().unwrap().time_ms - puts[0].time_ms;
    let last = Duration::from_millis(last.try_into().unwrap());
    println!(
        "throttle: {} keys took {last:?}; the buckets allow {allowed:?}",
        KEYS + 1
    );
    assert!(last <= allowed.mul_f64(1.05), "{last:?} for {allowed:?}");
    no_needless_call(&world);
}

/// The object says when, and the store's events say so once.
async fn says_when_its_turn_is_expected(world: &World) {
    let all = world.api::<SshKey>().list(&ListParams::default()).await;
    let mut waits = all.unwrap().items;
    waits.retain(|key| {
        let conditions = &key.status.as_ref().unwrap().conditions;
        let ready = find(conditions, ConditionType::Ready).unwrap();
        ready.reason == Reason::Throttled.as_str()
    });
    assert!(!waits.is_empty(), "some wait for their turn");
    let conditions = &waits[0].status.as_ref().unwrap().conditions;
    let message = &find(conditions, ConditionType::Ready).unwrap().message;
    assert!(
        message.contains("turn, expected by ") && message.contains(" UTC"),
        "{message}"
    );
    let events: Api<Event> = world.api();
    let told = world
        .until("the store tells of it", async || {
            let all = events.list(&ListParams::default()).await.unwrap().items;
            let told: Vec<Event> = all
                .into_iter()
                .filter(|event| event.involved_object.kind.as_deref() == Some("AzureStore"))
                .filter(|event| event.reason.as_deref() == Some(Reason::Throttled.as_str()))
                .collect();
            if told.is_empty() {
                Err("no event".to_owned())
            } else {
                Ok(told)
            }
        })
        .await;
    assert_eq!(told.len(), 1, "{told:#?}");
    world.wait_ready_of::<AzureStore>("default").await;
}

/// Whoever waits asks Azure nothing: each key is looked at before its PUT, and once more if its turn did not come at once.
fn no_needless_call(world: &World) {
    let log = world.emulator().log();
    let reads = log
        .iter()
        .filter(|record| record.request.method == "GET")
        .filter(|record| record.request.path.contains("sshPublicKeys/"));
    let count = reads.count();
    println!("throttle: {count} reads for {} writes", KEYS + 1);
    assert!(count <= KEYS + (KEYS - BURST) + 2, "{count} reads");
    let paths: BTreeSet<&String> = log.iter().map(|record| &record.request.path).collect();
    assert!(paths.len() <= KEYS + 1 + 10, "{paths:?}");
}
