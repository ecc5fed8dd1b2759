//! Many questions at once.

use std::{ops::Range, time::Duration};

use dev::world::{World, WorldOptions};
use kube::api::{ListParams, PostParams};
use serde_json::json;
use sshkey_operator::api::{ConditionType, Reason, SshKeyPlan, condition::find};

use crate::manifests::key;

/// The last by name are asked first. Of those that were created in one second the name decides, so each that comes goes
/// before those that began already.
async fn ask_many(world: &World, numbers: Range<usize>) {
    let plans = world.api::<SshKeyPlan>();
    let all = numbers.rev().map(|number| {
        let plan = json!({
            "apiVersion": "sshkey-operator.io/v1alpha1",
            "kind": "SshKeyPlan",
            "metadata": { "name": format!("plan-{number:04}") },
            "spec": { "name": "web", "template": { "spec": { "azure": {} } } },
        });
        let plan: SshKeyPlan = serde_json::from_value(plan).unwrap();
        let plans = plans.clone();
        async move { plans.create(&PostParams::default(), &plan).await.unwrap() }
    });
    futures::future::join_all(all).await;
}

/// The reason of each plan's condition `Complete`.
async fn reasons(world: &World) -> Vec<String> {
    let plans = world.api::<SshKeyPlan>();
    let plans = plans.list(&ListParams::default()).await.unwrap();
    let reason = |plan: &SshKeyPlan| {
        let status = plan.status.as_ref()?;
        let complete = find(&status.conditions, ConditionType::Complete)?;
        Some(complete.reason.clone())
    };
    plans.iter().filter_map(reason).collect()
}

/// Asks so many questions at once, waits for all answers, and for a key beside them.
async fn crowd(many: usize) {
    let world = World::start(WorldOptions::new()).await;
    // Half of them wait from the beginning, the others come one by one.
    world.operator().kill();
    ask_many(&world, many / 2..many).await;
    world.operator().restart().unwrap();
    ask_many(&world, 0..many / 2).await;
    world.apply(&key("beside", "{azure: {}}")).await;
    world.wait_ready("beside").await;
    world
        .until_within(Duration::from_mins(10), "every answer", async || {
            let all = reasons(&world).await.into_iter();
            let complete = all.filter(|reason| reason == Reason::PlanComplete.as_str());
            let complete = complete.count();
            if complete == many {
                Ok(())
            } else {
                Err(format!("{complete} of {many}"))
            }
        })
        .await;
    assert_eq!(world.emulator().keys().len(), 1);
    // Each is told the answer once; and some, once each, that they wait.
    let writes = world.proxy().log().into_iter();
    let writes = writes.filter(|entry| {
        let access = &entry.access;
        access.is_write() && access.resource == "sshkeyplans/status"
    });
    let writes = writes.count();
    assert!(
        (many + 1..=2 * many).contains(&writes),
        "{writes} writes for {many} plans"
    );
}

#[tokio::test]
async fn a_hundred_plans_are_all_answered_and_a_key_beside_them_becomes_ready() {
    crowd(100).await;
}

#[tokio::test]
#[ignore = "make nightly: a thousand answers take minutes"]
async fn a_thousand_plans_are_all_answered_and_a_key_beside_them_becomes_ready() {
    crowd(1_000).await;
}
