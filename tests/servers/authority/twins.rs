//! Two objects under one name: in clusters with one id, in two namespaces of a backup, in a namespace that goes.

use dev::world::{World, WorldOptions};
use kube::Api;
use serde_json::{Value, json};
use sshkey_operator::api::{SshKey, names::tag};

use super::acts::{made_id, names_in_azure, put_back, wipe_hints};
use crate::{
    cluster::namespaces::{delete_namespace, grant_everywhere, wait_namespace_gone},
    manifests::key,
    operator::two_operators::beside,
    rotation::acts::current,
    seen::{object, sweeps_pass, until_object},
};

/// An object and its Secret as a backup has them.
async fn backup(world: &World) -> (Value, Value) {
    let mut kept = object(world, "web").await;
    let metadata = kept["metadata"].clone();
    kept["metadata"] = json!({
        "name": "web",
        "annotations": metadata["annotations"],
        "finalizers": metadata["finalizers"],
    });
    kept.as_object_mut().unwrap().remove("status");
    let secret = world.secret("web").await.unwrap();
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "web",
            "annotations": secret.metadata.annotations,
            "labels": secret.metadata.labels,
        },
        "type": secret.type_,
        "data": secret.data,
    });
    (kept, secret)
}

/// Restores it with its Secret into a world whose operator waits until then.
async fn restore(world: &World, kept: &Value, secret: &Value) {
    world.operator().kill();
    world.apply(&secret.to_string()).await;
    put_back(world, kept).await;
    world.operator().restart().unwrap();
}

fn reason(seen: &Value) -> Option<&str> {
    let conditions = seen["status"]["conditions"].as_array()?;
    let ready = conditions.iter().find(|one| one["type"] == "Ready")?;
    ready["reason"].as_str()
}

#[tokio::test]
async fn a_backup_in_a_second_cluster_with_the_same_id_takes_the_key_over_once_the_first_is_gone() {
    let first = World::start(WorldOptions::new().flag("cluster-id", "same")).await;
    let namespace = first.namespace().to_owned();
    first.apply(&key("web", "{azure: {}}")).await;
    first.wait_ready("web").await;
    let before = current(&first, "web").await;
    let (kept, secret) = backup(&first).await;
    first.operator().kill();
    let (second, _folder) = beside(&first, "same", Some(&namespace)).await;
    restore(&second, &kept, &secret).await;
    second.wait_ready("web").await;
    assert_eq!(current(&second, "web").await, before, "it is the same key");
    let own = object(&second, "web").await["metadata"]["uid"].clone();
    let stored = first.emulator().key(&made_id(&first, "web")).unwrap();
    assert_eq!(json!(stored.tags[tag::UID]), own);

    // The first comes back to life: it takes nothing back, and its end deletes nothing.
    first.operator().restart().unwrap();
    until_object(&first, "web", "it is told", |seen| {
        reason(seen) == Some("AzureKeyConflict")
    })
    .await;
    super::acts::delete(&first, "web").await;
    let still = first.emulator().key(&made_id(&first, "web"));
    assert_eq!(still, Some(stored));
    second.wait_ready("web").await;
}

#[tokio::test]
async fn a_restore_into_another_namespace_is_an_object_of_its_own() {
    let first = World::start(WorldOptions::new()).await;
    first.apply(&key("web", "{azure: {}}")).await;
    first.wait_ready("web").await;
    let before = current(&first, "web").await;
    let (kept, secret) = backup(&first).await;
    let other = World::start(WorldOptions::new()).await;
    // Both publish into one Azure.
    let stored = first.emulator().key(&made_id(&first, "web")).unwrap();
    other.emulator().put_key_as_someone_else(stored.clone());
    restore(&other, &kept, &secret).await;
    until_object(&other, "web", "it is told whose the Secret is", |seen| {
        reason(seen) == Some("SecretConflict")
    })
    .await;
    sweeps_pass(&other).await;
    super::acts::delete(&other, "web").await;
    let theirs = other.emulator().key(&made_id(&first, "web"));
    assert_eq!(theirs, Some(stored), "the key of the first stays");
    assert_eq!(current(&other, "web").await, before, "so does the Secret");
}

#[tokio::test]
async fn a_namespace_that_goes_takes_its_key_along_although_hints_tags_and_secrets_went_first() {
    let world = World::start(WorldOptions::new()).await;
    grant_everywhere(&world).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    until_object(&world, "web", "its place is known", |seen| {
        seen["status"]["azure"]["places"][0]["phase"] == "Published"
    })
    .await;
    world.proxy().refuse(true);
    wipe_hints(&world, "web").await;
    let mut stored = world.emulator().key(&made_id(&world, "web")).unwrap();
    stored.tags.clear();
    world.emulator().put_key_as_someone_else(stored);
    delete_namespace(&world).await;
    world.proxy().refuse(false);
    wait_namespace_gone(&world).await;
    assert_eq!(names_in_azure(&world), Vec::<String>::new());
}

#[tokio::test]
async fn an_object_that_is_given_up_leaves_its_key_and_says_where() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let id = made_id(&world, "web");
    wipe_hints(&world, "web").await;
    let uid = object(&world, "web").await["metadata"]["uid"].clone();
    let given_up = json!({ "sshkey-operator.io/abandon": uid });
    super::acts::annotate(&world, "web", given_up).await;
    let api: Api<SshKey> = world.api();
    api.delete("web", &Default::default()).await.unwrap();
    world.wait_gone::<SshKey>("web").await;
    assert!(world.emulator().key(&id).is_some());
    world
        .until("its key is told to be left behind", async || {
            let notes = super::recreated::told(&world, "web", "Orphaned", "Warning").await;
            if notes.iter().any(|note| note.contains(&id)) {
                Ok(())
            } else {
                Err(format!("{notes:?}"))
            }
        })
        .await;
}
