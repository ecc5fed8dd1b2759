//! Questions, and their answers.

use dev::world::World;
use serde_json::{Value, json};
use sshkey_operator::api::{
    ConditionType, Reason, SshKeyPlan, SshKeyPlanStatus,
    condition::{Condition, find},
};

/// Asks what applying a spec, in YAML's flow style, would do.
pub(crate) async fn ask(world: &World, plan: &str, key: &str, spec: &str) -> SshKeyPlanStatus {
    let spec: Value = serde_saphyr::from_str(spec).unwrap();
    let asked = json!({ "name": key, "template": { "spec": spec } });
    answer(world, plan, &asked).await
}

/// Asks what deleting an `SshKey` would do.
pub(crate) async fn ask_to_delete(world: &World, plan: &str, key: &str) -> SshKeyPlanStatus {
    answer(world, plan, &json!({ "name": key, "delete": true })).await
}

/// Asks, and waits for the answer.
pub(crate) async fn answer(world: &World, plan: &str, spec: &Value) -> SshKeyPlanStatus {
    put(world, plan, spec).await;
    let answered: SshKeyPlan = world
        .wait_condition(plan, ConditionType::Complete, "True", Reason::PlanComplete)
        .await;
    answered.status.unwrap()
}

/// Asks, and waits until it is said that there can be no answer: why.
pub(crate) async fn refused(world: &World, plan: &str, spec: &Value, reason: Reason) -> String {
    put(world, plan, spec).await;
    let answered: SshKeyPlan = world
        .wait_condition(plan, ConditionType::Stalled, "True", reason)
        .await;
    let status = answered.status.unwrap();
    let complete = find(&status.conditions, ConditionType::Complete).unwrap();
    assert_eq!(complete.status, "False");
    assert!(status.steps.is_empty());
    complete.message.clone()
}

pub(crate) async fn put(world: &World, plan: &str, spec: &Value) {
    let manifest = json!({
        "apiVersion": "sshkey-operator.io/v1alpha1",
        "kind": "SshKeyPlan",
        "metadata": { "name": plan },
        "spec": spec,
    });
    world.apply(&manifest.to_string()).await;
}

/// The names of the steps that would be taken at once.
pub(crate) fn steps(status: &SshKeyPlanStatus) -> Vec<&str> {
    let steps = status.steps.iter();
    let now = steps.filter(|step| step.not_before.is_none());
    now.map(|step| step.step.as_str()).collect()
}

/// A condition that the `SshKey` would have.
pub(crate) fn planned(status: &SshKeyPlanStatus, kind: ConditionType) -> &Condition {
    find(&status.planned_conditions, kind).unwrap()
}
