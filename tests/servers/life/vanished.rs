//! Of objects that are gone nothing stays in memory, however they went: deleted while they were queued or half done, a
//! thousand at once, or let go by force, which no reconcile sees.

use std::time::Duration;

use arm_emulator::{Effect, Fault as AzureFault, FaultAnswer, Throttle};
use dev::{
    proxy::{Fault, Rule},
    world::{World, WorldOptions},
};
use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use crate::{manifests::key, operator::metrics};

const KEYS: usize = 1_000;

/// Without Azure's throttle, neither there nor expected here, and without looks at what has not changed.
fn unthrottled() -> WorldOptions {
    WorldOptions::new()
        .emulator(|mut config| {
            config.throttle = Throttle::Off;
            config
        })
        .flag("azure-writes-burst", 1_000_000)
        .flag("azure-writes-per-minute", 60_000_000)
        .flag("azure-sweep-interval", "10m")
}

/// One in five is not published, and one in five has outputs.
async fn create(world: &World) {
    let api: Api<SshKey> = world.api();
    stream::iter(0..KEYS)
        .map(|number| {
            let spec = match number % 5 {
                0 => json!({ "secret": { "deletionPolicy": "Delete" } }),
                1 => json!({
                    "secret": { "deletionPolicy": "Delete" },
                    "azure": {},
                    "outputs": [
                        { "name": format!("key-{number:04}-public"), "publicConfigMap": {} }
                    ],
                }),
                _ => json!({ "secret": { "deletionPolicy": "Delete" }, "azure": {} }),
            };
            let spec = serde_json::from_value(spec).unwrap();
            let key = SshKey::new(&format!("key-{number:04}"), spec);
            let api = api.clone();
            async move { api.create(&PostParams::default(), &key).await }
        })
        .buffer_unordered(16)
        .for_each(|created| {
            created.unwrap();
            std::future::ready(())
        })
        .await;
}

/// As fast as the API server takes it; a deletion of the whole collection would do one after the other.
async fn delete_all(world: &World) {
    let api: Api<SshKey> = world.api();
    stream::iter(0..KEYS)
        .map(|number| {
            let api = api.clone();
            async move {
                let name = format!("key-{number:04}");
                api.delete(&name, &DeleteParams::default()).await
            }
        })
        .buffer_unordered(32)
        .for_each(|deleted| {
            drop(deleted.unwrap());
            std::future::ready(())
        })
        .await;
}

async fn ready(world: &World) -> usize {
    let keys = world.api::<SshKey>().list(&ListParams::default()).await;
    let keys = keys.unwrap().items.into_iter();
    keys.filter(|key| {
        let status = key.status.as_ref();
        let ready = status.and_then(|status| find(&status.conditions, ConditionType::Ready));
        ready.is_some_and(|ready| ready.status == "True")
    })
    .count()
}

pub(crate) async fn nothing_is_left(world: &World) {
    let patience = Duration::from_mins(4);
    world
        .until_within(patience, "all are gone", async || {
            let keys = world
                .api::<SshKey>()
                .list_metadata(&ListParams::default())
                .await;
            let keys = keys.unwrap().items.len();
            match (keys, world.emulator().keys().len()) {
                (0, 0) => Ok(()),
                other => Err(format!("{other:?} keys in the cluster and in Azure")),
            }
        })
        .await;
    let ours = ListParams::default().labels("sshkey-operator.io/secret-role");
    // Public outputs go by their owner references; and Secrets last, where the object went first.
    world
        .until("what was made for them is gone", async || {
            let secrets = world.api::<Secret>().list_metadata(&ours).await.unwrap();
            let maps = world.api::<ConfigMap>().list_metadata(&ours).await.unwrap();
            match (secrets.items.len(), maps.items.len()) {
                (0, 0) => Ok(()),
                other => Err(format!("{other:?} Secrets and ConfigMaps are not")),
            }
        })
        .await;
}

/// Only the store `default` is remembered, and its session.
pub(crate) async fn nothing_is_remembered(world: &World) {
    metrics::until(world, "sshkey_keys", &[], 0.0).await;
    metrics::until(world, "sshkey_remembered", &[("what", "objects")], 1.0).await;
    let scrape = metrics::until(world, "sshkey_remembered", &[], 2.0).await;
    let waiting = scrape.sum("sshkey_azure_budget_waiting", &[]);
    assert_eq!(waiting.unwrap_or_default().to_string(), "0");
}

fn resident_kib(world: &World) -> u32 {
    let id = world.operator().id();
    dev::processes::usage(id).unwrap().resident_kib
}

#[tokio::test]
async fn a_thousand_objects_deleted_at_once_leave_nothing_behind() {
    let world = World::start(unthrottled()).await;
    metrics::until(&world, "sshkey_stores", &[("state", "ready")], 1.0).await;
    let empty = resident_kib(&world);
    create(&world).await;
    let patience = Duration::from_mins(4);
    world
        .until_within(patience, "half of them are Ready", async || {
            match ready(&world).await {
                count if count >= KEYS / 2 => Ok(()),
                count => Err(format!("{count} are")),
            }
        })
        .await;
    let full = resident_kib(&world);
    // The others are half done, or wait for their turn.
    delete_all(&world).await;
    nothing_is_left(&world).await;
    nothing_is_remembered(&world).await;
    println!(
        "vanished: {empty} KiB resident with no key, {full} KiB with {KEYS}, half of them Ready, {} KiB after all were \
         deleted at once",
        resident_kib(&world)
    );
}

/// Ten that Azure refuses, ten that it does not answer, ten whose status can't be written, ten that wait for their source;
/// and ten of each kind that nothing is against.
async fn ten_of_each_that_something_is_against(world: &World) -> Vec<String> {
    let refused = FaultAnswer::error(400, "InvalidParameter", "The SSH public key is not valid.");
    let faults = world.emulator().faults();
    faults.add(AzureFault::on("PUT", "*.refused-*", Effect::Answer(refused)).times(0));
    let unreachable = Effect::DropBeforeStore;
    faults.add(AzureFault::on("PUT", "*.unreachable-*", unreachable).times(0));
    let unwritten = Fault::Answer {
        status: 500,
        retry_after: None,
    };
    let mut manifests = Vec::new();
    let mut names = Vec::new();
    for number in 0..10 {
        for (kind, spec) in [
            ("refused", "{azure: {}}"),
            ("unreachable", "{azure: {}}"),
            ("unwritten", "{azure: {}}"),
            ("plain", "{}"),
            ("published", "{azure: {}}"),
            (
                "waits",
                "{source: {privateKey: {secretRef: {name: none, key: key}}}}",
            ),
        ] {
            let name = format!("{kind}-{number}");
            manifests.push(key(&name, spec));
            if kind == "unwritten" {
                let rule = Rule::on("patch", "sshkeys/status", unwritten.clone());
                world.proxy().add_rule(rule.named(&name));
            }
            names.push(name);
        }
    }
    world.apply(&manifests.join("---\n")).await;
    for number in 0..10 {
        world.wait_ready(&format!("plain-{number}")).await;
        world.wait_ready(&format!("published-{number}")).await;
        let waits = format!("waits-{number}");
        let _: SshKey = world
            .wait_condition(
                &waits,
                ConditionType::Ready,
                "False",
                Reason::SourceNotFound,
            )
            .await;
    }
    names
}

async fn are_let_go_by_force(world: &World, names: &[String]) {
    let api: Api<SshKey> = world.api();
    for name in names {
        api.delete(name, &DeleteParams::default()).await.unwrap();
        let free = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
        if let Err(error) = api.patch(name, &PatchParams::default(), &free).await {
            let gone = matches!(&error, kube::Error::Api(status) if status.code == 404);
            assert!(gone, "{name}: {error}");
        }
    }
    for name in names {
        world.wait_gone::<SshKey>(name).await;
    }
}

#[tokio::test]
async fn of_objects_that_are_let_go_by_force_with_something_against_them_nothing_stays() {
    // A watch wakes nobody for what was let go: the next look at it finds it gone.
    let world = World::start(unthrottled().flag("azure-sweep-interval", "2s")).await;
    let names = ten_of_each_that_something_is_against(&world).await;
    metrics::until(&world, "sshkey_remembered", &[("what", "objects")], 61.0).await;
    world
        .until("there is much to remember", async || {
            let text = metrics::text(&world).await;
            let remembered: Vec<&str> = text
                .lines()
                .filter(|line| line.starts_with("sshkey_remembered") && !line.ends_with(" 0.0"))
                .collect();
            if remembered.len() >= 4 {
                Ok(())
            } else {
                Err(format!("{remembered:?}"))
            }
        })
        .await;
    // A person takes the finalizers off: what was made is put away all the same, and nothing is remembered.
    are_let_go_by_force(&world, &names).await;
    nothing_is_remembered(&world).await;

    // The same name again, and at once: what was kept of the one before is not kept for the new one, nor beside it.
    world.proxy().clear_rules();
    let api: Api<SshKey> = world.api();
    for _ in 0..5 {
        world
            .apply(&key("plain-0", "{secret: {conflictPolicy: Adopt}}"))
            .await;
        let made = api.get("plain-0").await.unwrap();
        api.delete("plain-0", &DeleteParams::default())
            .await
            .unwrap();
        assert!(made.uid().is_some());
    }
    nothing_is_remembered(&world).await;
}
