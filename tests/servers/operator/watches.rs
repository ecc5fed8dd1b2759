//! Watches that are closed again and again, that fall silent, and that are never answered: nothing is missed for long.

use std::time::Duration;

use dev::{
    proxy::{Fault, Rule},
    world::{World, WorldOptions, resource_id},
};
use k8s_openapi::api::core::v1::Secret;
use kube::{ResourceExt, api::DeleteParams};
use sshkey_operator::api::{ConditionType, Reason, SshKey};

use crate::manifests::key;

const SPEC: &str = "{secret: {deletionPolicy: Delete}, azure: {}}";

async fn delete(world: &World, name: &str) {
    let api = world.api::<SshKey>();
    api.delete(name, &DeleteParams::default()).await.unwrap();
}

#[tokio::test]
async fn watches_that_are_closed_every_second_miss_nothing() {
    // What a watch misses is not found by a sweep.
    let options = WorldOptions::new().flag("azure-sweep-interval", "1h");
    let world = World::start(options).await;
    world.operator().ready().await.unwrap();
    world
        .proxy()
        .end_watches_after(Some(Duration::from_secs(1)));
    world.proxy().drop_all_connections();
    // Four or five watches, each begun anew so often.
    let rounds = 4;
    for round in 0..rounds {
        let names: Vec<String> = (0..4)
            .map(|number| format!("web-{round}-{number}"))
            .collect();
        let manifests: Vec<String> = names.iter().map(|name| key(name, SPEC)).collect();
        world.apply(&manifests.join("---\n")).await;
        for name in &names {
            world.wait_ready(name).await;
        }
        let edited = "{secret: {deletionPolicy: Delete}, azure: {tags: {edited: \"yes\"}}}";
        world.apply(&key(&names[0], edited)).await;
        delete(&world, &names[1]).await;
        let secrets = world.api::<Secret>();
        secrets
            .delete(&names[2], &DeleteParams::default())
            .await
            .unwrap();
        let id = resource_id(&format!("{}.{}", world.namespace(), names[0]));
        world
            .until("the edit is in Azure", async || {
                let key = world.emulator().key(&id).unwrap();
                key.tags.get("edited").map(drop).ok_or(format!("{key:?}"))
            })
            .await;
        world.wait_gone::<SshKey>(&names[1]).await;
        let _: SshKey = world
            .wait_condition(
                &names[2],
                ConditionType::Ready,
                "False",
                Reason::PrivateKeyLost,
            )
            .await;
    }
    world
        .until("watches were closed all the while", async || {
            match world.proxy().short_watches() {
                watches if watches >= 20 => Ok(()),
                watches => Err(format!("{watches} were")),
            }
        })
        .await;
    assert!(world.operator().is_running());
}

#[tokio::test]
async fn a_watch_that_falls_silent_is_given_up_and_what_it_did_not_show_is_seen() {
    let options = WorldOptions::new()
        .flag("azure-sweep-interval", "1h")
        .flag("watch-timeout", "2s");
    let world = World::start(options).await;
    world.apply(&key("edited", SPEC)).await;
    world.apply(&key("deleted", SPEC)).await;
    world.apply(&key("lost", SPEC)).await;
    for name in ["edited", "deleted", "lost"] {
        world.wait_ready(name).await;
    }
    world.proxy().silence_watches();
    world.apply(&key("new", SPEC)).await;
    let spec = "{secret: {deletionPolicy: Delete}, azure: {tags: {edited: \"yes\"}}}";
    world.apply(&key("edited", spec)).await;
    delete(&world, "deleted").await;
    let secrets = world.api::<Secret>();
    secrets
        .delete("lost", &DeleteParams::default())
        .await
        .unwrap();
    let process = world.operator().id();
    world.wait_ready("new").await;
    world.wait_ready("edited").await;
    world.wait_gone::<SshKey>("deleted").await;
    let _: SshKey = world
        .wait_condition(
            "lost",
            ConditionType::Ready,
            "False",
            Reason::PrivateKeyLost,
        )
        .await;
    assert_eq!(world.operator().id(), process, "without a restart");
    assert!(world.operator().is_running());
}

#[tokio::test]
async fn a_list_and_a_watch_that_are_never_answered_are_asked_for_again() {
    let options = WorldOptions::new()
        .flag("azure-sweep-interval", "1h")
        .flag("watch-timeout", "2s");
    let world = World::start(options).await;
    world.operator().ready().await.unwrap();
    // SshKeys, stores twice, Secrets and ConfigMaps: all that there are.
    for resource in [
        "sshkeys",
        "azurestores",
        "azurestores",
        "secrets",
        "configmaps",
    ] {
        let rule = Rule::on("watch", resource, Fault::Timeout);
        world.proxy().add_rule(rule.times(1));
    }
    world.proxy().drop_all_connections();
    world.apply(&key("watched", SPEC)).await;
    world.wait_ready("watched").await;

    world.operator().kill();
    world.apply(&key("listed", SPEC)).await;
    // The first of SshKeys and of stores is asked for at the start, with patience of its own.
    for resource in ["sshkeys", "azurestores"] {
        let rule = Rule::on("list", resource, Fault::Delay(Duration::ZERO));
        world.proxy().add_rule(rule.times(1));
    }
    for resource in [
        "sshkeys",
        "azurestores",
        "azurestores",
        "secrets",
        "configmaps",
    ] {
        let rule = Rule::on("list", resource, Fault::Timeout);
        world.proxy().add_rule(rule.times(1));
    }
    world.operator().restart().unwrap();
    let listed = world.wait_ready("listed").await;
    assert!(listed.uid().is_some());
}
