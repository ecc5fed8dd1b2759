//! A thousand edits of one namespace, and another's single new key.

use std::time::Duration;

use dev::{
    proxy::Entry,
    world::{World, WorldOptions},
};
use futures::{StreamExt, TryStreamExt, stream};
use kube::{
    Api,
    api::{ListParams, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sshkey_operator::api::SshKey;

use super::world::{BUSY, two_namespaces};
use crate::manifests::key;

const EDITS: usize = 1_000;
/// How many objects the operator reconciles at the same time.
const WORKERS: usize = 4;

fn busy(world: &World) -> Api<SshKey> {
    Api::namespaced(world.client().clone(), BUSY)
}

fn name(number: usize) -> String {
    format!("edited-{number}")
}

/// Keys that cost the operator a status each time that they change, and nothing else.
async fn create_all(world: &World) {
    let keys = busy(world);
    stream::iter(0..EDITS)
        .map(async |number| {
            let spec = serde_json::from_value(json!({ "suspend": true })).unwrap();
            let made = SshKey::new(&name(number), spec);
            keys.create(&PostParams::default(), &made).await
        })
        .buffer_unordered(16)
        .try_for_each(async |_| Ok(()))
        .await
        .unwrap();
    let patience = Duration::from_mins(4);
    world
        .until_within(patience, "all of them have a status", async || {
            let all = keys.list(&ListParams::default()).await.unwrap().items;
            let without = all.iter().filter(|key| !is_seen(key)).count();
            if without == 0 {
                Ok(())
            } else {
                Err(format!("{without} have none"))
            }
        })
        .await;
}

fn is_seen(key: &SshKey) -> bool {
    let status = key.status.as_ref();
    status.is_some_and(|status| status.observed_generation == key.metadata.generation)
}

async fn edit_all(world: &World) {
    let keys = busy(world);
    let edit = Patch::Merge(json!({ "spec": { "deletionProtection": true } }));
    let params = PatchParams::default();
    stream::iter(0..EDITS)
        .map(async |number| keys.patch(&name(number), &params, &edit).await)
        .buffer_unordered(16)
        .try_for_each(async |_| Ok(()))
        .await
        .unwrap();
}

/// The statuses of the busy namespace among these requests.
fn statuses_of_the_busy(log: &[Entry]) -> usize {
    let is_one = |entry: &&Entry| {
        entry.write.is_some()
            && entry.access.namespace.as_deref() == Some(BUSY)
            && entry.path.ends_with("/status")
    };
    log.iter().filter(is_one).count()
}

#[tokio::test]
async fn a_thousand_edits_of_one_namespace_delay_anothers_new_key_by_a_few_reconciles() {
    let options = WorldOptions::new().flag("concurrency", WORKERS);
    let world = two_namespaces(options).await;
    create_all(&world).await;
    // All is there to be done at once when the operator comes back.
    world.operator().kill();
    edit_all(&world).await;
    world.apply(&key("quick", "{}")).await;
    let before = world.proxy().log().len();
    world.operator().restart().unwrap();
    world.wait_ready("quick").await;

    let log = world.proxy().log().split_off(before);
    let is_its =
        |entry: &Entry| entry.write.is_some() && entry.access.name.as_deref() == Some("quick");
    let first = log.iter().position(is_its).expect("its record is written");
    let last = log.iter().rposition(is_its).expect("its status is written");
    let (first, last) = (
        statuses_of_the_busy(&log[..first]),
        statuses_of_the_busy(&log[..last]),
    );
    println!(
        "fairness: {first} of {EDITS} edits were reported before its first write, {last} before it was Ready"
    );
    assert!(first <= 3 * WORKERS, "{first} edits went first");
    assert!(
        last < EDITS / 2,
        "{last} edits were reported before it was Ready"
    );
}
