//! What goes wrong for one object, or on the way to the API server, stops nothing else and is not fought for.

use std::time::Instant;

use arm_emulator::{Effect, Fault as AzureFault, FaultAnswer};
use dev::{
    proxy::{Fault, Rule},
    world::{World, WorldOptions, resource_id},
};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Resource,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::{ConditionType, SshKey, condition::find};

use crate::{
    manifests::{key, secret},
    operator::metrics,
};

fn answer(status: u16) -> Fault {
    Fault::Answer {
        status,
        retry_after: None,
    }
}

fn others() -> Vec<String> {
    (0..10).map(|number| format!("good-{number}")).collect()
}

/// Applies keys to publish, and waits for each.
async fn all_become_ready(world: &World, names: &[String]) {
    let manifests: Vec<String> = names.iter().map(|name| key(name, "{azure: {}}")).collect();
    world.apply(&manifests.join("---\n")).await;
    for name in names {
        world.wait_ready(name).await;
    }
}

/// How often the status of an object was to be written.
fn status_writes(world: &World, name: &str) -> usize {
    let log = world.proxy().log();
    let of_it = log.iter().filter(|entry| {
        entry.access.resource == "sshkeys/status" && entry.access.name.as_deref() == Some(name)
    });
    of_it.count()
}

/// How many requests to the API server were about an object, or about what it is kept in, but for events.
fn requests_about(world: &World, name: &str) -> usize {
    let log = world.proxy().log();
    let about = log.iter().filter(|entry| {
        entry.access.name.as_deref() == Some(name) && entry.access.resource != "events"
    });
    about.count()
}

#[tokio::test]
async fn a_status_that_can_not_be_written_is_tried_again_at_intervals_and_stops_only_its_object() {
    let world = World::start(WorldOptions::new()).await;
    // Of 404 it can't be told whether there is no such object or, yet, no such kind: it is not taken for gone.
    for status in [500, 403, 422, 409, 404] {
        let name = format!("poison-{status}");
        let rule = Rule::on("patch", "sshkeys/status", answer(status));
        world.proxy().add_rule(rule.named(&name));
        world.proxy().reset();
        let since = Instant::now();
        world.apply(&key(&name, "{azure: {}}")).await;
        let names: Vec<String> = others()
            .iter()
            .map(|other| format!("{other}-{status}"))
            .collect();
        all_become_ready(&world, &names).await;
        world
            .until("it is tried again", async || {
                match status_writes(&world, &name) {
                    tries if tries >= 4 => Ok(()),
                    tries => Err(format!("{tries} tries")),
                }
            })
            .await;
        // At the least a second lies between two reconciles, after the first two; of a conflict each makes three tries. Each
        // reads the object, its Secret and nothing else.
        let (tries, requests) = (status_writes(&world, &name), requests_about(&world, &name));
        let seconds = usize::try_from(since.elapsed().as_secs()).unwrap() + 1;
        println!("poison: {status}: {tries} tries in {seconds} s, {requests} requests");
        assert!(tries <= 6 + seconds, "{tries} tries in {seconds} s");
        assert!(requests <= 6 + 4 * tries, "{requests} for {tries} tries");
        // What it is for is done all the same, and once.
        let id = resource_id(&format!("{}.{name}", world.namespace()));
        assert!(world.emulator().key(&id).is_some());
        let log = world.emulator().log();
        let puts = log.iter().filter(|record| {
            record.request.method == "PUT" && record.request.path.ends_with(&format!(".{name}"))
        });
        assert_eq!(puts.count(), 1);
        world.proxy().clear_rules();
        world.wait_ready(&name).await;
    }
}

#[tokio::test]
async fn an_event_that_is_refused_or_never_answered_stops_nothing() {
    let world = World::start(WorldOptions::new()).await;
    for (number, fault) in [answer(403), answer(500), Fault::DropRequest, Fault::Timeout]
        .into_iter()
        .enumerate()
    {
        world.proxy().add_rule(Rule::on("*", "events", fault));
        let names: Vec<String> = (0..3)
            .map(|other| format!("web-{number}-{other}"))
            .collect();
        all_become_ready(&world, &names).await;
        for name in &names {
            assert!(world.events(name).await.is_empty());
            let api = world.api::<SshKey>();
            api.delete(name, &DeleteParams::default()).await.unwrap();
        }
        for name in &names {
            world.wait_gone::<SshKey>(name).await;
        }
        world.proxy().clear_rules();
    }
    assert!(world.emulator().keys().is_empty());
    all_become_ready(&world, &["told".to_owned()]).await;
    world
        .until("events are written again", async || {
            let events = world.events("told").await;
            if events.is_empty() {
                Err("no event".to_owned())
            } else {
                Ok(())
            }
        })
        .await;
}

/// Values that no program of ours has written, where people and programs can write.
const RUBBISH: [&str; 8] = [
    "",
    "null",
    "[{}]",
    "[{\"id\":\"/\",\"store\":\"\",\"location\":\"\",\"deletionPolicy\":\"Delete\"}]",
    "[{\"id\":\"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/\u{1F511}\",\"store\":\"x\"}]",
    "\u{0}\u{202E}9999-12-31T23:59:60Z",
    "-009999-01-02T01:59:59Z",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];

#[tokio::test]
async fn rubbish_wherever_somebody_can_write_it_makes_nothing_panic_and_stops_only_its_object() {
    let world = World::start(WorldOptions::new()).await;
    let names: Vec<String> = (0..RUBBISH.len())
        .map(|number| format!("rubbish-{number}"))
        .collect();
    for (name, rubbish) in names.iter().zip(RUBBISH) {
        world
            .apply(&secret(&format!("{name}-given"), "key", rubbish))
            .await;
        let given = format!(
            "{{source: {{privateKey: {{secretRef: {{name: {name}-given, key: key}}}}}}, azure: {{}}}}"
        );
        world.apply(&key(&format!("{name}-given"), &given)).await;
    }
    all_become_ready(&world, &names).await;
    for (name, rubbish) in names.iter().zip(RUBBISH) {
        // Each annotation that the operator reads, on the object and on the Secret.
        let annotations: serde_json::Map<_, _> = [
            "azure-keys",
            "outputs",
            "abandon",
            "rotate-requested-at",
            "created-at",
            "fingerprint",
            "revision",
        ]
        .into_iter()
        .map(|name| (format!("sshkey-operator.io/{name}"), json!(rubbish)))
        .collect();
        let patch = Patch::Merge(json!({ "metadata": { "annotations": annotations } }));
        let params = PatchParams::default();
        world
            .api::<SshKey>()
            .patch(name, &params, &patch)
            .await
            .unwrap();
        world
            .api::<Secret>()
            .patch(name, &params, &patch)
            .await
            .unwrap();
    }
    all_become_ready(&world, &others()).await;
    // Each was looked at since, and says something of its present generation.
    for name in &names {
        world
            .wait_for::<SshKey>(name, "judged", |key| {
                let status = key.status.as_ref();
                let ready =
                    status.and_then(|status| find(&status.conditions, ConditionType::Ready));
                ready.is_some_and(|ready| ready.observed_generation == key.meta().generation)
            })
            .await;
    }
    let scrape = metrics::until(&world, "sshkey_panics_total", &[], 0.0).await;
    let panics = scrape.sum("controller_runtime_reconcile_panics_total", &[]);
    assert_eq!(panics, Some(0.0));
    assert!(world.operator().is_running());
}

#[tokio::test]
async fn answers_of_azure_that_nobody_would_send_make_nothing_panic() {
    let world = World::start(WorldOptions::new()).await;
    let faults = world.emulator().faults();
    let odd = |status, content: &str, body: &str| FaultAnswer::raw(status, content, body);
    let mut endless = odd(429, "application/json", "{}").retry_after(u64::MAX);
    for name in [
        "x-ms-ratelimit-remaining-resource",
        "x-ms-ratelimit-remaining-subscription-writes",
        "x-ms-ratelimit-remaining-subscription-reads",
        "x-ms-request-id",
        "date",
    ] {
        let rubbish = "Microsoft.Compute/;-1,99999999999999999999;9";
        endless.headers.insert(name.to_owned(), rubbish.to_owned());
    }
    let deep = "[".repeat(100_000);
    let answers = [
        odd(200, "application/json", ""),
        odd(200, "application/json", "null"),
        odd(200, "application/json", &deep),
        odd(
            201,
            "application/json",
            "{\"properties\":{\"publicKey\":7}}",
        ),
        odd(204, "text/html", "<html>"),
        odd(302, "text/html", ""),
        odd(418, "application/json", "{\"error\":[]}"),
        odd(599, "application/json", "{\"error\":{\"code\":{}}}"),
        endless,
    ];
    for method in ["GET", "PUT"] {
        for answer in &answers {
            let effect = Effect::Answer(answer.clone());
            faults.add(AzureFault::on(method, "/sshPublicKeys", effect));
        }
    }
    for answer in &answers[..4] {
        let effect = Effect::Answer(answer.clone());
        faults.add(AzureFault::on("POST", "/token", effect));
    }
    world.apply(&key("web", "{azure: {}}")).await;
    world
        .until("all were given", async || {
            let left: Vec<String> = faults
                .list()
                .into_iter()
                .filter(|(_, fault, seen)| *seen < fault.nth + fault.times - 1)
                .map(|(_, fault, _)| format!("{fault:?}"))
                .collect();
            match left.len() {
                // Whoever is told to wait for ever does not come back for what is left.
                0 => Ok(()),
                count => Err(format!("{count} were not; {}", left[0])),
            }
        })
        .await;
    let scrape = metrics::until(&world, "sshkey_panics_total", &[], 0.0).await;
    let panics = scrape.sum("controller_runtime_reconcile_panics_total", &[]);
    assert_eq!(panics, Some(0.0));
}
