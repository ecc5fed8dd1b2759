//! A Secret that the operator's watch does not show, since a tool took its label or it was never the operator's: a new object
//! meets it when it creates its own, and goes on as if it had seen it before.

use dev::world::{World, WorldOptions};
use k8s_openapi::api::core::v1::{ResourceQuota, Secret};
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::json;
use sshkey_operator::api::{
    AzureStore, ConditionType, Reason, SshKey,
    names::{annotation, label},
};

use super::{
    acts::{delete, names_in_azure},
    recreated::{goes_on_with_its_next_key, nothing_is_told_as_lost},
};
use crate::{manifests::key, rotation::acts::current, seen::until_object};

const RETAINED: &str = "{azure: {deletionPolicy: Retain}}";

/// Takes the label by which the operator's watch selects Secrets.
async fn strip(world: &World, secret: &str) {
    let secrets: Api<Secret> = world.api();
    let labels = json!({ "metadata": { "labels": { label::SECRET_ROLE: null } } });
    let params = PatchParams::default();
    let stripped = secrets.patch(secret, &params, &Patch::Merge(labels)).await;
    assert!(!stripped.unwrap().labels().contains_key(label::SECRET_ROLE));
}

/// How many Secrets were not created, since one of that name was there.
fn creations_refused(world: &World) -> usize {
    let log = world.proxy().log().into_iter();
    let refused = log.filter(|one| {
        let access = &one.access;
        access.verb == "create" && access.resource == "secrets" && one.status == Some(409)
    });
    refused.count()
}

#[tokio::test]
async fn a_retained_secret_without_its_label_is_taken_up_and_that_is_told() {
    for spec in ["{}", "{azure: {}}", RETAINED] {
        let world = World::start(WorldOptions::new()).await;
        world.apply(&key("web", spec)).await;
        world.wait_ready("web").await;
        let before = current(&world, "web").await;
        delete(&world, "web").await;
        strip(&world, "web").await;
        world.proxy().reset();
        world.apply(&key("web", spec)).await;
        let second = world.wait_ready("web").await;
        // Where Azure has a key of its name, a Secret is expected, and read before.
        let met = creations_refused(&world);
        assert_eq!(met, usize::from(spec != RETAINED), "{spec}");
        assert_eq!(current(&world, "web").await, before, "{spec}");
        let secret = world.secret("web").await.unwrap();
        let owner = &secret.annotations()[annotation::OWNER_UID];
        assert_eq!(*owner, second.uid().unwrap());
        assert_eq!(secret.labels()[label::SECRET_ROLE], label::ROLE_MANAGED);
        world.wait_event("web", "SecretTakenUp").await;
        nothing_is_told_as_lost(&world).await;
    }
}

#[tokio::test]
async fn a_next_key_beside_a_secret_without_its_label_is_not_forgotten() {
    goes_on_with_its_next_key(async |world| strip(world, "web").await).await;
}

#[tokio::test]
async fn a_secret_of_another_use_is_a_conflict_that_holds_no_store() {
    let world = World::start(WorldOptions::new()).await;
    let secrets: Api<Secret> = world.api();
    let theirs: Secret = serde_json::from_value(json!({
        "metadata": { "name": "web" }, "stringData": { "password": "theirs" },
    }))
    .unwrap();
    let params = PostParams::default();
    let before = secrets.create(&params, &theirs).await.unwrap();
    world.apply(&key("web", "{azure: {}}")).await;
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::SecretConflict)
        .await;
    // What was presumed of its Secret has left nothing: the store goes beside it.
    until_object(&world, "web", "it names no place", |seen| {
        seen["metadata"]["annotations"]
            .get(annotation::AZURE_KEYS)
            .is_none()
    })
    .await;
    let stores: Api<AzureStore> = world.api();
    let store = stores.list(&Default::default()).await.unwrap().items;
    let name = store[0].name_any();
    stores.delete(&name, &Default::default()).await.unwrap();
    world.wait_gone::<AzureStore>(&name).await;
    assert_eq!(world.secret("web").await.unwrap(), before);
    delete(&world, "web").await;
    assert_eq!(world.secret("web").await.unwrap(), before);
    assert_eq!(names_in_azure(&world), Vec::<String>::new());
}

#[tokio::test]
async fn a_suspended_new_object_tells_of_a_secret_that_is_there() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    delete(&world, "web").await;
    strip(&world, "web").await;
    world.apply(&key("web", "{suspend: true}")).await;
    let seen = until_object(&world, "web", "its plan is told", |seen| {
        seen["status"]["observedGeneration"] == 1
    })
    .await;
    let steps = seen["status"]["plan"].to_string();
    assert!(!steps.contains("CreateSecret"), "{steps}");
}

#[tokio::test]
async fn a_new_object_whose_secret_can_not_be_created_tells_of_the_one_that_is_there() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    let before = current(&world, "web").await;
    delete(&world, "web").await;
    strip(&world, "web").await;
    // The API server looks at quotas before it looks for the name.
    let quotas: Api<ResourceQuota> = world.api();
    let none: ResourceQuota = serde_json::from_value(json!({
        "metadata": { "name": "none" }, "spec": { "hard": { "count/secrets": "0" } },
    }))
    .unwrap();
    quotas.create(&PostParams::default(), &none).await.unwrap();
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    assert_eq!(current(&world, "web").await, before);
    nothing_is_told_as_lost(&world).await;
}

#[tokio::test]
async fn an_object_whose_secret_can_have_no_such_name_can_be_deleted() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{secret: {name: a..b}}")).await;
    let told: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::InvalidObject)
        .await;
    assert!(told.finalizers().is_empty());
    delete(&world, "web").await;
}
