//! What `/metrics` says is what happened, and its size does not depend on the number of objects.

// What is counted is whole, and as a float it is exact.
#![allow(clippy::float_cmp)]

use arm_emulator::{Effect, Fault, FaultAnswer};
use dev::{
    operator::Operator,
    world::{Part, World, WorldOptions},
};
use kube::{Api, ResourceExt, api::DeleteParams};
use sshkey_operator::{
    api::{ClusterAzureStore, ConditionType, Reason, SshKey},
    metrics::Metrics,
};

use crate::{
    manifests::key,
    operator::openmetrics::Scrape,
    stores::of_the_cluster::{ANYBODY, client_secret, credentials, store},
};

pub(crate) async fn text(world: &World) -> String {
    text_of(world.operator()).await
}

async fn text_of(operator: &Operator) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = operator.metrics_url();
    let answer = client.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    answer.text().await.unwrap()
}

pub(crate) async fn scrape(world: &World) -> Scrape {
    scrape_of(world.operator()).await
}

pub(crate) async fn scrape_of(operator: &Operator) -> Scrape {
    let text = text_of(operator).await;
    Scrape::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Waits until a metric has a value: the watch is a moment behind.
pub(crate) async fn until(world: &World, name: &str, with: &[(&str, &str)], value: f64) -> Scrape {
    world.operator().ready().await.unwrap();
    world
        .until(format!("{name} {with:?} is {value}"), async || {
            let scrape = scrape(world).await;
            match scrape.sum(name, with) {
                Some(found) if (found - value).abs() < 0.001 => Ok(scrape),
                other => Err(format!("{other:?}: {}", series(&scrape, name))),
            }
        })
        .await
}

/// The series of a metric that are not 0.
fn series(scrape: &Scrape, name: &str) -> String {
    let of_it = scrape.series.iter();
    let of_it = of_it.filter(|((of, _), value)| of == name && **value > 0.0);
    let told: Vec<String> = of_it
        .map(|((_, labels), value)| format!("{labels:?} {value}"))
        .collect();
    told.join(", ")
}

const READY: [(&str, &str); 2] = [("state", "ready"), ("algorithm", "Ed25519")];

#[tokio::test]
async fn a_key_is_counted_from_its_creation_to_its_end() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let scrape = until(&world, "sshkey_keys", &READY, 1.0).await;
    let sum = |name, with: &[(&str, &str)]| scrape.sum(name, with);
    assert_eq!(sum("sshkey_keys", &[]), Some(1.0));
    for (step, times) in [("CreateSecret", 1.0), ("PublishKey", 1.0), ("Record", 1.0)] {
        let done = [("step", step), ("outcome", "done")];
        assert_eq!(sum("sshkey_steps_total", &done), Some(times), "{step}");
    }
    let created = [("operation", "CreateKey"), ("code", "201")];
    assert_eq!(sum("sshkey_azure_requests_total", &created), Some(1.0));
    let durations = "sshkey_azure_request_duration_seconds_count";
    assert_eq!(sum(durations, &[("operation", "CreateKey")]), Some(1.0));
    assert_eq!(sum("sshkey_azure_tokens_total", &[]), Some(1.0));
    assert_eq!(
        sum("sshkey_azure_tokens_total", &[("outcome", "issued")]),
        Some(1.0)
    );
    let age = scrape.sum("sshkey_oldest_key_age_seconds", &[]).unwrap();
    assert!((0.0..120.0).contains(&age), "{age}");
    let writes = [("bucket", "compute_writes"), ("location", "westeurope")];
    let left = scrape
        .sum("sshkey_azure_budget_remaining", &writes)
        .unwrap();
    assert!((100.0..=120.0).contains(&left), "{left}");
    assert_eq!(sum("sshkey_azure_budget_wait_seconds", &[]), Some(0.0));
    let posted = [("code", "201"), ("method", "POST")];
    assert!(sum("rest_client_requests_total", &posted) >= Some(1.0));
    let reconciles = sum(
        "controller_runtime_reconcile_total",
        &[("controller", "sshkey")],
    );
    let timed = [("kind", "SshKey"), ("result", "success")];
    assert!(reconciles >= Some(1.0));
    assert!(sum("sshkey_reconcile_duration_seconds_count", &timed) >= Some(1.0));
    let limit = "controller_runtime_max_concurrent_reconciles";
    assert_eq!(sum(limit, &[("controller", "sshkey")]), Some(32.0));
    for never in [
        "sshkey_panics_total",
        "sshkey_azure_orphans_total",
        "sshkey_watch_failures_total",
        "controller_runtime_reconcile_errors_total",
        "controller_runtime_reconcile_panics_total",
    ] {
        assert_eq!(scrape.sum(never, &[]), Some(0.0), "{never}");
    }
    let stores = [("kind", "AzureStore"), ("state", "ready")];
    until(&world, "sshkey_stores", &stores, 1.0).await;

    let api = world.api::<SshKey>();
    api.delete("web", &DeleteParams::default()).await.unwrap();
    world.wait_gone::<SshKey>("web").await;
    let gone = until(&world, "sshkey_keys", &[], 0.0).await;
    let deleted = [("step", "DeleteAzureKey"), ("outcome", "done")];
    assert_eq!(gone.sum("sshkey_steps_total", &deleted), Some(1.0));
    no_age_is_told(&world).await;
}

/// The watch may tell of the end of a key before the reconcile that brought it has ended.
async fn no_age_is_told(world: &World) {
    world
        .until("there is no key any more", async || {
            let age = scrape(world).await;
            match age.sum("sshkey_oldest_key_age_seconds", &[]) {
                None => Ok(()),
                Some(age) => Err(format!("one is {age} s old")),
            }
        })
        .await;
}

#[tokio::test]
async fn a_throttle_is_seen_while_it_lasts() {
    let world = World::start(WorldOptions::new()).await;
    let answer = FaultAnswer::error(429, "OperationNotAllowed", "too many").retry_after(8);
    let faults = world.emulator().faults();
    faults.add(Fault::on("PUT", "sshPublicKeys", Effect::Answer(answer)).times(1));
    world.apply(&key("web", "{azure: {}}")).await;
    let _: SshKey = world
        .wait_condition(
            "web",
            ConditionType::AzureSynced,
            "False",
            Reason::Throttled,
        )
        .await;
    let throttled = [("state", "reconciling"), ("algorithm", "Ed25519")];
    let scrape = until(&world, "sshkey_keys", &throttled, 1.0).await;
    let wait = scrape.sum("sshkey_azure_budget_wait_seconds", &[]).unwrap();
    assert!(wait > 0.0 && wait <= 8.0, "{wait}");
    let refused = [("operation", "CreateKey"), ("code", "429")];
    assert_eq!(
        scrape.sum("sshkey_azure_requests_total", &refused),
        Some(1.0)
    );
    let step = [("step", "PublishKey"), ("outcome", "throttled")];
    // Those that were not even sent, for want of room, are among them.
    assert!(scrape.sum("sshkey_steps_total", &step) >= Some(1.0));

    world.wait_ready("web").await;
    let scrape = until(&world, "sshkey_keys", &READY, 1.0).await;
    assert_eq!(
        scrape.sum("sshkey_azure_budget_wait_seconds", &[]),
        Some(0.0)
    );
}

#[tokio::test]
async fn a_store_that_gets_no_token_and_its_key_are_counted_as_what_they_are() {
    let world = World::start(WorldOptions::new()).await;
    world.emulator().set_tenants(Vec::new());
    world.apply(&key("web", "{azure: {}}")).await;
    let stalled = [("kind", "AzureStore"), ("state", "stalled")];
    world.operator().restart().unwrap();
    let scrape = until(&world, "sshkey_stores", &stalled, 1.0).await;
    let refused = [("outcome", "refused")];
    assert!(scrape.sum("sshkey_azure_tokens_total", &refused) >= Some(1.0));
    until(&world, "sshkey_keys", &[("state", "stalled")], 1.0).await;
}

#[tokio::test]
async fn a_store_of_the_cluster_is_counted_until_it_is_gone() {
    let options = WorldOptions::new().cluster_stores().without(Part::Store);
    let world = World::start(options).await;
    let kind = ("kind", "ClusterAzureStore");
    until(&world, "sshkey_stores", &[kind], 0.0).await;
    // Its Secret is missing.
    let auth = client_secret();
    world.apply_to_system(&store(&auth, ANYBODY)).await;
    until(&world, "sshkey_stores", &[kind, ("state", "stalled")], 1.0).await;
    world.apply_to_system(&credentials()).await;
    let scrape = until(&world, "sshkey_stores", &[kind, ("state", "ready")], 1.0).await;
    let total = "controller_runtime_reconcile_total";
    assert!(scrape.sum(total, &[("controller", "clusterazurestore")]) >= Some(2.0));
    let stores: Api<ClusterAzureStore> = Api::all(world.client().clone());
    let params = DeleteParams::default();
    stores.delete("default", &params).await.unwrap();
    until(&world, "sshkey_stores", &[kind], 0.0).await;
}

#[tokio::test]
async fn two_hundred_keys_make_no_more_series_than_ten() {
    let world = World::start(WorldOptions::new()).await;
    let apply = async |numbers: std::ops::Range<u32>| {
        for number in numbers {
            world.apply(&key(&format!("key-{number}"), "{}")).await;
        }
    };
    // The codes of requests and the outcomes of steps may be met for the first time whenever that is.
    let series = |scrape: &Scrape| -> Vec<String> {
        let names = scrape.series.keys();
        names
            .filter(|(name, _)| {
                name != "rest_client_requests_total" && name != "sshkey_steps_total"
            })
            .map(|series| format!("{series:?}"))
            .collect()
    };
    apply(0..10).await;
    let store = [("kind", "AzureStore"), ("state", "ready")];
    until(&world, "sshkey_stores", &store, 1.0).await;
    let few = until(&world, "sshkey_keys", &READY, 10.0).await;
    apply(10..200).await;
    let many = until(&world, "sshkey_keys", &READY, 200.0).await;
    assert_eq!(series(&few), series(&many));
    assert!(many.series.len() < 300, "{} series", many.series.len());

    let objects = world
        .api::<SshKey>()
        .list(&Default::default())
        .await
        .unwrap();
    let values = many.label_values();
    for object in objects {
        let uid = object.uid().unwrap();
        let fingerprint = object.status.clone().unwrap().fingerprint.unwrap();
        for told in [object.name_any(), uid, fingerprint] {
            assert!(!values.iter().any(|value| value.contains(&told)), "{told}");
        }
    }
    assert!(!values.contains(world.namespace()), "{values:?}");
}

#[tokio::test]
async fn every_series_is_of_a_metric_that_is_known_with_the_labels_that_are_known() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let scrape = until(&world, "sshkey_keys", &READY, 1.0).await;
    let known = Metrics::new();
    let mut met = std::collections::BTreeSet::new();
    for (name, labels) in scrape.series.keys() {
        let metric = known
            .described()
            .iter()
            .find(|metric| {
                let rest = name.strip_prefix(metric.name.as_str());
                rest.is_some_and(|rest| {
                    rest.is_empty() || ["_bucket", "_count", "_sum"].contains(&rest)
                })
            })
            .unwrap_or_else(|| panic!("{name} is not known"));
        let mut expected = metric.labels.clone();
        expected.sort_unstable();
        let found: Vec<&str> = labels
            .keys()
            .map(String::as_str)
            .filter(|label| *label != "le")
            .collect();
        assert_eq!(found, expected, "{name}");
        met.insert(metric.name.as_str());
    }
    let all = known.described().iter().map(|metric| metric.name.as_str());
    let missing: Vec<&str> = all.filter(|name| !met.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
