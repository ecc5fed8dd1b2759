//! What was there before: Secrets and Azure keys of others, of former incarnations, of other objects.

use std::collections::BTreeMap;

use arm_emulator::StoredKey;
use dev::world::{RESOURCE_GROUP, SUBSCRIPTION, World, WorldOptions, resource_id};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    ResourceExt,
    api::{DeleteParams, Patch},
};
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use crate::manifests::key;

const STRANGER: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIGx2aoq4LqJkwcfR0rMXYUyWuEO/7ai2DJkf4e8IzA+ eve";

fn stored(name: &str, public_key: &str) -> StoredKey {
    StoredKey {
        id: String::new(),
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: RESOURCE_GROUP.to_owned(),
        name: name.to_owned(),
        location: "westeurope".to_owned(),
        public_key: Some(public_key.to_owned()),
        tags: BTreeMap::new(),
    }
}

#[tokio::test]
async fn a_secret_that_is_not_ours_is_left_alone_until_it_is_gone() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply("apiVersion: v1\nkind: Secret\nmetadata: {name: web}\nstringData: {mine: secret}\n")
        .await;
    let before = world.secret("web").await.unwrap();
    world.apply(&key("web", "{azure: {}}")).await;
    let object: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::SecretConflict)
        .await;
    let conditions = object.status.unwrap().conditions;
    assert!(
        find(&conditions, ConditionType::Ready)
            .unwrap()
            .message
            .contains("conflictPolicy: Adopt")
    );
    assert_eq!(
        world.secret("web").await.unwrap().resource_version(),
        before.resource_version()
    );
    assert!(world.emulator().keys().is_empty());
    world
        .api::<Secret>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_ready("web").await;
}

#[tokio::test]
async fn a_secret_is_adopted_with_its_key_and_its_other_entries() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("first", "{}")).await;
    let first = world.wait_ready("first").await;
    let pem = world.secret("first").await.unwrap().data.unwrap()["ssh-privatekey"].clone();
    let theirs = Secret {
        metadata: kube::api::ObjectMeta {
            name: Some("theirs".into()),
            ..Default::default()
        },
        data: Some(BTreeMap::from([
            ("ssh-privatekey".to_owned(), pem),
            (
                "known_hosts".to_owned(),
                k8s_openapi::ByteString(b"host key".to_vec()),
            ),
        ])),
        ..Default::default()
    };
    world
        .api::<Secret>()
        .create(&Default::default(), &theirs)
        .await
        .unwrap();
    world
        .apply(&key(
            "second",
            "{secret: {name: theirs, conflictPolicy: Adopt}, azure: {}}",
        ))
        .await;
    // It holds more than a key, so somebody who may write it has to agree.
    let refused: SshKey = world
        .wait_condition(
            "second",
            ConditionType::Ready,
            "False",
            Reason::SecretConflict,
        )
        .await;
    let conditions = refused.status.unwrap().conditions;
    let message = &find(&conditions, ConditionType::Ready).unwrap().message;
    assert!(message.contains("adopt-by"), "{message}");
    let agreed = serde_json::json!({ "metadata": { "annotations": {
        "sshkey-operator.io/adopt-by": format!("{}/second", world.namespace()),
    } } });
    world
        .api::<Secret>()
        .patch("theirs", &Default::default(), &Patch::Merge(agreed))
        .await
        .unwrap();
    let second = world.wait_ready("second").await;
    assert_eq!(
        second.status.unwrap().fingerprint,
        first.status.unwrap().fingerprint
    );
    let adopted = world.secret("theirs").await.unwrap();
    assert_eq!(
        adopted.annotations()["sshkey-operator.io/owner-name"],
        "second"
    );
    assert_eq!(adopted.data.unwrap()["known_hosts"].0, b"host key");
}

#[tokio::test]
async fn a_secret_of_another_object_is_never_taken() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("first", "{}")).await;
    world.wait_ready("first").await;
    let before = world.secret("first").await.unwrap();
    world
        .apply(&key(
            "second",
            "{secret: {name: first, conflictPolicy: Adopt}}",
        ))
        .await;
    let _: SshKey = world
        .wait_condition(
            "second",
            ConditionType::Ready,
            "False",
            Reason::SecretConflict,
        )
        .await;
    assert_eq!(
        world.secret("first").await.unwrap().resource_version(),
        before.resource_version()
    );
    world.wait_ready("first").await;
}

#[tokio::test]
async fn an_object_that_is_made_again_goes_on_with_the_same_key() {
    let world = World::start(WorldOptions::new()).await;
    let manifest = key("web", "{azure: {deletionPolicy: Retain}}");
    world.apply(&manifest).await;
    let first = world.wait_ready("web").await;
    world
        .api::<SshKey>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("web").await;
    assert_eq!(world.emulator().keys().len(), 1);
    world.apply(&manifest).await;
    let second = world.wait_ready("web").await;
    assert_ne!(first.uid(), second.uid());
    assert_eq!(
        first.status.unwrap().fingerprint,
        second.status.as_ref().unwrap().fingerprint
    );
    let key = world.emulator().keys().remove(0);
    assert_eq!(key.tags["sshkey-operator-uid"], second.uid().unwrap());
    assert_eq!(
        world.secret("web").await.unwrap().annotations()["sshkey-operator.io/owner-uid"],
        second.uid().unwrap()
    );
}

#[tokio::test]
async fn an_azure_key_that_is_not_ours_is_left_alone_until_it_is_gone() {
    let world = World::start(WorldOptions::new()).await;
    let taken = world
        .emulator()
        .put_key_as_someone_else(stored("shared", STRANGER));
    world.apply(&key("web", "{azure: {name: shared}}")).await;
    let object: SshKey = world
        .wait_condition(
            "web",
            ConditionType::Ready,
            "False",
            Reason::AzureKeyConflict,
        )
        .await;
    assert!(world.secret("web").await.is_some());
    let conditions = object.status.unwrap().conditions;
    assert!(
        find(&conditions, ConditionType::AzureSynced)
            .unwrap()
            .message
            .contains("spec.azure.name")
    );
    assert_eq!(
        world.emulator().key(&taken).unwrap().public_key.as_deref(),
        Some(STRANGER)
    );
    world
        .api::<SshKey>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("web").await;
    assert!(
        world.emulator().key(&taken).is_some(),
        "nor is it deleted with the object that it stood against"
    );
    world.apply(&key("again", "{azure: {name: shared}}")).await;
    let _: SshKey = world
        .wait_condition(
            "again",
            ConditionType::Ready,
            "False",
            Reason::AzureKeyConflict,
        )
        .await;
    assert!(world.emulator().delete_key(&taken));
    world.wait_ready("again").await;
}

#[tokio::test]
async fn of_two_objects_that_want_one_azure_name_one_gets_it() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&format!(
            "{}---\n{}",
            key("a", "{azure: {name: shared}}"),
            key("b", "{azure: {name: SHARED}}")
        ))
        .await;
    let (winner, loser) = world
        .until("one is ready and one is told", async || {
            let keys = world.api::<SshKey>();
            let ready = async |name: &str| {
                let status = keys.get(name).await.unwrap().status.unwrap_or_default();
                find(&status.conditions, ConditionType::Ready)
                    .map(|condition| (condition.status.clone(), condition.reason.clone()))
            };
            let (a, b) = (ready("a").await, ready("b").await);
            let is = |seen: &Option<(String, String)>, status: &str, reason: Reason| {
                seen.as_ref()
                    .is_some_and(|seen| seen.0 == status && seen.1 == reason.as_str())
            };
            if is(&a, "True", Reason::UpToDate) && is(&b, "False", Reason::AzureKeyConflict) {
                Ok(("a", "b"))
            } else if is(&b, "True", Reason::UpToDate) && is(&a, "False", Reason::AzureKeyConflict)
            {
                Ok(("b", "a"))
            } else {
                Err(format!("{a:?} {b:?}"))
            }
        })
        .await;
    let keys = world.emulator().keys();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].tags["sshkey-operator-object"], winner);
    world
        .api::<SshKey>()
        .delete(winner, &DeleteParams::default())
        .await
        .unwrap();
    world.wait_ready(loser).await;
}

#[tokio::test]
async fn a_key_in_another_location_is_told_and_left_alone() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let id = resource_id(&format!("{}.web", world.namespace()));
    let mut moved = world.emulator().key(&id).unwrap();
    world.emulator().delete_key(&id);
    moved.id = String::new();
    moved.location = "northeurope".into();
    world.emulator().put_key_as_someone_else(moved);
    let _: SshKey = world
        .wait_condition(
            "web",
            ConditionType::Ready,
            "False",
            Reason::LocationConflict,
        )
        .await;
    assert_eq!(world.emulator().key(&id).unwrap().location, "northeurope");
}
