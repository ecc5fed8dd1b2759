//! Answers about keys that do not exist yet, and about some that do.

use dev::world::{World, WorldOptions, resource_id};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, ResourceExt,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::{
    ConditionType, Reason, SshKey, SshKeyPlan, StepAction, names::annotation,
    planned_step::KNOWN_AFTER_APPLY,
};

use super::ask::{answer, ask, ask_to_delete, planned, steps};
use crate::manifests::key;

const WHOLE: &str = "{secret: {deletionPolicy: Delete}, azure: {name: first, resourceGroup: {name: rg-made, creationPolicy: IfMissing}}, outputs: [{name: files, pem: {}}]}";

#[tokio::test]
async fn the_answer_about_a_new_key_has_every_step_and_nothing_of_it_is_done() {
    let world = World::start(WorldOptions::new()).await;
    let status = ask(&world, "before", "web", WHOLE).await;
    assert_eq!(
        steps(&status),
        [
            "HoldStore",
            "Record",
            "CreateSecret",
            "CreateOutput",
            "CreateResourceGroup",
            "PublishKey"
        ]
    );
    assert_eq!((status.uid, status.resource_version), (None, None));
    let made = &status.steps[2];
    assert_eq!(
        (made.action, made.target.as_str()),
        (StepAction::Create, "Secret web")
    );
    assert!(made.to.as_ref().unwrap().contains(KNOWN_AFTER_APPLY));
    let ready = status.planned_conditions.iter();
    assert!(
        ready
            .clone()
            .any(|one| one.type_ == "Ready" && one.status == "True")
    );
    assert!(
        status.warnings[0].contains("rg-made"),
        "{:?}",
        status.warnings
    );

    let keys = world.api::<SshKey>();
    assert_eq!(
        keys.list(&ListParams::default()).await.unwrap().items.len(),
        0
    );
    assert!(world.secret("web").await.is_none());
    assert_eq!(world.emulator().keys().len(), 0);

    world.apply(&key("web", WHOLE)).await;
    world.wait_ready("web").await;
    assert_eq!(steps(&ask(&world, "after", "web", WHOLE).await), [""; 0]);
}

#[tokio::test]
async fn the_answers_about_a_rotation_a_move_and_a_deletion_are_of_the_key_that_exists() {
    let world = World::start(WorldOptions::new()).await;
    let spec = "{secret: {deletionPolicy: Delete}, azure: {name: first}}";
    world.apply(&key("web", spec)).await;
    let web = world.wait_ready("web").await;
    let version = |secret: Option<Secret>| secret.unwrap().resource_version();
    let before = version(world.secret("web").await);

    let now = json!({ annotation::ROTATE_REQUESTED_AT: "now" });
    let template = json!({ "metadata": { "annotations": now }, "spec": web.spec });
    let rotated = answer(
        &world,
        "rotated",
        &json!({ "name": "web", "template": template }),
    )
    .await;
    let swap = rotated
        .steps
        .iter()
        .find(|step| step.step == "ActivateKey")
        .unwrap();
    assert_eq!(swap.from, web.status.as_ref().unwrap().fingerprint);
    assert!(swap.to.as_ref().unwrap().contains(KNOWN_AFTER_APPLY));
    assert_eq!(rotated.uid, web.uid());
    assert!(
        rotated
            .warnings
            .iter()
            .any(|text| text.contains("do not trust"))
    );

    let moved = ask(
        &world,
        "moved",
        "web",
        "{secret: {deletionPolicy: Delete}, azure: {name: second}}",
    )
    .await;
    assert_eq!(
        steps(&moved),
        [
            "Record",
            "RecordPlaces",
            "PublishKey",
            "DeleteAzureKey",
            "Record"
        ]
    );
    assert_eq!(moved.steps[2].target, resource_id("second"));

    let deleted = ask_to_delete(&world, "deleted", "web").await;
    assert_eq!(
        steps(&deleted),
        ["DeleteAzureKey", "DeleteSecret", "RemoveFinalizer"]
    );
    assert!(deleted.planned_conditions.is_empty());

    // Nothing of it was done.
    let after = world.wait_ready("web").await;
    assert_eq!(after.resource_version(), web.resource_version());
    assert_eq!(version(world.secret("web").await), before);
    assert_eq!(world.emulator().keys().len(), 1);
    let plans = world.api::<SshKeyPlan>();
    let text = serde_json::to_string(&plans.list(&ListParams::default()).await.unwrap().items);
    assert!(!text.unwrap().contains("PRIVATE KEY"));
}

#[tokio::test]
async fn a_conflict_and_a_protected_deletion_are_told_as_conditions() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("one", "{azure: {name: taken}}")).await;
    world.wait_ready("one").await;
    let status = ask(&world, "conflict", "two", "{azure: {name: taken}}").await;
    let azure = planned(&status, ConditionType::AzureSynced);
    assert_eq!(azure.reason, Reason::AzureKeyConflict.as_str());
    assert!(!steps(&status).contains(&"PublishKey"));

    let protect = Patch::Merge(json!({ "spec": { "deletionProtection": true } }));
    let keys: Api<SshKey> = world.api();
    keys.patch("one", &PatchParams::default(), &protect)
        .await
        .unwrap();
    let status = ask_to_delete(&world, "protected", "one").await;
    assert_eq!(steps(&status), [""; 0]);
    let ready = planned(&status, ConditionType::Ready);
    assert_eq!(ready.reason, Reason::DeletionProtected.as_str());
}

#[tokio::test]
async fn a_source_that_is_missing_is_told_as_a_condition() {
    let world = World::start(WorldOptions::new()).await;
    let status = ask(
        &world,
        "missing",
        "web",
        "{source: {privateKey: {secretRef: {name: theirs, key: k}}}, azure: {name: mine}}",
    )
    .await;
    let available = planned(&status, ConditionType::KeyAvailable);
    assert_eq!(available.reason, Reason::SourceNotFound.as_str());
    assert_eq!(
        steps(&status)
            .iter()
            .filter(|step| **step == "PublishKey")
            .count(),
        0
    );
}
