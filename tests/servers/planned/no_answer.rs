//! Questions to which there can be no answer, and the end of each.

use dev::world::{World, WorldOptions};
use serde_json::json;
use sshkey_operator::api::{ConditionType, Reason, SshKeyPlan};

use super::ask::{ask, planned, put, refused};
use crate::{
    cluster::namespaces::{delete_namespace, wait_namespace_gone},
    manifests::key,
};

#[tokio::test]
async fn what_the_api_server_would_refuse_is_refused_in_its_own_words() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{source: {generate: {}}}")).await;
    world.wait_ready("web").await;
    let refusals = [
        (
            "kind",
            json!({ "source": { "publicKey": { "value": "ssh-ed25519 AAAA" } } }),
            "the kind of source can't be changed",
        ),
        (
            "name",
            json!({ "source": { "generate": {} }, "secret": { "name": "other" } }),
            "secret.name can't be changed yet",
        ),
    ];
    for (plan, spec, words) in refusals {
        let asked = json!({ "name": "web", "template": { "spec": spec } });
        let said = refused(&world, plan, &asked, Reason::TemplateRefused).await;
        assert!(said.contains(words), "{said}");
        // The same to the person who applies it.
        let manifest = key("web", &spec.to_string());
        let error = format!("{:#}", world.try_apply(&manifest).await.unwrap_err());
        assert!(error.contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_rule_about_new_keys_alone_is_asked_too() {
    let world = World::start(WorldOptions::new()).await;
    let spec = json!({ "outputs": [{ "name": "web-next", "pem": {} }] });
    let asked = json!({ "name": "web", "template": { "spec": spec } });
    let said = refused(&world, "taken", &asked, Reason::TemplateRefused).await;
    let error = world.try_apply(&key("web", &spec.to_string())).await;
    let error = format!("{:#}", error.unwrap_err());
    assert!(error.contains(&said), "{error}: {said}");
}

#[tokio::test]
async fn nothing_can_be_deleted_that_does_not_exist() {
    let world = World::start(WorldOptions::new()).await;
    let asked = json!({ "name": "nobody", "delete": true });
    let said = refused(&world, "deleted", &asked, Reason::SshKeyNotFound).await;
    assert!(said.contains("no SshKey nobody"), "{said}");
}

#[tokio::test]
async fn a_store_that_does_not_exist_is_told_as_a_condition() {
    let world = World::start(WorldOptions::new()).await;
    let spec = "{azure: {storeRef: {kind: AzureStore, name: nobody}}}";
    let status = ask(&world, "elsewhere", "web", spec).await;
    let azure = planned(&status, ConditionType::AzureSynced);
    assert_eq!(azure.reason, Reason::StoreNotFound.as_str());
    assert_eq!(azure.status, "False");
}

#[tokio::test]
async fn a_plan_goes_when_its_time_is_over_whether_it_has_an_answer_or_not() {
    let world = World::start(WorldOptions::new()).await;
    for (name, asked) in [
        (
            "answered",
            json!({ "name": "web", "ttl": "30s", "template": { "spec": {} } }),
        ),
        (
            "refused",
            json!({ "name": "web", "ttl": "30s", "delete": true }),
        ),
    ] {
        put(&world, name, &asked).await;
    }
    let plan: SshKeyPlan = world
        .wait_condition(
            "answered",
            ConditionType::Complete,
            "True",
            Reason::PlanComplete,
        )
        .await;
    let created = plan.metadata.creation_timestamp.unwrap().0;
    let ends = plan.status.unwrap().expiration_time.unwrap().0;
    assert_eq!(ends.duration_since(created).as_secs(), 30);
    world.wait_gone::<SshKeyPlan>("answered").await;
    world.wait_gone::<SshKeyPlan>("refused").await;
}

#[tokio::test]
async fn plans_hold_no_namespace_and_none_is_answered_in_one_that_goes() {
    let options = WorldOptions::new().own_control_plane().all_namespaces();
    let world = World::start(options).await;
    // It holds the namespace as long as it is protected.
    world.apply(&key("web", "{deletionProtection: true}")).await;
    world.wait_ready("web").await;
    let asked = json!({ "name": "web", "delete": true });
    put(&world, "before", &asked).await;
    delete_namespace(&world).await;
    world.wait_gone::<SshKeyPlan>("before").await;
    let manifest = json!({
        "apiVersion": "sshkey-operator.io/v1alpha1",
        "kind": "SshKeyPlan",
        "metadata": { "name": "late" },
        "spec": asked,
    });
    let refused = world.try_apply(&manifest.to_string()).await;
    let said = format!("{:#}", refused.unwrap_err());
    assert!(said.contains("because it is being terminated"), "{said}");
    world
        .apply(&key("web", "{deletionProtection: false}"))
        .await;
    wait_namespace_gone(&world).await;
}
