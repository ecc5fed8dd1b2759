//! A sweep does not read the Secret of a key at rest: the watch says that it has not changed. What happens to it is found all
//! the same.

use dev::world::{World, WorldOptions, resource_id};
use serde_json::json;
use sshkey_operator::api::{ConditionType, Reason, SshKey};

use crate::{
    cluster::rights_in_use::take_watch_of_secrets,
    manifests::key,
    recovery::{
        acts::{delete, patch},
        loss::{private, stranger},
    },
    requests::own_writes::reconciles,
};

/// A world that sweeps every two seconds, and two keys at rest.
async fn at_rest() -> World {
    let world = World::start(WorldOptions::new()).await;
    for name in ["web", "db"] {
        world.apply(&key(name, "{azure: {}}")).await;
        world.wait_ready(name).await;
    }
    swept(&world).await;
    world
}

/// Waits until each key was looked at several times.
async fn swept(world: &World) {
    let before = reconciles(world).await;
    world
        .until("sweeps have come", async || {
            match reconciles(world).await - before {
                looks if looks >= 8.0 => Ok(()),
                looks => Err(format!("{looks} looks")),
            }
        })
        .await;
}

/// How often the Secrets of keys were read; those of stores are at every check of their store.
fn reads(world: &World) -> usize {
    let log = world.proxy().log();
    let reads = log.iter().filter(|one| {
        let of_a_key = ["web", "db"].map(Some);
        let access = &one.access;
        access.verb == "get"
            && access.resource == "secrets"
            && of_a_key.contains(&access.name.as_deref())
    });
    reads.count()
}

#[tokio::test]
async fn sweeps_read_the_secrets_of_keys_at_rest_only_after_others_have_changed_them() {
    let world = at_rest().await;
    world.proxy().reset();
    swept(&world).await;
    assert_eq!(reads(&world), 0);

    let note = json!({ "metadata": { "annotations": { "note": "x" } } });
    patch(&world, "web", note).await;
    world
        .until("it was read", async || match reads(&world) {
            0 => Err("it was not".to_owned()),
            _ => Ok(()),
        })
        .await;
    swept(&world).await;
    assert!(reads(&world) <= 2, "{} reads", reads(&world));
}

#[tokio::test]
async fn a_watch_that_is_refused_while_the_operator_runs_is_not_believed() {
    let world = at_rest().await;
    take_watch_of_secrets(&world).await;
    world.proxy().reset();
    world.proxy().drop_all_connections();
    world
        .until("the watch was refused", async || {
            let log = world.proxy().log();
            match log.iter().filter(|one| one.status == Some(403)).count() {
                0 | 1 => Err("it was not".to_owned()),
                _ => Ok(()),
            }
        })
        .await;
    delete(&world, "web").await;
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::PrivateKeyLost)
        .await;
}

#[tokio::test]
async fn no_step_rests_on_a_secret_that_the_watch_has_not_shown() {
    let world = at_rest().await;
    let id = resource_id(&format!("{}.web", world.namespace()));
    let before = world.emulator().key(&id).unwrap().public_key;
    world.proxy().silence_watches();
    patch(&world, "web", private(&stranger())).await;
    swept(&world).await;
    world.emulator().delete_key(&id);
    let _: SshKey = world
        .wait_condition(
            "web",
            ConditionType::Ready,
            "False",
            Reason::PrivateKeyReplaced,
        )
        .await;
    let now = world.emulator().key(&id).map(|key| key.public_key);
    assert_ne!(now, Some(before), "the former key was published again");
}
