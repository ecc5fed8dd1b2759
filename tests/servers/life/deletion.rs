//! The end of a key: its policies decide what stays, and Azure is left too when only the spec leaves it.

use dev::{
    proxy::Fault,
    world::{World, WorldOptions},
};
use kube::{
    ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::{AzureStore, SshKey};

use crate::manifests::key;

#[tokio::test]
async fn deletion_runs_the_policies() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("a", "{azure: {}}")).await;
    world
        .apply(&key("b", "{secret: {deletionPolicy: Delete}, azure: {}}"))
        .await;
    world
        .apply(&key("c", "{azure: {deletionPolicy: Retain}}"))
        .await;
    for name in ["a", "b", "c"] {
        world.wait_ready(name).await;
    }
    for name in ["a", "b", "c"] {
        world
            .api::<SshKey>()
            .delete(name, &DeleteParams::foreground())
            .await
            .unwrap();
    }
    for name in ["a", "b", "c"] {
        world.wait_gone::<SshKey>(name).await;
    }
    let left: Vec<_> = world
        .emulator()
        .keys()
        .into_iter()
        .map(|key| key.name)
        .collect();
    assert_eq!(left, [format!("{}.c", world.namespace())]);
    assert!(world.secret("a").await.is_some() && world.secret("c").await.is_some());
    assert!(world.secret("b").await.is_none());
}

#[tokio::test]
async fn a_secret_whose_deletion_is_refused_is_not_left_behind() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key("web", "{secret: {deletionPolicy: Delete}}"))
        .await;
    world.wait_ready("web").await;
    // Its status is a write, too.
    world.wait_ready_of::<AzureStore>("default").await;
    // A conflict says that another one of that name is there, or no more than that somebody stands against it now.
    world.proxy().reset();
    let conflict = Fault::Answer {
        status: 409,
        retry_after: None,
    };
    world.proxy().at_write(1, conflict);
    world
        .api::<SshKey>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("web").await;
    assert!(world.secret("web").await.is_none());
    let log = world.proxy().log();
    let deletions = log.iter().filter(|entry| entry.method == "DELETE");
    let answers: Vec<_> = deletions.map(|entry| entry.status).collect();
    assert_eq!(answers, [Some(409), Some(200)]);
}

#[tokio::test]
async fn azure_is_left_when_the_spec_no_longer_asks_for_it() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let published = world.wait_ready("web").await;
    let patch = json!({ "spec": { "azure": null } });
    world
        .api::<SshKey>()
        .patch("web", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
    world
        .wait_for::<SshKey>("web", "without Azure", |key| {
            key.status
                .as_ref()
                .is_some_and(|status| status.azure.is_none())
                && key.metadata.generation != published.metadata.generation
        })
        .await;
    let object = world.wait_ready("web").await;
    assert!(world.emulator().keys().is_empty());
    assert!(
        !object
            .annotations()
            .contains_key("sshkey-operator.io/azure-keys")
    );
}
