//! One namespace wants everything at once; another's new key has its turn before the crowd's next.

use std::time::Duration;

use arm_emulator::{BucketSize, Limits, RequestRecord, Throttle};
use dev::{
    crowd::{self, IMPORTS, Imports, RSA_KEYS},
    world::{
        CLIENT, CLIENT_SECRET, CREDENTIALS, LOCATION, RESOURCE_GROUP, SUBSCRIPTION, TENANT, World,
        WorldOptions,
    },
};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, PostParams},
};
use serde_json::json;
use sshkey_operator::api::{Condition, ConditionType, Reason, SshKey, condition::find};

use super::world::{BUSY, two_namespaces};
use crate::manifests::{key, secret};

/// What Azure takes at once, which is less than the crowd asks for, and with each minute after that.
const BURST: u32 = 30;
const STEP: u32 = 10;

fn throttle() -> Throttle {
    let ssh_key_writes = BucketSize {
        capacity: BURST,
        refill: STEP,
        every_seconds: 60,
    };
    Throttle::On(Limits {
        ssh_key_writes,
        ..Limits::default()
    })
}

/// A store as the other namespace has it, with the same identity and subscription, and so of one budget with it.
fn store() -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: default}}\nspec: {{subscriptionID: {SUBSCRIPTION}, tenantID: {TENANT}, auth: {{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: {CREDENTIALS}}}}}}}, defaults: {{resourceGroup: {{name: {RESOURCE_GROUP}}}, location: {LOCATION}}}}}\n"
    )
}

async fn crowded(world: &World) -> Imports {
    let manifests = [secret(CREDENTIALS, "clientSecret", CLIENT_SECRET), store()].join("---\n");
    dev::manifests::apply(world.client(), BUSY, &manifests)
        .await
        .unwrap();
    let azure = crowd::Azure {
        tenant: TENANT,
        subscription: SUBSCRIPTION,
        client: CLIENT,
        group: RESOURCE_GROUP,
    };
    crowd::fill(world.client(), BUSY, azure).await.unwrap()
}

/// How many keys of the crowd were generated, and how many opened.
async fn done(world: &World) -> usize {
    let secrets: Api<Secret> = Api::namespaced(world.client().clone(), BUSY);
    let all = secrets.list(&ListParams::default()).await.unwrap().items;
    all.iter()
        .filter(|secret| crowd::is_slow(&secret.name_any()))
        .count()
}

/// The keys that were put into Azure, by their paths, in this order.
fn puts(world: &World) -> Vec<String> {
    let log = world.emulator().log().into_iter();
    let puts = log.filter(|one| one.request.method == "PUT");
    puts.map(|put| put.request.path).collect()
}

/// The Ready condition of a key, if it has one.
async fn ready(world: &World, name: &str) -> Option<Condition> {
    let key = world.api::<SshKey>().get(name).await.unwrap();
    let conditions = key.status.map(|status| status.conditions);
    find(&conditions.unwrap_or_default(), ConditionType::Ready).cloned()
}

async fn is_ready(world: &World, name: &str) -> bool {
    let ready = ready(world, name).await;
    ready.is_some_and(|ready| ready.status == "True")
}

#[tokio::test]
async fn whatever_a_namespace_wants_at_once_anothers_new_key_has_its_turn_before_the_next_of_it() {
    let options = WorldOptions::new()
        .emulator(|mut config| {
            config.throttle = throttle();
            config
        })
        .flag("azure-writes-burst", BURST)
        .flag("azure-writes-per-minute", STEP)
        .flag("azure-sweep-interval", "5m");
    let world = two_namespaces(options).await;
    let mut imports = crowded(&world).await;
    world
        .until("the crowd has used up the writes", async || {
            match puts(&world).len() {
                all if all >= BURST as usize => Ok(()),
                other => Err(format!("{other} writes")),
            }
        })
        .await;

    imports.change().await.unwrap();
    let asked = world.emulator().log().len();
    world.apply(&key("quick", "{azure: {}}")).await;
    let generate = json!({ "source": { "generate": { "algorithm": "RSA", "size": 2048 } } });
    let own = SshKey::new("own", serde_json::from_value(generate).unwrap());
    let keys = world.api::<SshKey>();
    let came = keys.create(&PostParams::default(), &own).await.unwrap();
    let patience = Duration::from_mins(3);
    let mut before = None;
    world
        .until_within(patience, "both are Ready", async || {
            let written = puts(&world).len();
            let quick = ready(&world, "quick").await;
            if quick.is_some_and(|ready| ready.reason == Reason::Throttled.as_str()) {
                before.get_or_insert(written);
            }
            let ready = (
                is_ready(&world, "quick").await,
                is_ready(&world, "own").await,
            );
            if ready == (true, true) {
                return Ok(());
            }
            imports.change().await.unwrap();
            Err(format!("{ready:?}"))
        })
        .await;
    its_slow_work_was_next(&world, version(&came)).await;
    if let Some(before) = before {
        its_write_was_next(&world, before);
    }
    its_read_was_next(&world, asked);
    let done = done(&world).await;
    assert!(done < RSA_KEYS + IMPORTS, "there was nothing to wait for");
    what_is_deleted_is_not_generated_for(&world).await;
}

/// The jobs that were under way on each core when it came, what was next then, and as much again until it was heard of. The
/// versions of objects say which was written first.
async fn its_slow_work_was_next(world: &World, came: u64) {
    let own = world.secret("own").await.expect("its key was stored");
    let since = came..version(&own);
    let secrets: Api<Secret> = Api::namespaced(world.client().clone(), BUSY);
    let all = secrets.list(&ListParams::default()).await.unwrap().items;
    let first = all
        .iter()
        .filter(|secret| crowd::is_slow(&secret.name_any()) && since.contains(&version(*secret)));
    let first = first.count();
    let cores = std::thread::available_parallelism().unwrap().get();
    println!("fairness: {first} slow jobs of the crowd, on {cores} cores, ended before");
    assert!(
        first <= 3 * cores,
        "{first} slow jobs of the crowd went first"
    );
}

fn version(object: &impl ResourceExt) -> u64 {
    object.resource_version().unwrap().parse().unwrap()
}

/// The crowd's other keys waited for what Azure takes next, and this one was among the first for which that was enough: those
/// of one step go at the same time, in any order. What Azure took before it had joined the line is no matter of turns.
fn its_write_was_next(world: &World, before: usize) {
    let puts = puts(world);
    let place = puts.iter().position(|put| put.ends_with(".quick"));
    let place = place.expect("it was published") - before;
    println!("fairness: its write to Azure was number {place} of the next");
    assert!(place < STEP as usize, "it was number {place} of the next");
}

/// The crowd's recorded places are looked at one for one, as Azure takes it, and this key's place came before most of them.
fn its_read_was_next(world: &World, asked: usize) {
    let log = world.emulator().log();
    let log = &log[asked..];
    let its = |one: &RequestRecord| one.request.path.ends_with(".quick");
    let first = log.iter().position(its).expect("its place was looked at");
    let recorded = |one: &&RequestRecord| one.request.path.contains("/recorded-");
    let before = log[..first].iter().filter(recorded).count();
    let after = log[first..].iter().filter(recorded).count();
    println!("fairness: {before} recorded places were looked at before its own, {after} after it");
    assert!(before <= after, "{before} recorded places went first");
}

async fn what_is_deleted_is_not_generated_for(world: &World) {
    let keys: Api<SshKey> = Api::namespaced(world.client().clone(), BUSY);
    let name = |number| format!("rsa-{number}");
    for number in 0..RSA_KEYS {
        let params = DeleteParams::default();
        keys.delete(&name(number), &params).await.unwrap();
    }
    world
        .until("all that was deleted is gone", async || {
            let left = keys.list(&ListParams::default()).await.unwrap().items;
            let left = left.iter().filter(|key| key.name_any().starts_with("rsa-"));
            match left.count() {
                0 => Ok(()),
                left => Err(format!("{left} are left")),
            }
        })
        .await;
    let secrets: Api<Secret> = Api::namespaced(world.client().clone(), BUSY);
    let secrets = secrets.list(&ListParams::default()).await.unwrap().items;
    let made = secrets
        .iter()
        .filter(|one| one.name_any().starts_with("rsa-"));
    assert!(made.count() < RSA_KEYS, "all of them were generated");
}
