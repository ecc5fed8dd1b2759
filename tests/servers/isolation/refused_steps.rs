//! A step that the API server refuses for good stops what rests on it, and nothing else; no condition is True of what is
//! not so. `tests/plan/refusals.rs` has a row for every kind of step.

use dev::world::{World, WorldOptions, resource_id};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use sshkey_operator::{
    api::{ConditionType, SshKey, condition::find},
    keys::PublicKey,
};

use crate::{
    manifests::key,
    rotation::acts::{ask, current, wait_revision},
};

/// Fills a Secret to the last of the bytes that it may have, or takes that away.
async fn fill(world: &World, name: &str, filler: Value) {
    let api: Api<Secret> = world.api();
    let patch = json!({ "stringData": { "filler": filler } });
    let patch = match patch["stringData"]["filler"] {
        Value::Null => json!({ "data": { "filler": null } }),
        _ => patch,
    };
    let params = PatchParams::default();
    api.patch(name, &params, &Patch::Merge(patch))
        .await
        .unwrap();
}

#[tokio::test]
async fn former_keys_that_can_not_be_written_hold_up_the_rotation_and_nothing_else() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    ask(&world, "web", "one").await;
    wait_revision(&world, "web", 2).await;
    world.wait_ready("web").await;
    let second = current(&world, "web").await;
    let held: usize = {
        let data = world.secret("web-previous").await.unwrap().data.unwrap();
        data.values().map(|bytes| bytes.0.len()).sum()
    };
    fill(&world, "web-previous", json!("x".repeat(1_048_576 - held))).await;

    ask(&world, "web", "two").await;
    let told = |object: &SshKey, kind| {
        let status = object.status.clone().unwrap_or_default();
        find(&status.conditions, kind).map(|one| (one.status.clone(), one.message.clone()))
    };
    let _: SshKey = world
        .wait_for("web", "the rotation is held up", |object: &SshKey| {
            told(object, ConditionType::Ready).is_some_and(|(status, message)| {
                status == "False" && message.contains("web-previous")
            })
        })
        .await;

    // Another output and a key that was deleted in Azure: both are put right.
    let id = resource_id(&format!("{}.web", world.namespace()));
    world.emulator().delete_key(&id);
    let spec = "{azure: {}, outputs: [{name: files, pem: {}}]}";
    world.apply(&key("web", spec)).await;
    let seen: SshKey = world
        .wait_for("web", "all else is as it is wanted", |object: &SshKey| {
            let kinds = [
                ConditionType::KeyAvailable,
                ConditionType::AzureSynced,
                ConditionType::OutputsSynced,
            ];
            let is_true = |kind| told(object, kind).is_some_and(|(status, _)| status == "True");
            kinds.into_iter().all(is_true) && world.emulator().key(&id).is_some()
        })
        .await;
    assert_eq!(told(&seen, ConditionType::Ready).unwrap().0, "False");
    assert!(world.secret("files").await.is_some());
    assert_eq!(current(&world, "web").await, second);
    let published = world.emulator().key(&id).unwrap().public_key.unwrap();
    assert_eq!(PublicKey::parse(&published).unwrap(), second);

    fill(&world, "web-previous", Value::Null).await;
    wait_revision(&world, "web", 3).await;
}
