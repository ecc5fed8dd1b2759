//! A world serves a test: the operator makes a key in it, and it dies and comes back when told to.

use dev::world::{World, WorldOptions, resource_id};
use k8s_openapi::api::core::v1::Secret;
use sshkey_operator::api::SshKey;

const KEY: &str = "
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKey
metadata: {name: web}
spec: {azure: {}, secret: {deletionPolicy: Delete}}
";

#[tokio::test]
async fn a_key_is_made_and_deleted() {
    let world = World::start(WorldOptions::new()).await;
    world.operator().ready().await.unwrap();
    world.apply(KEY).await;
    let key = world.wait_ready("web").await;
    let name = format!("{}.web", world.namespace());
    assert!(
        world.emulator().key(&resource_id(&name)).is_some(),
        "{:#?}",
        world.emulator().keys()
    );
    assert!(world.secret("web").await.is_some());
    // Events are written behind other work.
    world
        .until("an event tells of it", async || {
            match world.events("web").await.as_slice() {
                [] => Err("none does".to_owned()),
                _ => Ok(()),
            }
        })
        .await;
    let table = world
        .kubectl(&["get", "sshkeys", "-o", "wide"])
        .await
        .unwrap();
    assert!(
        table.contains(&key.status.unwrap().fingerprint.unwrap()),
        "{table}"
    );

    world.kubectl(&["delete", "sshkey", "web"]).await.unwrap();
    world.wait_gone::<SshKey>("web").await;
    world.wait_gone::<Secret>("web").await;
}

#[tokio::test]
async fn the_operator_dies_and_comes_back() {
    let world = World::start(WorldOptions::new()).await;
    world.operator().ready().await.unwrap();
    world.operator().kill();
    assert!(!world.operator().is_running());
    world.apply(KEY).await;
    world.operator().restart().unwrap();
    world.wait_ready("web").await;
    assert!(world.operator().terminate().await.unwrap().success());
}
