//! What stands over keys in Azure: locks, policies, registration, disabled subscriptions, groups in deletion, lists that lag.

use std::{collections::BTreeMap, time::Duration};

use arm_emulator::{Lock, LockLevel, Policy, PolicyEffect, RegistrationState};
use dev::world::{RESOURCE_GROUP, SUBSCRIPTION, World, WorldOptions, resource_id};
use kube::api::DeleteParams;
use sshkey_operator::api::{AzureStore, ConditionType, Reason, SshKey, condition::find};

use crate::manifests::key;

fn group() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}")
}

fn policy(effect: PolicyEffect) -> Policy {
    Policy {
        name: "teams".to_owned(),
        display_name: Some("What teams may do".to_owned()),
        scope: group(),
        effect,
        nested: false,
    }
}

async fn wait_synced(world: &World, reason: Reason) -> String {
    let object: SshKey = world
        .wait_condition("web", ConditionType::AzureSynced, "False", reason)
        .await;
    let conditions = object.status.unwrap().conditions;
    find(&conditions, ConditionType::AzureSynced)
        .unwrap()
        .message
        .clone()
}

#[tokio::test]
async fn a_lock_holds_up_a_deletion_and_is_told_until_it_is_gone() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    world.emulator().put_lock(Lock {
        name: "keep".to_owned(),
        scope: group(),
        level: LockLevel::CanNotDelete,
        notes: None,
    });
    let keys = world.api::<SshKey>();
    keys.delete("web", &DeleteParams::default()).await.unwrap();
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::ScopeLocked)
        .await;
    assert_eq!(world.emulator().keys().len(), 1);
    assert!(world.emulator().remove_lock(&group(), "keep"));
    world.wait_gone::<SshKey>("web").await;
    assert!(world.emulator().keys().is_empty());
}

#[tokio::test]
async fn a_policy_that_denies_is_named_and_what_it_asks_for_is_taken() {
    let world = World::start(WorldOptions::new()).await;
    let needs_owner = policy(PolicyEffect::DenyWithoutTag("owner".to_owned()));
    world.emulator().set_policies(vec![needs_owner]);
    world.apply(&key("web", "{azure: {}}")).await;
    let said = wait_synced(&world, Reason::DisallowedByPolicy).await;
    assert!(said.contains("by policy What teams may do"), "{said}");
    world
        .apply(&key("web", "{azure: {tags: {owner: web}}}"))
        .await;
    world.wait_ready("web").await;
}

#[tokio::test]
async fn a_policy_that_changes_a_tag_is_not_fought_and_the_rest_is_kept_in_step() {
    let world = World::start(WorldOptions::new()).await;
    let set = BTreeMap::from([("stage".to_owned(), "prod".to_owned())]);
    let remove = Vec::new();
    world
        .emulator()
        .set_policies(vec![policy(PolicyEffect::Modify { set, remove })]);
    let spec = "{azure: {tags: {stage: test, team: web}}}";
    world.apply(&key("web", spec)).await;
    let said = wait_synced(&world, Reason::TagOverridden).await;
    assert!(said.contains("the tags stage of"), "{said}");
    let writes = || {
        world
            .emulator()
            .log()
            .iter()
            .filter(|one| one.request.is_arm_write())
            .count()
    };
    assert_eq!(writes(), 3, "created, put right once, and once more");
    // The rest is still put right.
    let id = resource_id(&format!("{}.web", world.namespace()));
    let mut theirs = world.emulator().key(&id).unwrap();
    theirs.tags.insert("team".into(), "theirs".into());
    world.emulator().put_key_as_someone_else(theirs);
    world
        .until("the other tag is put right", async || {
            let tags = world.emulator().key(&id).unwrap().tags;
            if tags["team"] == "web" {
                Ok(())
            } else {
                Err(format!("{tags:?}"))
            }
        })
        .await;
    assert_eq!(writes(), 4);
    // What the policy wants can be asked for.
    world
        .apply(&key("web", "{azure: {tags: {stage: prod, team: web}}}"))
        .await;
    world.wait_ready("web").await;
    assert_eq!(writes(), 4);
}

#[tokio::test]
async fn a_subscription_that_is_not_registered_or_disabled_is_told_on_key_and_store() {
    let world = World::start(WorldOptions::new()).await;
    let azure = world.emulator();
    azure.set_registration(SUBSCRIPTION, RegistrationState::NotRegistered);
    world.apply(&key("web", "{azure: {}}")).await;
    let said = wait_synced(&world, Reason::ProviderNotRegistered).await;
    assert!(said.contains("az provider register"), "{said}");
    let ready = ConditionType::Ready;
    let _: AzureStore = world
        .wait_condition("default", ready, "False", Reason::ProviderNotRegistered)
        .await;
    azure.set_subscription_state(SUBSCRIPTION, "Disabled");
    wait_synced(&world, Reason::SubscriptionDisabled).await;
    let _: AzureStore = world
        .wait_condition("default", ready, "False", Reason::SubscriptionDisabled)
        .await;
    azure.set_subscription_state(SUBSCRIPTION, "Enabled");
    azure.set_registration(SUBSCRIPTION, RegistrationState::Registered);
    world.wait_ready("web").await;
    world.wait_ready_of::<AzureStore>("default").await;
}

#[tokio::test]
async fn a_list_that_lags_behind_a_write_makes_no_second_one() {
    let options = WorldOptions::new().flag("azure-sweep-interval", "1s");
    let world = World::start(options).await;
    world.emulator().set_list_lag(Duration::from_secs(8));
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    world
        .apply(&key("web", "{azure: {tags: {team: web}}}"))
        .await;
    world.wait_ready("web").await;
    let lists = || {
        let log = world.emulator().log();
        let lists = log.iter().filter(|one| {
            one.request.method == "GET" && one.request.path.ends_with("/sshPublicKeys")
        });
        lists.count()
    };
    world
        .until("many lists were seen", async || match lists() {
            count if count >= 12 => Ok(()),
            other => Err(format!("{other}")),
        })
        .await;
    world.wait_ready("web").await;
    let log = world.emulator().log();
    let writes = log.iter().filter(|one| one.request.is_arm_write());
    assert_eq!(writes.count(), 2);
}
