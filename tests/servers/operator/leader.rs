//! Replicas: one works, another takes over, and even two at once do no harm.

use std::time::{Duration, Instant};

use dev::{
    operator::{Flags, Operator},
    world::{World, WorldOptions, resource_id},
};
use k8s_openapi::api::coordination::v1::Lease;
use kube::{
    Api,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::SshKey;

use crate::manifests::key;

fn identity(name: &str) -> Flags {
    Flags::default()
        .set("leader-election", "true")
        .set("leader-election-identity", name)
}

async fn world() -> World {
    let options = WorldOptions::new()
        .flag("leader-election", "true")
        .flag("leader-election-identity", "first");
    let world = World::start(options).await;
    wait_leader(&world, "first").await;
    world
}

fn leases(world: &World) -> Api<Lease> {
    Api::namespaced(world.client().clone(), world.system())
}

async fn holder(world: &World) -> Option<String> {
    let lease = leases(world).get_opt("sshkey-operator").await.unwrap();
    lease?.spec?.holder_identity
}

async fn wait_leader(world: &World, name: &str) {
    world
        .until(format!("{name} leads"), async || {
            match holder(world).await {
                Some(holder) if holder == name => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
}

async fn ready(operator: &Operator) {
    operator.ready().await.unwrap();
}

#[tokio::test]
async fn one_works_and_the_other_takes_over_within_seconds_when_it_ends() {
    let world = world().await;
    let second = world.start_replica("second", &identity("second"));
    ready(&second).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    assert_eq!(holder(&world).await.as_deref(), Some("first"));
    let log = std::fs::read_to_string(second.log()).unwrap();
    assert!(log.contains("another replica leads"), "{log}");
    assert!(!log.contains("reconciled"), "it stands by: {log}");

    let before = Instant::now();
    assert!(world.operator().terminate().await.unwrap().success());
    world.apply(&key("later", "{azure: {}}")).await;
    world.wait_ready("later").await;
    println!(
        "leader: a key was Ready {:?} after the SIGTERM of the other",
        before.elapsed()
    );
    assert_eq!(holder(&world).await.as_deref(), Some("second"));
}

#[tokio::test]
async fn another_takes_over_from_one_that_died_once_its_lease_has_run_out() {
    let world = world().await;
    let second = world.start_replica("second", &identity("second"));
    ready(&second).await;
    let before = Instant::now();
    world.operator().kill();
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    println!(
        "leader: a key was Ready {:?} after the SIGKILL of the other",
        before.elapsed()
    );
    assert_eq!(holder(&world).await.as_deref(), Some("second"));
}

#[tokio::test]
async fn one_that_is_started_again_under_its_name_does_not_wait_for_itself() {
    let world = world().await;
    let transitions = async || {
        let lease = leases(&world).get("sshkey-operator").await.unwrap();
        lease.spec.unwrap().lease_transitions
    };
    let before = transitions().await;
    world.operator().restart().unwrap();
    let started = Instant::now();
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    assert_eq!(transitions().await, before);
    println!(
        "leader: a key was Ready {:?} after the start",
        started.elapsed()
    );
}

#[tokio::test]
async fn one_that_has_lost_its_lease_ends_itself() {
    let world = world().await;
    let stolen = json!({ "spec": { "holderIdentity": "thief", "leaseDurationSeconds": 15 } });
    leases(&world)
        .patch(
            "sshkey-operator",
            &PatchParams::default(),
            &Patch::Merge(stolen),
        )
        .await
        .unwrap();
    world
        .until("it has ended", async || {
            if world.operator().is_running() {
                Err("it runs".to_owned())
            } else {
                Ok(())
            }
        })
        .await;
    let log = std::fs::read_to_string(world.operator().log()).unwrap();
    assert!(log.contains("the lease is held by `thief`"), "{log}");
}

#[tokio::test]
async fn one_that_can_not_renew_ends_itself_before_another_may_begin() {
    let world = world().await;
    let started = Instant::now();
    world.proxy().refuse(true);
    world
        .until("it has ended", async || {
            if world.operator().is_running() {
                Err("it runs".to_owned())
            } else {
                Ok(())
            }
        })
        .await;
    let took = started.elapsed();
    println!("leader: ended {took:?} after the API server was out of reach");
    let log = std::fs::read_to_string(world.operator().log()).unwrap();
    assert!(log.contains("could not be renewed in time"), "{log}");
}

#[tokio::test]
async fn two_that_work_at_once_for_half_a_minute_do_no_harm() {
    const KEYS: usize = 20;
    let world = World::start(WorldOptions::new()).await;
    let second = world.start_replica("second", &Flags::default());
    ready(&second).await;
    let started = Instant::now();
    let names: Vec<String> = (0..KEYS).map(|number| format!("web-{number:02}")).collect();
    let manifests: Vec<String> = names.iter().map(|name| key(name, "{azure: {}}")).collect();
    world.apply(&manifests.join("---\n")).await;
    for name in &names {
        world.wait_ready(name).await;
    }
    let (gone, kept) = names.split_at(KEYS / 2);
    for name in gone {
        let keys = world.api::<SshKey>();
        keys.delete(name, &DeleteParams::default()).await.unwrap();
    }
    for name in kept {
        let tagged = "{azure: {tags: {team: web}}}";
        world.apply(&key(name, tagged)).await;
    }
    for name in gone {
        world.wait_gone::<SshKey>(name).await;
    }
    world
        .until("half a minute has passed", async || {
            let passed = started.elapsed();
            if passed > Duration::from_secs(30) {
                Ok(())
            } else {
                Err(format!("{passed:?}"))
            }
        })
        .await;
    for name in kept {
        let status = world.wait_ready(name).await.status.unwrap();
        let id = resource_id(&format!("{}.{name}", world.namespace()));
        let stored = world.emulator().key(&id).unwrap();
        assert_eq!(stored.public_key, status.public_key, "one key");
        assert_eq!(stored.tags["team"], "web");
    }
    let left = world
        .api::<SshKey>()
        .list(&ListParams::default())
        .await
        .unwrap();
    assert_eq!(left.items.len(), kept.len());
    assert_eq!(world.emulator().keys().len(), kept.len());
    assert!(second.is_running() && world.operator().is_running());
    // Both see that nothing is left to do.
    world.emulator().clear_log();
    let quiet = Instant::now();
    world
        .until("some sweeps have passed", async || {
            let passed = quiet.elapsed();
            if passed > Duration::from_secs(6) {
                Ok(())
            } else {
                Err(format!("{passed:?}"))
            }
        })
        .await;
    let log = world.emulator().log();
    assert!(!log.iter().any(|one| one.request.is_arm_write()));
}
