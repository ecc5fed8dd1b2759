//! An object that a tool replaces by its manifest, or by an old export of it, loses nothing: annotations and finalizer are
//! gone, and what is in Azure and in the cluster is found by other witnesses.

use std::collections::BTreeMap;

use arm_emulator::StoredKey;
use dev::world::{LOCATION, RESOURCE_GROUP, SUBSCRIPTION, World, WorldOptions, resource_id};
use kube::{Api, api::DeleteParams};
use sshkey_operator::api::{AzureStore, SshKey, names::FINALIZER};

use super::acts::{apply_export, delete, export, made_id, names_in_azure, replace};
use crate::{
    made::Made,
    manifests::key,
    rotation::acts::{ask, current, wait_revision},
    seen::{place_ids, sweeps_pass, until_object},
};

async fn ready(world: &World, spec: &str) {
    world.apply(&key("web", spec)).await;
    world.wait_ready("web").await;
}

/// Replaces the object while the operator works, or while it is away.
async fn replaced(world: &World, spec: &str, is_away: bool) {
    if is_away {
        world.operator().kill();
    }
    replace(world, &key("web", spec)).await;
    if is_away {
        world.operator().restart().unwrap();
    }
    until_object(world, "web", "the finalizer is back", |seen| {
        let finalizers = seen["metadata"]["finalizers"].as_array();
        finalizers.into_iter().flatten().any(|one| one == FINALIZER)
    })
    .await;
    world.wait_ready("web").await;
}

#[tokio::test]
async fn a_replaced_object_takes_its_key_in_azure_with_it_when_it_goes() {
    for is_away in [false, true] {
        let world = World::start(WorldOptions::new()).await;
        ready(&world, "{azure: {}}").await;
        let before = current(&world, "web").await;
        replaced(&world, "{azure: {}}", is_away).await;
        assert_eq!(current(&world, "web").await, before);
        assert_eq!(names_in_azure(&world).len(), 1);
        delete(&world, "web").await;
        assert_eq!(names_in_azure(&world), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_replace_that_moves_the_key_takes_the_old_place_away() {
    for is_away in [false, true] {
        let world = World::start(WorldOptions::new()).await;
        ready(&world, "{azure: {name: first}}").await;
        replaced(&world, "{azure: {name: second}}", is_away).await;
        sweeps_pass(&world).await;
        assert_eq!(names_in_azure(&world), ["second"]);
        world
            .emulator()
            .put_group(SUBSCRIPTION, "elsewhere", LOCATION);
        let there = "{azure: {name: second, resourceGroup: {name: elsewhere}}}";
        replaced(&world, there, is_away).await;
        sweeps_pass(&world).await;
        assert_eq!(names_in_azure(&world), ["second"]);
        let id = resource_id("second").replace(RESOURCE_GROUP, "elsewhere");
        assert!(world.emulator().key(&id).is_some());
        delete(&world, "web").await;
        assert_eq!(names_in_azure(&world), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_replace_without_azure_takes_the_key_out_of_azure() {
    for is_away in [false, true] {
        let world = World::start(WorldOptions::new()).await;
        ready(&world, "{azure: {}}").await;
        replaced(&world, "{}", is_away).await;
        world
            .until("Azure is empty", async || {
                let left = names_in_azure(&world);
                if left.is_empty() {
                    Ok(())
                } else {
                    Err(format!("{left:?}"))
                }
            })
            .await;
    }
}

#[tokio::test]
async fn a_replace_with_other_outputs_takes_the_old_ones_away() {
    for is_away in [false, true] {
        let world = World::start(WorldOptions::new()).await;
        let outputs = |name: &str| {
            format!(
                "{{outputs: [{{name: {name}, pem: {{}}}}, {{name: {name}-open, publicConfigMap: {{}}}}]}}"
            )
        };
        ready(&world, &outputs("before")).await;
        replaced(&world, &outputs("after"), is_away).await;
        assert!(world.secret("after").await.is_some());
        world
            .wait_gone::<k8s_openapi::api::core::v1::Secret>("before")
            .await;
        world
            .wait_gone::<k8s_openapi::api::core::v1::ConfigMap>("before-open")
            .await;
        replaced(&world, "{}", is_away).await;
        world
            .wait_gone::<k8s_openapi::api::core::v1::Secret>("after")
            .await;
    }
}

#[tokio::test]
async fn a_key_that_was_adopted_stays_in_azure_after_a_replace_and_a_deletion() {
    for is_away in [false, true] {
        let world = World::start(WorldOptions::new()).await;
        let made = Made::ed25519();
        let legacy = world.emulator().put_key_as_someone_else(StoredKey {
            id: String::new(),
            subscription: SUBSCRIPTION.to_owned(),
            resource_group: RESOURCE_GROUP.to_owned(),
            name: "legacy".to_owned(),
            location: LOCATION.to_owned(),
            public_key: Some(made.material()),
            tags: BTreeMap::new(),
        });
        let spec = "{azure: {name: legacy, conflictPolicy: Adopt}}";
        ready(&world, spec).await;
        replaced(&world, spec, is_away).await;
        delete(&world, "web").await;
        assert!(world.emulator().key(&legacy).is_some(), "Retain holds");
    }
}

#[tokio::test]
async fn an_export_from_before_a_move_moves_the_key_back_and_leaves_nothing_where_it_was() {
    for by_replace in [false, true] {
        let world = World::start(WorldOptions::new()).await;
        ready(&world, "{azure: {name: first}}").await;
        let exported = export(&world, "web").await;
        ready(&world, "{azure: {name: second}}").await;
        assert_eq!(names_in_azure(&world), ["second"]);
        if by_replace {
            replace(&world, &exported).await;
        } else {
            apply_export(&world, &exported).await;
        }
        let seen = until_object(&world, "web", "it is back at the first place", |seen| {
            seen["status"]["azure"]["resourceID"] == resource_id("first")
                && place_ids(seen) == [resource_id("first")]
        })
        .await;
        assert!(seen["status"]["fingerprint"].is_string());
        world.wait_ready("web").await;
        sweeps_pass(&world).await;
        assert_eq!(names_in_azure(&world), ["first"]);
        delete(&world, "web").await;
        assert_eq!(names_in_azure(&world), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_export_from_before_a_rotation_rotates_nothing_and_brings_no_old_key_back() {
    for by_replace in [false, true] {
        let world = World::start(WorldOptions::new()).await;
        ready(&world, "{azure: {}}").await;
        ask(&world, "web", "one").await;
        wait_revision(&world, "web", 2).await;
        let exported = export(&world, "web").await;
        ask(&world, "web", "two").await;
        wait_revision(&world, "web", 3).await;
        let third = current(&world, "web").await;
        if by_replace {
            replace(&world, &exported).await;
        } else {
            apply_export(&world, &exported).await;
        }
        sweeps_pass(&world).await;
        wait_revision(&world, "web", 3).await;
        assert_eq!(current(&world, "web").await, third);
        let published = world.emulator().key(&made_id(&world, "web")).unwrap();
        let published = published.public_key.unwrap();
        assert_eq!(
            sshkey_operator::keys::PublicKey::parse(&published).unwrap(),
            third
        );
    }
}

#[tokio::test]
async fn an_object_that_is_deleted_as_soon_as_it_was_replaced_leaves_no_key_in_azure() {
    let world = World::start(WorldOptions::new()).await;
    for round in 0..5 {
        ready(&world, "{azure: {}}").await;
        assert_eq!(names_in_azure(&world).len(), 1, "round {round}");
        replace(&world, &key("web", "{azure: {}}")).await;
        let api: Api<SshKey> = world.api();
        api.delete("web", &DeleteParams::default()).await.unwrap();
        world.wait_gone::<SshKey>("web").await;
        world
            .until("Azure is empty", async || {
                let left = names_in_azure(&world);
                if left.is_empty() {
                    Ok(())
                } else {
                    Err(format!("round {round}: {left:?}"))
                }
            })
            .await;
    }
}

#[tokio::test]
async fn a_store_is_not_let_go_while_the_key_of_a_replaced_object_is_in_azure() {
    let world = World::start(WorldOptions::new()).await;
    ready(&world, "{azure: {}}").await;
    replaced(&world, "{azure: {}}", false).await;
    let stores: Api<AzureStore> = world.api();
    let params = DeleteParams::default();
    stores.delete("default", &params).await.unwrap();
    world
        .wait_for("default", "it waits for web", |store: &AzureStore| {
            let status = store.status.clone().unwrap_or_default();
            let mut conditions = status.conditions.iter();
            conditions.any(|one| one.reason == "InUse" && one.message.contains("web"))
        })
        .await;
    delete(&world, "web").await;
    world.wait_gone::<AzureStore>("default").await;
    assert_eq!(names_in_azure(&world), Vec::<String>::new());
}
