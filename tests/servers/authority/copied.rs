//! Secrets that a replicator copies between namespaces, with labels and annotations and all: they stay strangers.

use dev::world::{World, WorldOptions};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, ResourceExt,
    api::{ObjectMeta, PostParams},
};
use sshkey_operator::{
    api::{ConditionType, Reason, SshKey},
    keys::PublicKey,
};

use crate::{
    manifests::key,
    rotation::acts::{ask, current, keys_in, wait_revision},
    seen::sweeps_pass,
};

/// Copies a Secret into another namespace, as replicators do.
async fn copy(from: &World, name: &str, to: &World) -> Secret {
    let original = from.secret(name).await.unwrap();
    let copied = Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: original.metadata.labels.clone(),
            annotations: original.metadata.annotations.clone(),
            ..ObjectMeta::default()
        },
        data: original.data.clone(),
        type_: original.type_.clone(),
        ..Secret::default()
    };
    let api: Api<Secret> = to.api();
    let params = PostParams::default();
    api.create(&params, &copied).await.unwrap()
}

/// A namespace with a key that was rotated once, and one beside it.
async fn two() -> (World, World) {
    let one = World::start(WorldOptions::new()).await;
    one.apply(&key("web", "{azure: {}}")).await;
    one.wait_ready("web").await;
    ask(&one, "web", "one").await;
    wait_revision(&one, "web", 2).await;
    let other = World::start(WorldOptions::new()).await;
    (one, other)
}

#[tokio::test]
async fn a_secret_that_was_copied_from_another_namespace_is_not_taken_for_ones_own() {
    let (one, other) = two().await;
    let copied = copy(&one, "web", &other).await;
    // With `secret.conflictPolicy: Adopt` its user would ask for it.
    let spec = "{azure: {conflictPolicy: Adopt}}";
    other.apply(&key("web", spec)).await;
    let kind = ConditionType::KeyAvailable;
    let reason = Reason::SecretConflict;
    let _: SshKey = other.wait_condition("web", kind, "False", reason).await;
    sweeps_pass(&other).await;
    let after = other.secret("web").await.unwrap();
    assert_eq!(after.resource_version(), copied.resource_version());
    let published = other.emulator().keys();
    assert!(published.iter().all(|key| !key.name.ends_with(".web")));
    one.wait_ready("web").await;
}

#[tokio::test]
async fn copies_of_the_secrets_beside_it_are_not_used_by_the_key_of_the_other_namespace() {
    let (one, other) = two().await;
    let theirs = keys_in(&one.secret("web-previous").await.unwrap());
    other
        .apply(&key("web", "{outputs: [{name: open, publicSecret: {}}]}"))
        .await;
    other.wait_ready("web").await;
    let own = current(&other, "web").await;
    let copied = copy(&one, "web-previous", &other).await;
    sweeps_pass(&other).await;
    ask(&other, "web", "now").await;
    sweeps_pass(&other).await;
    // The rotation goes on beside it or waits until it is gone: the keys of the other namespace are trusted by nobody here.
    let open = other.secret("open").await.unwrap().data.unwrap();
    let trusted = String::from_utf8(open["authorized_keys"].0.clone()).unwrap();
    let mut lines = trusted
        .lines()
        .filter_map(|line| PublicKey::parse(line).ok());
    assert!(lines.all(|line| !theirs.contains(&line)), "{trusted}");
    let after = other.secret("web-previous").await.unwrap();
    assert_eq!(after.resource_version(), copied.resource_version());
    let api: Api<Secret> = other.api();
    api.delete("web-previous", &Default::default())
        .await
        .unwrap();
    wait_revision(&other, "web", 2).await;
    let kept = keys_in(&other.secret("web-previous").await.unwrap());
    assert_eq!(kept, [own]);
}

#[tokio::test]
async fn a_copied_output_is_a_conflict_and_is_neither_changed_nor_deleted() {
    let one = World::start(WorldOptions::new()).await;
    let spec = "{outputs: [{name: files, pem: {}}]}";
    one.apply(&key("web", spec)).await;
    one.wait_ready("web").await;
    let other = World::start(WorldOptions::new()).await;
    let copied = copy(&one, "files", &other).await;
    other.apply(&key("web", spec)).await;
    let kind = ConditionType::OutputsSynced;
    let reason = Reason::OutputConflict;
    let _: SshKey = other.wait_condition("web", kind, "False", reason).await;
    super::acts::delete(&other, "web").await;
    let after = other.secret("files").await.unwrap();
    assert_eq!(after.resource_version(), copied.resource_version());
}
