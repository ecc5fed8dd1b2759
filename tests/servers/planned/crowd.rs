//! Many questions at once.

use dev::world::{World, WorldOptions};
use kube::api::ListParams;
use serde_json::json;
use sshkey_operator::api::{ConditionType, SshKeyPlan, condition::find};

use super::ask::put;
use crate::manifests::key;

#[tokio::test]
async fn a_hundred_plans_are_all_answered_and_a_key_beside_them_becomes_ready() {
    let world = World::start(WorldOptions::new()).await;
    let spec = json!({ "name": "web", "template": { "spec": { "azure": {} } } });
    let names: Vec<String> = (0..100).map(|number| format!("plan-{number}")).collect();
    let all = names.iter().map(|name| put(&world, name, &spec));
    futures::future::join_all(all).await;
    world.apply(&key("beside", "{azure: {}}")).await;
    world.wait_ready("beside").await;
    let plans = world.api::<SshKeyPlan>();
    world
        .until("every plan has its answer", async || {
            let plans = plans.list(&ListParams::default()).await.unwrap();
            let is_answered = |plan: &&SshKeyPlan| {
                let conditions = plan.status.iter().flat_map(|status| &status.conditions);
                let conditions: Vec<_> = conditions.cloned().collect();
                find(&conditions, ConditionType::Complete).is_some_and(|one| one.status == "True")
            };
            match plans.iter().filter(is_answered).count() {
                100 => Ok(()),
                count => Err(format!("{count} of 100")),
            }
        })
        .await;
    assert_eq!(world.emulator().keys().len(), 1);
}
