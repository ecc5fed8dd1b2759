//! The end of the process: in time whatever is computed, and without a copy of its memory.

use std::{fs, os::unix::fs::MetadataExt as _, time::Duration};

use dev::{
    processes::usage,
    world::{World, WorldOptions},
};
use k8s_openapi::api::coordination::v1::Lease;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;

use crate::manifests::key;

/// More than fit on any machine at once, of which each takes many seconds of a core.
const LONG_WORK: &str = "{source: {generate: {algorithm: RSA, size: 8192}}}";
const KEYS: usize = 64;

/// Gives the operator work for minutes, and returns when it is at it.
async fn busy(world: &World) {
    let used = || usage(world.operator().id()).unwrap().cpu;
    let before = used();
    let manifests: Vec<String> = (0..KEYS)
        .map(|number| key(&format!("long-{number:02}"), LONG_WORK))
        .collect();
    world.apply(&manifests.join("---\n")).await;
    world
        .until("it computes", async || {
            let used = used().saturating_sub(before);
            if used > Duration::from_secs(5) {
                Ok(())
            } else {
                Err(format!("{used:?} of CPU time"))
            }
        })
        .await;
}

#[tokio::test]
async fn a_terminated_operator_ends_within_the_grace_period_whatever_it_computes() {
    let world = World::start(WorldOptions::new()).await;
    busy(&world).await;
    // This fails when it has to be killed after the 30 s that the chart's pods get.
    let ended = world.operator().terminate().await.unwrap();
    assert!(ended.success(), "{ended}\n{}", world.operator().tail(20));
    assert!(world.operator().tail(5).contains("stopped"));
}

#[tokio::test]
async fn one_that_lost_its_lease_ends_whatever_it_computes() {
    let options = WorldOptions::new()
        .flag("leader-election", "true")
        .flag("leader-election-identity", "first");
    let world = World::start(options).await;
    busy(&world).await;
    let stolen = json!({ "spec": { "holderIdentity": "thief", "leaseDurationSeconds": 15 } });
    let leases: Api<Lease> = Api::namespaced(world.client().clone(), world.system());
    leases
        .patch(
            "sshkey-operator",
            &PatchParams::default(),
            &Patch::Merge(stolen),
        )
        .await
        .unwrap();
    // Two thirds of the Lease's 15 s: the leader has to be gone before another may begin.
    let patience = Duration::from_secs(10);
    let ended = tokio::time::timeout(
        patience,
        world.until("it has ended", async || {
            if world.operator().is_running() {
                Err("it runs".to_owned())
            } else {
                Ok(())
            }
        }),
    );
    ended.await.expect("it outlasts its Lease");
    let log = fs::read_to_string(world.operator().log()).unwrap();
    assert!(log.contains("the lease is held by `thief`"), "{log}");
}

#[tokio::test]
async fn no_copy_of_the_memory_can_be_made() {
    let world = World::start(WorldOptions::new()).await;
    world.operator().ready().await.unwrap();
    let folder = format!("/proc/{}", world.operator().id());
    let limits = fs::read_to_string(format!("{folder}/limits")).unwrap();
    let core = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max core file size"))
        .unwrap();
    let values: Vec<&str> = core.split_whitespace().take(2).collect();
    assert_eq!(values, ["0", "0"]);
    // The memory of a process that may not be dumped belongs to root, and so do these files: proc(5). Of a test that runs
    // as root nothing can be told by it.
    let memory = fs::metadata(format!("{folder}/mem")).unwrap();
    assert_eq!(memory.uid(), 0);
}
