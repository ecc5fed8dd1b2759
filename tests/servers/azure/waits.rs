//! What the operator waits for in Azure and how often it asks meanwhile: a lost answer, a throttle, a group, Azure itself.

use std::time::Duration;

use arm_emulator::{Effect, Fault, FaultAnswer};
use dev::world::{Part, World, WorldOptions, resource_id};
use kube::api::DeleteParams;
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use super::strikes::error;
use crate::manifests::key;

#[tokio::test]
async fn an_answer_that_is_lost_after_the_key_was_stored_leads_to_one_key() {
    let world = World::start(WorldOptions::new()).await;
    let path = format!("sshPublicKeys/{}.web", world.namespace());
    world
        .emulator()
        .faults()
        .add(Fault::on("PUT", &path, Effect::DropAfterStore).times(1));
    world.apply(&key("web", "{azure: {}}")).await;
    let status = world.wait_ready("web").await.status.unwrap();
    let keys = world.emulator().keys();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].public_key, status.public_key);
    let log = world.emulator().log();
    let puts = log
        .iter()
        .filter(|record| record.request.is_arm_write())
        .count();
    assert_eq!(puts, 1, "the key was found, not written again");
}

#[tokio::test]
async fn nothing_is_sent_before_a_throttles_time_is_over() {
    let world = World::start(WorldOptions::new().flag("retry-max", "1s")).await;
    let answer = FaultAnswer::error(429, "OperationNotAllowed", "too many").retry_after(4);
    world
        .emulator()
        .faults()
        .add(Fault::on("PUT", "sshPublicKeys", Effect::Answer(answer)).times(1));
    world.apply(&key("a", "{azure: {}}")).await;
    let _: SshKey = world
        .wait_condition("a", ConditionType::AzureSynced, "False", Reason::Throttled)
        .await;
    // Another object of the same subscription and location waits for the same time, without asking.
    world.apply(&key("b", "{azure: {}}")).await;
    world.wait_ready("a").await;
    world.wait_ready("b").await;
    let log = world.emulator().log();
    let writes: Vec<_> = log
        .iter()
        .filter(|record| record.request.is_arm_write())
        .collect();
    assert_eq!(writes[0].status, Some(429));
    assert_eq!(writes.len(), 3, "{writes:?}");
    let waited = writes[1].time_ms - writes[0].time_ms;
    assert!(
        waited >= i64::try_from(Duration::from_secs(4).as_millis()).unwrap(),
        "{waited} ms"
    );
}

#[tokio::test]
async fn a_missing_resource_group_is_told_and_used_once_it_is_there() {
    let world = World::start(WorldOptions::new().without(Part::ResourceGroup)).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let object: SshKey = world
        .wait_condition(
            "web",
            ConditionType::Ready,
            "False",
            Reason::ResourceGroupNotFound,
        )
        .await;
    let conditions = object.status.unwrap().conditions;
    let message = &find(&conditions, ConditionType::Ready).unwrap().message;
    assert!(
        message.contains(dev::world::RESOURCE_GROUP) && message.contains("IfMissing"),
        "{message}"
    );
    let log = world.emulator().log();
    assert!(!log.iter().any(|record| record.request.is_arm_write()));
    world.emulator().put_group(
        dev::world::SUBSCRIPTION,
        dev::world::RESOURCE_GROUP,
        "westeurope",
    );
    world.wait_ready("web").await;
}

#[tokio::test]
async fn a_missing_right_to_the_group_is_named_with_its_scope() {
    let world = World::start(WorldOptions::new().without(Part::ResourceGroup)).await;
    let refuses = |method: &str| {
        let answer = error(403, "AuthorizationFailed", "The client may not.");
        let fault = Fault::on(method, "*/resourceGroups/rg-new", answer);
        world.emulator().faults().add(fault.times(0))
    };
    let (look, create) = (refuses("GET"), refuses("PUT"));
    let group = "{azure: {resourceGroup: {name: rg-new, creationPolicy: IfMissing}}}";
    world.apply(&key("web", group)).await;
    let right = "Microsoft.Resources/subscriptions/resourceGroups on the subscription";
    for (refused, what) in [
        (look, "can't look for resource group"),
        (create, "can't create resource group"),
    ] {
        world
            .until(what, async || {
                let object: SshKey = world.api::<SshKey>().get("web").await.unwrap();
                let conditions = object.status.unwrap_or_default().conditions;
                match find(&conditions, ConditionType::Ready) {
                    Some(ready)
                        if ready.reason == Reason::AccessDenied.as_str()
                            && [what, right]
                                .iter()
                                .all(|part| ready.message.contains(part)) =>
                    {
                        Ok(())
                    }
                    ready => Err(format!("{ready:?}")),
                }
            })
            .await;
        world.emulator().faults().remove(refused);
    }
    world.wait_ready("web").await;
}

#[tokio::test]
async fn an_azure_that_is_away_is_waited_for() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("first", "{azure: {}}")).await;
    world.wait_ready("first").await;
    world.emulator().stop().await;
    world.apply(&key("second", "{azure: {}}")).await;
    let _: SshKey = world
        .wait_condition(
            "second",
            ConditionType::Ready,
            "False",
            Reason::AzureUnavailable,
        )
        .await;
    assert!(world.secret("second").await.is_some());
    world.emulator().restart().await.unwrap();
    world.wait_ready("second").await;
    world.wait_ready("first").await;
}

#[tokio::test]
async fn a_deletion_waits_for_azure_and_leaves_nothing_behind() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let id = resource_id(&format!("{}.web", world.namespace()));
    for (effect, reason) in [
        (error(409, "ScopeLocked", "locked"), Reason::ScopeLocked),
        (
            error(500, "InternalServerError", "sorry"),
            Reason::AzureUnavailable,
        ),
    ] {
        let fault = Fault::on("DELETE", "sshPublicKeys", effect).times(0);
        world.emulator().faults().clear();
        world.emulator().faults().add(fault);
        // Deleting what is being deleted already changes nothing.
        world
            .api::<SshKey>()
            .delete("web", &DeleteParams::default())
            .await
            .unwrap();
        let _: SshKey = world
            .wait_condition("web", ConditionType::Ready, "False", reason)
            .await;
        assert!(world.emulator().key(&id).is_some());
    }
    world.emulator().faults().clear();
    world.wait_gone::<SshKey>("web").await;
    assert!(world.emulator().key(&id).is_none());
}

#[tokio::test]
async fn a_key_that_is_refused_for_good_is_tried_seldom_and_told_once() {
    let world = World::start(WorldOptions::new().flag("poll-interval", "1m")).await;
    let refused = error(
        400,
        "InvalidParameter",
        "The value of parameter publicKey is invalid.",
    );
    world
        .emulator()
        .faults()
        .add(Fault::on("PUT", "sshPublicKeys", refused).times(0));
    world.apply(&key("web", "{azure: {}}")).await;
    let _: SshKey = world
        .wait_condition(
            "web",
            ConditionType::AzureSynced,
            "False",
            Reason::KeyRefused,
        )
        .await;
    // Others go on meanwhile, for as long as a storm would need to show.
    for number in 0..20 {
        let name = format!("other-{number}");
        world.apply(&key(&name, "{}")).await;
        world.wait_ready(&name).await;
    }
    let log = world.emulator().log();
    let writes = log
        .iter()
        .filter(|record| record.request.is_arm_write())
        .count();
    assert!(writes <= 3, "{writes} PUTs");
    let statuses = world.proxy().log();
    let statuses = statuses
        .iter()
        .filter(|entry| entry.method == "PATCH" && entry.path.ends_with("/sshkeys/web/status"));
    assert_eq!(statuses.count(), 1);
}
