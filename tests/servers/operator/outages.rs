//! An API server that is away in the middle of a creation: it costs nothing, and no restart.

use dev::world::{World, WorldOptions};
use k8s_openapi::api::core::v1::Secret;
use kube::{ResourceExt, api::DeleteParams};
use sshkey_operator::api::SshKey;

use super::start_and_end::{health, id, slow_puts, wait_secret};
use crate::manifests::key;

/// Waits until the key is in Azure and the operator has failed to say so.
async fn wait_unreported(world: &World, name: &str) {
    world
        .until(
            "the key is in Azure, and the operator has seen that the API server is away",
            async || {
                let seen = world.operator().tail(200).contains("a reconcile failed");
                match world.emulator().key(&id(world, name)) {
                    Some(_) if seen => Ok(()),
                    key => Err(format!("seen: {seen}, {key:?}")),
                }
            },
        )
        .await;
}

/// One Secret was created, and one PUT sent with its key.
async fn assert_one_key(world: &World, name: &str, stored: &Secret) {
    let status = world.wait_ready(name).await.status.unwrap();
    let secret = world.secret(name).await.unwrap();
    assert_eq!((secret.uid(), &secret.data), (stored.uid(), &stored.data));
    assert_eq!(
        secret.annotations()["sshkey-operator.io/fingerprint"],
        status.fingerprint.unwrap()
    );
    assert_eq!(
        world.emulator().key(&id(world, name)).unwrap().public_key,
        status.public_key
    );
    let log = world.emulator().log();
    let puts = log.iter().filter(|record| {
        record.request.method == "PUT" && record.request.path.ends_with(&format!(".{name}"))
    });
    assert_eq!(puts.count(), 1);
}

#[tokio::test]
async fn an_api_server_out_of_reach_in_the_middle_of_a_creation_costs_nothing() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("before", "{}")).await;
    world.wait_ready("before").await;
    slow_puts(&world, 800);
    world.apply(&key("web", "{azure: {}}")).await;
    let stored = wait_secret(&world, "web").await;
    world.proxy().refuse(true);
    wait_unreported(&world, "web").await;
    assert_eq!(
        health(&world, "livez").await.unwrap().0,
        200,
        "a restart would help nobody"
    );
    // What happens meanwhile is seen afterwards.
    world.apply(&key("meanwhile", "{azure: {}}")).await;
    world
        .api::<SshKey>()
        .delete("before", &DeleteParams::default())
        .await
        .unwrap();
    world.proxy().refuse(false);
    assert_one_key(&world, "web", &stored).await;
    world.wait_ready("meanwhile").await;
    world.wait_gone::<SshKey>("before").await;
}

#[tokio::test]
async fn an_api_server_that_is_stopped_in_the_middle_of_a_creation_costs_nothing() {
    let world = World::start(WorldOptions::new().own_control_plane()).await;
    slow_puts(&world, 800);
    world.apply(&key("web", "{azure: {}}")).await;
    let stored = wait_secret(&world, "web").await;
    let process = world.operator().id();
    world.control_plane().stop_api_server().await;
    wait_unreported(&world, "web").await;
    assert_eq!(health(&world, "livez").await.unwrap().0, 200);
    world.control_plane().start_api_server().await.unwrap();
    assert_one_key(&world, "web", &stored).await;
    world.apply(&key("after", "{azure: {}}")).await;
    world.wait_ready("after").await;
    assert_eq!(world.operator().id(), process);
    assert!(world.operator().is_running());
}
