//! The steps that wait, in the status of a key.

use dev::world::{World, WorldOptions};
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::{
    ConditionType, Reason, SshKey, names::annotation, planned_step::PendingPlan,
};

use crate::{manifests::key, seen::sweeps_pass};

fn names(plan: &PendingPlan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.step.as_str()).collect()
}

#[tokio::test]
async fn a_suspended_key_shows_its_steps_until_they_are_taken() {
    let world = World::start(WorldOptions::new()).await;
    // The store is held already: that would be another step.
    sweeps_pass(&world).await;
    world.apply(&key("web", "{suspend: true, azure: {}}")).await;
    let web: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::Suspended)
        .await;
    let plan = web.status.unwrap().plan.unwrap();
    assert_eq!(plan.message, "spec.suspend is true");
    assert_eq!(names(&plan), ["Record", "CreateSecret", "PublishKey"]);
    assert_eq!(plan.count, 3);
    // Nothing is written for it again.
    let version = web.metadata.resource_version;
    sweeps_pass(&world).await;
    let web = world.api::<SshKey>().get("web").await.unwrap();
    assert_eq!(web.resource_version(), version);

    world.apply(&key("web", "{azure: {}}")).await;
    let web = world.wait_ready("web").await;
    assert_eq!(web.status.unwrap().plan, None);
}

#[tokio::test]
async fn a_rotation_that_waits_for_a_person_shows_the_step_that_waits() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key("web", "{rotation: {activation: Manual}}"))
        .await;
    let old = world.wait_ready("web").await.status.unwrap().fingerprint;
    let keys: Api<SshKey> = world.api();
    let annotate = |name: &str, value: &str| {
        Patch::Merge(json!({ "metadata": { "annotations": { name: value } } }))
    };
    let params = PatchParams::default();
    let rotate = annotate(annotation::ROTATE_REQUESTED_AT, "now");
    keys.patch("web", &params, &rotate).await.unwrap();
    let web: SshKey = world
        .wait_for("web", "the step that waits", |web: &SshKey| {
            let status = web.status.as_ref();
            status.is_some_and(|status| status.plan.is_some())
        })
        .await;
    let plan = web.status.unwrap().plan.unwrap();
    assert_eq!(names(&plan), ["ActivateKey"]);
    assert_eq!(plan.steps[0].from, old);
    let next = plan.steps[0].to.clone().unwrap();
    let activate = annotate(annotation::ACTIVATE, &next);
    keys.patch("web", &params, &activate).await.unwrap();
    let web: SshKey = world
        .wait_for("web", "the next key", |web: &SshKey| {
            let status = web.status.as_ref();
            status.is_some_and(|status| {
                status.fingerprint.as_ref() == Some(&next) && status.plan.is_none()
            })
        })
        .await;
    assert_eq!(web.status.unwrap().fingerprint, Some(next));
}
