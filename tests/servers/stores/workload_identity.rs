//! Stores of a namespace that sign in as its service account.

use arm_emulator::{Application, Tenant};
use dev::world::{CLIENT, CLIENT_SECRET, TENANT};
use kube::api::DeleteParams;
use sshkey_operator::api::{AzureStore, ConditionType, Reason, SshKey, condition::find};

use super::of_a_namespace::{no_store, store, wait_issued, wait_not_ready};
use crate::manifests::key;

const ACCOUNT: &str =
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sshkey-operator-azure}\n";

fn workload_identity() -> String {
    format!("{{workloadIdentity: {{clientID: {CLIENT}}}}}")
}

#[tokio::test]
async fn workload_identity_needs_its_service_account_and_then_publishes() {
    let world = no_store().await;
    world.apply(&store("default", &workload_identity())).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let said = wait_not_ready(&world, "default", Reason::ServiceAccountNotFound, true).await;
    let command = format!(
        "kubectl create serviceaccount sshkey-operator-azure --namespace {}",
        world.namespace()
    );
    assert!(said.contains(&command), "{said}");
    let waiting: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotReady)
        .await;
    let conditions = waiting.status.unwrap().conditions;
    assert!(
        find(&conditions, ConditionType::AzureSynced)
            .unwrap()
            .message
            .contains("sshkey-operator-azure")
    );
    world
        .kubectl(&["create", "serviceaccount", "sshkey-operator-azure"])
        .await
        .unwrap();
    wait_issued(&world, "default").await;
    world.wait_ready("web").await;
    assert_eq!(world.emulator().keys().len(), 1);
    // A tag changed much later: the token that is still good is used, and none is minted for each request.
    let minted = world.proxy().counts()[&("create".to_owned(), "serviceaccounts/token".to_owned())];
    world.apply(&key("web", "{azure: {tags: {a: b}}}")).await;
    world.wait_ready("web").await;
    assert_eq!(
        world.proxy().counts()[&("create".to_owned(), "serviceaccounts/token".to_owned())],
        minted
    );
}

#[tokio::test]
async fn a_client_id_that_trusts_another_namespace_is_of_no_use_here() {
    let world = no_store().await;
    let issuer = world.control_plane().server_url();
    let trusting = |subject: &str| {
        let application = Application::new(CLIENT).secret(CLIENT_SECRET).federated(
            issuer.as_str(),
            subject,
            "api://AzureADTokenExchange",
        );
        vec![Tenant::new(TENANT).application(application)]
    };
    let own = format!(
        "system:serviceaccount:{}:sshkey-operator-azure",
        world.namespace()
    );
    for other in [
        "system:serviceaccount:other-team:sshkey-operator-azure",
        "system:serviceaccount:default:default",
    ] {
        world.emulator().set_tenants(trusting(other));
        world.apply(ACCOUNT).await;
        world.apply(&store("default", &workload_identity())).await;
        world.apply(&key("web", "{azure: {}}")).await;
        let said = wait_not_ready(&world, "default", Reason::AuthenticationFailed, true).await;
        assert!(
            said.contains(&own) && said.contains("federated"),
            "it says which subject to trust: {said}"
        );
        let _: SshKey = world
            .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotReady)
            .await;
        assert!(
            !world
                .emulator()
                .log()
                .iter()
                .any(|record| record.request.path.contains("/providers/")),
            "nothing was asked of ARM"
        );
        world
            .api::<AzureStore>()
            .delete("default", &DeleteParams::default())
            .await
            .unwrap();
        world.wait_gone::<AzureStore>("default").await;
    }
    world.emulator().set_tenants(trusting(&own));
    world.apply(&store("default", &workload_identity())).await;
    world.wait_ready("web").await;
}
