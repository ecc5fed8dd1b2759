//! The start and the end of the process: it waits for its definitions, tells its health, and finishes what is under way.

use std::time::{Duration, Instant};

use arm_emulator::{Effect, Fault};
use dev::{
    crds,
    proxy::{Fault as ProxyFault, Rule},
    world::{
        CLIENT, CLIENT_SECRET, CREDENTIALS, LOCATION, Part, RESOURCE_GROUP, SUBSCRIPTION, TENANT,
        World, WorldOptions, resource_id,
    },
};
use k8s_openapi::api::core::v1::Secret;
use kube::{ResourceExt, api::DeleteParams};
use sshkey_operator::api::{AzureStore, ConditionType, Reason, SshKey, condition::find};

use crate::manifests::key;

pub(crate) fn id(world: &World, name: &str) -> String {
    resource_id(&format!("{}.{name}", world.namespace()))
}

/// Status and text of a page of the health server.
pub(crate) async fn health(world: &World, page: &str) -> Result<(u16, String), String> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client
        .get(format!("{}/{page}", world.operator().health_url()))
        .send()
        .await
        .map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    Ok((
        status,
        answer.text().await.map_err(|error| error.to_string())?,
    ))
}

/// From now on Azure takes a while to create a key, so that something can happen meanwhile.
pub(crate) fn slow_puts(world: &World, delay_ms: u64) {
    let fault = Fault {
        delay_ms,
        ..Fault::on("PUT", "/sshPublicKeys/", Effect::Proceed)
    };
    world.emulator().faults().add(fault.times(0));
}

pub(crate) async fn wait_secret(world: &World, name: &str) -> Secret {
    world.wait_for::<Secret>(name, "stored", |_| true).await
}

#[tokio::test]
async fn an_operator_that_is_installed_before_its_definitions_waits_for_them() {
    let options = WorldOptions::new()
        .own_control_plane()
        .without(Part::Crds)
        .without(Part::Store);
    let world = World::start(options).await;
    let process = world.operator().id();
    world
        .until("/readyz says what is missing", async || {
            match health(&world, "readyz").await {
                Ok((503, text)) if text.contains("CRD sshkeys.sshkey-operator.io") => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    assert_eq!(health(&world, "livez").await.unwrap().0, 200);
    crds::install(world.client()).await.unwrap();
    world.operator().ready().await.unwrap();
    world
        .apply(&format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {CREDENTIALS}}}\nstringData: {{clientSecret: {CLIENT_SECRET}}}\n---\n\
             apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: default}}\nspec: {{subscriptionID: {SUBSCRIPTION}, \
             tenantID: {TENANT}, auth: {{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: {CREDENTIALS}}}}}}}, \
             defaults: {{resourceGroup: {{name: {RESOURCE_GROUP}}}, location: {LOCATION}}}}}\n"
        ))
        .await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    assert_eq!(world.operator().id(), process, "without a restart");
    assert!(world.operator().is_running());
}

#[tokio::test]
async fn health_tells_a_start_from_a_life() {
    let world = World::start(WorldOptions::new()).await;
    world.operator().ready().await.unwrap();
    assert_eq!(
        health(&world, "livez").await.unwrap(),
        (200, "ok\n".to_owned())
    );
    assert_eq!(
        health(&world, "readyz").await.unwrap(),
        (200, "ok\n".to_owned())
    );
    // Started while the API server is away: alive, and not ready until it is back.
    world.operator().kill();
    world.proxy().refuse(true);
    world.operator().restart().unwrap();
    world
        .until("/readyz says what is missing", async || {
            match health(&world, "readyz").await {
                Ok((503, text)) if text.contains("the API server") => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    assert_eq!(health(&world, "livez").await.unwrap().0, 200);
    world.proxy().refuse(false);
    world.operator().ready().await.unwrap();
}

#[tokio::test]
async fn a_terminated_operator_finishes_what_is_under_way_and_exits_well() {
    let world = World::start(WorldOptions::new()).await;
    slow_puts(&world, 1_500);
    world.apply(&key("web", "{azure: {}}")).await;
    wait_secret(&world, "web").await;
    let asked = Instant::now();
    let ended = world.operator().terminate().await.unwrap();
    assert!(ended.success(), "{ended}");
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "{:?}",
        asked.elapsed()
    );
    // No operator runs any more: this is what it left behind.
    let status = world
        .api::<SshKey>()
        .get("web")
        .await
        .unwrap()
        .status
        .unwrap();
    assert_eq!(
        find(&status.conditions, ConditionType::Ready)
            .unwrap()
            .status,
        "True"
    );
    assert!(world.emulator().key(&id(&world, "web")).is_some());

    // With nothing to do it ends at once; while it still waits for the API server too.
    for api_server_away in [false, true] {
        world.proxy().refuse(api_server_away);
        world.operator().restart().unwrap();
        world
            .until("it answers", async || health(&world, "livez").await)
            .await;
        if !api_server_away {
            world.operator().ready().await.unwrap();
        }
        let asked = Instant::now();
        let ended = world.operator().terminate().await.unwrap();
        assert!(ended.success(), "{ended}");
        assert!(
            asked.elapsed() < Duration::from_secs(5),
            "{:?}",
            asked.elapsed()
        );
    }
}

/// Starts the operator while the first list of a kind is not answered, and ends it. Before that list, the definition was
/// `tried` by lists of its own.
async fn ends_without_a_list(world: &World, resource: &str, tried: u32) {
    world.operator().kill();
    let proxy = world.proxy();
    proxy.reset();
    proxy.add_rule(Rule::on("list", resource, ProxyFault::Delay(Duration::ZERO)).times(tried));
    proxy.add_rule(Rule::on("list", resource, ProxyFault::Timeout));
    world.operator().restart().unwrap();
    world
        .until("the first list is asked for", async || {
            let counts = proxy.counts();
            let asked = counts.get(&("list".to_owned(), resource.to_owned()));
            let asked = asked.copied().unwrap_or_default();
            if asked > u64::from(tried) {
                Ok(())
            } else {
                Err(format!("{asked} lists"))
            }
        })
        .await;
    let asked = Instant::now();
    let ended = world.operator().terminate().await.unwrap();
    assert!(ended.success(), "{ended}");
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{resource}: {:?}",
        asked.elapsed()
    );
    proxy.clear_rules();
}

#[tokio::test]
async fn an_operator_that_waits_for_its_first_list_ends_at_once() {
    let world = World::start(WorldOptions::new().cluster_stores()).await;
    world.operator().ready().await.unwrap();
    for (resource, tried) in [
        ("sshkeyplans", 0),
        ("sshkeys", 1),
        ("azurestores", 1),
        ("clusterazurestores", 0),
    ] {
        ends_without_a_list(&world, resource, tried).await;
    }
}

#[tokio::test]
async fn what_happened_while_the_operator_was_down_is_dealt_with_at_its_start() {
    let world = World::start(WorldOptions::new()).await;
    for (name, spec) in [
        ("gone", "{azure: {}}"),
        (
            "gone-with-secret",
            "{secret: {deletionPolicy: Delete}, azure: {}}",
        ),
        ("edited", "{azure: {tags: {a: b}}}"),
        ("lost", "{azure: {}}"),
        ("drifted", "{azure: {}}"),
    ] {
        world.apply(&key(name, spec)).await;
    }
    for name in ["gone", "gone-with-secret", "edited", "lost", "drifted"] {
        world.wait_ready(name).await;
    }
    world.operator().kill();
    for name in ["gone", "gone-with-secret"] {
        world
            .api::<SshKey>()
            .delete(name, &DeleteParams::default())
            .await
            .unwrap();
    }
    world.apply(&key("edited", "{azure: {tags: {a: c}}}")).await;
    world.apply(&key("new", "{azure: {}}")).await;
    world
        .api::<Secret>()
        .delete("lost", &DeleteParams::default())
        .await
        .unwrap();
    assert!(world.emulator().delete_key(&id(&world, "drifted")));
    assert_eq!(
        world
            .api::<SshKey>()
            .get("gone")
            .await
            .unwrap()
            .finalizers()
            .len(),
        1,
        "nobody else lets it go"
    );

    world.operator().restart().unwrap();
    for name in ["gone", "gone-with-secret"] {
        world.wait_gone::<SshKey>(name).await;
        assert!(world.emulator().key(&id(&world, name)).is_none());
    }
    assert!(
        world.secret("gone").await.is_some() && world.secret("gone-with-secret").await.is_none()
    );
    for name in ["edited", "new"] {
        world.wait_ready(name).await;
    }
    assert_eq!(
        world.emulator().key(&id(&world, "edited")).unwrap().tags["a"],
        "c"
    );
    let _: SshKey = world
        .wait_condition(
            "lost",
            ConditionType::Ready,
            "False",
            Reason::PrivateKeyLost,
        )
        .await;
    world
        .until("the deleted key is back in Azure", async || {
            world
                .emulator()
                .key(&id(&world, "drifted"))
                .map(drop)
                .ok_or_else(|| "absent".to_owned())
        })
        .await;
    let _: AzureStore = world.wait_ready_of("default").await;
}
