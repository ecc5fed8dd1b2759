//! The watches show the operator what it has written itself. That starts no reconcile, and what others do meanwhile does.

use dev::world::{World, WorldOptions};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::SshKey;

use crate::{
    manifests::key,
    operator::{
        metrics::scrape,
        start_and_end::{slow_puts, wait_secret},
    },
    rotation::acts::{ask, wait_revision},
};

/// A world in which only what the watches show starts a reconcile, and in which Azure takes a while to create a key.
async fn world() -> World {
    let options = WorldOptions::new()
        .flag("azure-sweep-interval", "1h")
        .flag("poll-interval", "1h");
    let world = World::start(options).await;
    slow_puts(&world, 2_000);
    world
}

/// How many reconciles of keys have ended.
pub(super) async fn reconciles(world: &World) -> f64 {
    let of_keys = [("controller", "sshkey")];
    let done = scrape(world)
        .await
        .sum("controller_runtime_reconcile_total", &of_keys);
    done.unwrap_or_default()
}

#[tokio::test]
async fn a_new_key_and_its_outputs_are_reconciled_once() {
    let world = world().await;
    world.apply(&key("first", "{azure: {}}")).await;
    world.wait_ready("first").await;
    // That of the store's first check may have come to the key before it.
    let before = reconciles(&world).await;
    for name in ["a", "b", "c", "d"] {
        let outputs = format!("outputs: [{{name: {name}-pem, pem: {{}}}}]");
        let spec = format!("{{azure: {{}}, {outputs}}}");
        world.apply(&key(name, &spec)).await;
        world.wait_ready(name).await;
        world.wait_event(name, "UpToDate").await;
    }
    // What was shown of the last key before this one was made has been heard by then.
    world.apply(&key("last", "{azure: {}}")).await;
    world.wait_ready("last").await;
    let done = reconciles(&world).await - before;
    assert!((4.0..=6.0).contains(&done), "{done} reconciles of 5 keys");
}

#[tokio::test]
async fn what_others_change_while_a_key_is_published_is_reconciled_at_once() {
    let world = world().await;
    let names = ["asked", "edited", "stripped", "deleted", "lost"];
    for name in names {
        let spec = "{azure: {tags: {team: a}}, secret: {deletionPolicy: Delete}}";
        world.apply(&key(name, spec)).await;
    }
    for name in names {
        wait_secret(&world, name).await;
    }
    assert_eq!(world.emulator().keys().len(), 0, "all are at work");

    ask(&world, "asked", "one").await;
    let edited = "{azure: {tags: {team: b}}, secret: {deletionPolicy: Delete}}";
    world.apply(&key("edited", edited)).await;
    let secrets: Api<Secret> = world.api();
    let strip = Patch::Merge(json!({ "metadata": { "labels": null } }));
    secrets
        .patch("stripped", &PatchParams::default(), &strip)
        .await
        .unwrap();
    secrets
        .delete("lost", &DeleteParams::default())
        .await
        .unwrap();
    let keys: Api<SshKey> = world.api();
    keys.delete("deleted", &DeleteParams::default())
        .await
        .unwrap();

    wait_revision(&world, "asked", 2).await;
    world
        .until("the tag is the new one", async || {
            let keys = world.emulator().keys();
            let mut tags = keys.iter().map(|key| key.tags.get("team"));
            let is_new = tags.any(|team| team.is_some_and(|team| team == "b"));
            is_new.then_some(()).ok_or_else(|| format!("{keys:?}"))
        })
        .await;
    world
        .wait_for::<Secret>("stripped", "labelled again", |secret| {
            secret.metadata.labels.is_some()
        })
        .await;
    world
        .wait_for::<SshKey>("lost", "said to be lost", |key| {
            let conditions = key.status.iter().flat_map(|status| &status.conditions);
            let mut of_key = conditions.filter(|one| one.type_ == "KeyAvailable");
            of_key.any(|one| one.status == "False")
        })
        .await;
    world.wait_gone::<SshKey>("deleted").await;
    assert!(world.secret("deleted").await.is_none());
}
