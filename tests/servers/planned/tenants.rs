//! Questions of tenants: a plan shows no more than the `SshKey` that it asks about would, and asks Azure for no more.

use dev::world::{World, WorldOptions};
use serde_json::json;
use sshkey_operator::api::{ConditionType, Reason, SshKeyPlan};

use super::ask::{ask, planned, steps};
use crate::{
    made::Made,
    manifests::secret,
    stores::of_the_cluster::{ANYBODY, tenant},
};

#[tokio::test]
async fn a_store_that_is_closed_to_the_namespace_is_asked_nothing_for_a_plan() {
    let world = tenant("{namespaces: {names: [somebody-else]}}").await;
    let status = ask(&world, "closed", "web", "{azure: {}}").await;
    let azure = planned(&status, ConditionType::AzureSynced);
    assert_eq!(azure.reason, Reason::NamespaceNotAllowed.as_str());
    assert!(!steps(&status).contains(&"PublishKey"), "{status:?}");
    assert_eq!(asked_of_azure_for_plans(&world), 0);
    // The witness sees what is asked for a plan, where something is.
    let open = tenant(ANYBODY).await;
    ask(&open, "open", "web", "{azure: {}}").await;
    assert!(asked_of_azure_for_plans(&open) > 0);
}

/// How many answers of Azure came within the reconcile of a plan, by the operator's log. A store is checked by itself.
fn asked_of_azure_for_plans(world: &World) -> usize {
    let log = std::fs::read_to_string(world.operator().log()).unwrap();
    let of_plans = log.lines().filter(|line| line.contains("SshKeyPlan."));
    of_plans
        .filter(|line| line.contains("azure answered"))
        .count()
}

#[tokio::test]
async fn two_plans_about_one_name_have_the_same_answer() {
    let world = World::start(WorldOptions::new()).await;
    let (one, other) = tokio::join!(
        ask(&world, "one", "web", "{azure: {}}"),
        ask(&world, "other", "web", "{azure: {}}")
    );
    assert!(steps(&one).contains(&"PublishKey"), "{one:?}");
    assert_eq!(one.steps, other.steps);
    assert!(world.emulator().keys().is_empty());
}

#[tokio::test]
async fn a_pair_with_a_passphrase_is_opened_for_a_plan_and_shown_by_its_fingerprint_alone() {
    let world = World::start(WorldOptions::new()).await;
    let passphrase = "correct horse battery";
    let made = Made::by_ssh_keygen(&["-t", "ed25519", "-N", passphrase]);
    world.apply(&secret("file", "key", &made.private())).await;
    world.apply(&secret("open", "word", passphrase)).await;
    let spec = "{source: {privateKey: {secretRef: {name: file, key: key}, passphraseSecretRef: {name: open, key: word}}}, azure: {}}";
    let status = ask(&world, "import", "web", spec).await;
    let published = status.steps.iter().find(|step| step.step == "PublishKey");
    assert_eq!(published.unwrap().to, Some(made.fingerprint()));
    let plan: SshKeyPlan = world.api().get("import").await.unwrap();
    let written = json!(plan).to_string();
    let body = made.private().lines().nth(1).unwrap().to_owned();
    assert!(!written.contains(passphrase) && !written.contains(&body));
}
