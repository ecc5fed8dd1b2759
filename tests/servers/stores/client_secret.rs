//! Stores whose application signs in with a client secret: each fault is told, and mended without a restart.

use arm_emulator::{Application, Tenant};
use dev::world::{
    CLIENT, CLIENT_SECRET, CREDENTIALS, LOCATION, RESOURCE_GROUP, SUBSCRIPTION, TENANT, World,
    WorldOptions, resource_id,
};
use kube::api::DeleteParams;
use sshkey_operator::api::{AzureStore, ConditionType, Reason, SshKey, condition::find};

use super::of_a_namespace::{
    client_secret, credentials, no_store, store, store_in, wait_issued, wait_not_ready,
};
use crate::manifests::key;

pub(crate) const TOKENS: &str = "/oauth2/v2.0/token";

/// How many tokens were issued since the log was cleared.
fn tokens(world: &World) -> usize {
    let log = world.emulator().log();
    log.iter()
        .filter(|record| record.request.path.ends_with(TOKENS) && record.status == Some(200))
        .count()
}

#[tokio::test]
async fn a_store_with_a_client_secret_is_ready_and_kubectl_shows_it() {
    let world = World::start(WorldOptions::new()).await;
    let store = wait_issued(&world, "default").await;
    let status = store.status.unwrap();
    assert_eq!(status.observed_generation, store.metadata.generation);
    assert_eq!(
        status.conditions.len(),
        1,
        "neither Reconciling nor Stalled"
    );
    for name in ["azurestores", "azst"] {
        let table = world.kubectl(&["get", name]).await.unwrap();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(
            rows[0],
            [
                "NAME",
                "READY",
                "REASON",
                "SUBSCRIPTION",
                "GROUP",
                "LOCATION",
                "AGE"
            ]
        );
        assert_eq!(
            rows[1][..6],
            [
                "default",
                "True",
                "TokenIssued",
                SUBSCRIPTION,
                RESOURCE_GROUP,
                LOCATION
            ]
        );
    }
}

#[tokio::test]
async fn each_fault_of_a_client_secret_is_told_and_mended_without_a_restart() {
    let world = no_store().await;
    let process = world.operator().id();
    world.apply(&store("default", &client_secret())).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let said = wait_not_ready(&world, "default", Reason::CredentialSecretNotFound, true).await;
    assert!(
        said.contains(&format!(
            "Secret {CREDENTIALS} does not exist in namespace {}",
            world.namespace()
        )),
        "{said}"
    );

    world.apply(&credentials("password", CLIENT_SECRET)).await;
    let said = wait_not_ready(&world, "default", Reason::CredentialSecretInvalid, true).await;
    assert!(
        said.contains("clientSecret") && said.contains("secretRef.key"),
        "{said}"
    );
    assert!(!said.contains(CLIENT_SECRET));

    world.apply(&credentials("clientSecret", "")).await;
    wait_not_ready(&world, "default", Reason::CredentialSecretInvalid, true).await;

    world
        .apply(&credentials("clientSecret", "mistyped-secret"))
        .await;
    let said = wait_not_ready(&world, "default", Reason::AuthenticationFailed, true).await;
    assert!(
        said.contains("AADSTS7000215") && said.contains(CLIENT),
        "{said}"
    );
    assert!(!said.contains("mistyped-secret"));
    let waiting: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotReady)
        .await;
    assert!(find(&waiting.status.unwrap().conditions, ConditionType::Stalled).is_some());
    assert!(
        world.secret("web").await.is_some(),
        "the key pair waits for nobody"
    );

    world
        .apply(&credentials(
            "clientSecret",
            &format!("{CLIENT_SECRET}\n\n"),
        ))
        .await;
    wait_issued(&world, "default").await;
    world.wait_ready("web").await;
    assert_eq!(world.operator().id(), process);
    let log = std::fs::read_to_string(world.operator().log()).unwrap();
    assert!(!log.contains("mistyped-secret") && !log.contains(CLIENT_SECRET));
}

#[tokio::test]
async fn another_entry_of_the_credentials_can_be_named() {
    let world = no_store().await;
    world
        .apply(&credentials("azure.password", CLIENT_SECRET))
        .await;
    let auth = format!(
        "{{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: {CREDENTIALS}, key: azure.password}}}}}}"
    );
    world.apply(&store("default", &auth)).await;
    wait_issued(&world, "default").await;
}

#[tokio::test]
async fn a_rotated_client_secret_is_picked_up() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let application = Application::new(CLIENT).secret("the-next-secret");
    world
        .emulator()
        .set_tenants(vec![Tenant::new(TENANT).application(application)]);
    world.emulator().clear_log();
    world
        .apply(&credentials("clientSecret", "the-next-secret"))
        .await;
    world
        .until("a token by the new secret", async || {
            if tokens(&world) > 0 {
                Ok(())
            } else {
                Err("none".into())
            }
        })
        .await;
    wait_issued(&world, "default").await;
    // A mistake at the next rotation takes nothing away from what is published, and is told.
    world.apply(&credentials("clientSecret", "mistyped")).await;
    wait_not_ready(&world, "default", Reason::AuthenticationFailed, true).await;
    assert!(
        world
            .emulator()
            .key(&resource_id(&format!("{}.web", world.namespace())))
            .is_some()
    );
    world
        .apply(&credentials("clientSecret", "the-next-secret"))
        .await;
    wait_issued(&world, "default").await;
    world.wait_ready("web").await;
}

#[tokio::test]
async fn an_unknown_tenant_is_told_and_a_new_store_mends_it() {
    let world = no_store().await;
    world
        .apply(&credentials("clientSecret", CLIENT_SECRET))
        .await;
    world
        .apply(&store_in(
            "99999999-9999-4999-8999-999999999999",
            "default",
            &client_secret(),
        ))
        .await;
    world.apply(&key("web", "{azure: {}}")).await;
    let said = wait_not_ready(&world, "default", Reason::TenantNotFound, true).await;
    assert!(
        said.contains("99999999-9999-4999-8999-999999999999")
            && said.contains("Check the store's tenantID"),
        "{said}"
    );
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotReady)
        .await;
    world
        .api::<AzureStore>()
        .delete("default", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<AzureStore>("default").await;
    world.apply(&store("default", &client_secret())).await;
    wait_issued(&world, "default").await;
    world.wait_ready("web").await;
}

#[tokio::test]
async fn a_credential_that_ends_is_told_on_the_keys_and_a_new_one_taken_up_long_before_the_sweep() {
    let world = World::start(WorldOptions::new().flag("azure-sweep-interval", "1h")).await;
    world.emulator().set_token_lifetime(1);
    world.apply(&key("first", "{azure: {}}")).await;
    world.wait_ready("first").await;
    let application = Application::new(CLIENT).secret("another");
    world
        .emulator()
        .set_tenants(vec![Tenant::new(TENANT).application(application)]);
    world.apply(&key("second", "{azure: {}}")).await;
    world
        .wait_for::<SshKey>("second", "told of the identity", |key| {
            let status = key.status.clone().unwrap_or_default();
            find(&status.conditions, ConditionType::AzureSynced).is_some_and(|synced| {
                ["AuthenticationFailed", "StoreNotReady"].contains(&synced.reason.as_str())
            })
        })
        .await;
    world.apply(&credentials("clientSecret", "another")).await;
    world.wait_ready("second").await;
}
