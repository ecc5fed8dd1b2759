//! What only a store of the cluster may use: the identity that the operator's own pod or machine has.

use std::{
    io::Write,
    path::Path,
    process::{Command, Output},
};

use arm_emulator::{Application, Tenant};
use dev::{
    managed_identity::ManagedIdentityEndpoint,
    world::{CLIENT, CLIENT_SECRET, Part, SUBSCRIPTION, TENANT, World, WorldOptions},
};
use k8s_openapi::api::{
    authentication::v1::{TokenRequest, TokenRequestSpec},
    core::v1::ServiceAccount,
};
use kube::{Api, api::PostParams};
use sshkey_operator::api::Reason;

use crate::{
    manifests::key,
    stores::of_the_cluster::{ANYBODY, store, wait_store},
};

fn options() -> WorldOptions {
    WorldOptions::new().cluster_stores().without(Part::Store)
}

/// A token of the operator's own account, as the kubelet would put it into the pod for this audience.
async fn project(world: &World, file: &Path, audience: &str) {
    let accounts: Api<ServiceAccount> = Api::namespaced(world.client().clone(), world.system());
    let request = TokenRequest {
        spec: TokenRequestSpec {
            audiences: vec![audience.to_owned()],
            ..TokenRequestSpec::default()
        },
        ..TokenRequest::default()
    };
    let issued = accounts
        .create_token_request("sshkey-operator", &PostParams::default(), &request)
        .await
        .unwrap();
    // With a line end, which is no part of it.
    std::fs::write(file, issued.status.unwrap().token + "\n").unwrap();
}

#[tokio::test]
async fn the_workload_identity_of_the_pod_is_used_as_the_webhook_gives_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("azure-identity-token");
    let world = World::start(
        options()
            .variable("AZURE_CLIENT_ID", CLIENT)
            .variable("AZURE_TENANT_ID", TENANT)
            .variable("AZURE_FEDERATED_TOKEN_FILE", file.display()),
    )
    .await;
    let subject = format!("system:serviceaccount:{}:sshkey-operator", world.system());
    let application = Application::new(CLIENT).federated(
        world.control_plane().server_url().as_str(),
        subject,
        "api://AzureADTokenExchange",
    );
    world
        .emulator()
        .set_tenants(vec![Tenant::new(TENANT).application(application)]);
    world
        .apply_to_system(&store("{ambient: {}}", ANYBODY))
        .await;
    world.apply(&key("web", "{azure: {}}")).await;
    let said = wait_store(&world, "default", "False", Reason::PodIdentityMissing).await;
    assert!(said.contains("azure-identity-token"), "{said}");
    // The file is read at each use: what the kubelet puts there is used without a restart.
    project(&world, &file, "https://kubernetes.default.svc").await;
    wait_store(&world, "default", "False", Reason::AuthenticationFailed).await;
    project(&world, &file, "api://AzureADTokenExchange").await;
    wait_store(&world, "default", "True", Reason::TokenIssued).await;
    world.wait_ready("web").await;
    let minted = ("create".to_owned(), "serviceaccounts/token".to_owned());
    assert_eq!(
        world.proxy().counts().get(&minted),
        None,
        "none is asked of the API server"
    );
    // A store of a namespace can't have it, nor a managed identity.
    for auth in ["{ambient: {}}", "{managedIdentity: {}}"] {
        let own = format!(
            "apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: own}}\nspec: {{subscriptionID: {SUBSCRIPTION}, tenantID: {TENANT}, auth: {auth}}}\n"
        );
        let refused = world.try_apply(&own).await.unwrap_err();
        let said = format!("{refused:#}");
        assert!(said.contains("field not declared in schema"), "{said}");
    }
}

#[tokio::test]
async fn a_pod_without_a_workload_identity_says_what_is_missing() {
    let world = World::start(options()).await;
    world
        .apply_to_system(&store("{ambient: {}}", ANYBODY))
        .await;
    let said = wait_store(&world, "default", "False", Reason::PodIdentityMissing).await;
    assert!(
        said.contains("AZURE_CLIENT_ID") && said.contains("workloadIdentity.clientId"),
        "{said}"
    );
}

#[tokio::test]
async fn a_managed_identity_is_used_by_the_endpoint_of_app_service() {
    const HEADER: &str = "not-a-real-identity-header";
    let endpoint = ManagedIdentityEndpoint::app_service(HEADER).await.unwrap();
    let world = World::start(
        options()
            .variable("IDENTITY_ENDPOINT", endpoint.url())
            .variable("IDENTITY_HEADER", HEADER),
    )
    .await;
    world
        .apply_to_system(&store("{managedIdentity: {}}", ANYBODY))
        .await;
    world.apply(&key("web", "{azure: {}}")).await;
    let said = wait_store(&world, "default", "False", Reason::AuthenticationFailed).await;
    assert!(said.contains("not been assigned"), "{said}");
    endpoint
        .assign(world.emulator(), TENANT, CLIENT, CLIENT_SECRET)
        .unwrap();
    wait_store(&world, "default", "True", Reason::TokenIssued).await;
    world.wait_ready("web").await;
    assert!(
        endpoint
            .asked()
            .iter()
            .all(|asked| !asked.contains_key("client_id"))
    );

    // A user-assigned identity is asked for by its client ID.
    let other = "99999999-9999-4999-8999-999999999999";
    let by_id = |id: &str| store(&format!("{{managedIdentity: {{clientID: {id}}}}}"), ANYBODY);
    world.apply_to_system(&by_id(other)).await;
    let said = wait_store(&world, "default", "False", Reason::AuthenticationFailed).await;
    assert!(said.contains(other), "{said}");
    world.apply_to_system(&by_id(CLIENT)).await;
    wait_store(&world, "default", "True", Reason::TokenIssued).await;
    let log = std::fs::read_to_string(world.operator().log()).unwrap();
    assert!(!log.contains(HEADER));
}

#[tokio::test]
async fn a_wrong_identity_header_gets_no_token() {
    let endpoint = ManagedIdentityEndpoint::app_service("right").await.unwrap();
    let world = World::start(
        options()
            .variable("IDENTITY_ENDPOINT", endpoint.url())
            .variable("IDENTITY_HEADER", "wrong-identity-header"),
    )
    .await;
    endpoint
        .assign(world.emulator(), TENANT, CLIENT, CLIENT_SECRET)
        .unwrap();
    world
        .apply_to_system(&store("{managedIdentity: {}}", ANYBODY))
        .await;
    let said = wait_store(&world, "default", "False", Reason::AuthenticationFailed).await;
    assert!(!said.contains("wrong-identity-header"), "{said}");
}

/// Says to a run of this very program that it is in such a namespace.
const WITHIN: &str = "SSHKEY_OPERATOR_TEST_WITHIN_NETWORK_NAMESPACE";
const INNER: &str = "stores::own_identity::within_the_network_namespace_of_the_test_above";

/// The address of the metadata service is a constant: it is taken only where nothing else can be at it.
#[test]
fn a_managed_identity_is_used_by_the_metadata_service_of_a_virtual_machine() {
    // The API server wants a way out, at which nobody is.
    let prepare = "ip link set lo up && ip addr add 169.254.169.254/32 dev lo && ip addr add 192.0.2.1/32 dev lo \
                   && ip route add default dev lo";
    // Without root, as root of a user namespace.
    let ways = [&["--net"][..], &["--map-root-user", "--net"][..]];
    let within = |way: &[&str], script: &str| {
        let mut command = Command::new("unshare");
        command.args(way).args(["sh", "-c", script, "sh"]);
        command
    };
    let tried = ways.map(|way| (way, within(way, prepare).output()));
    let works = |output: &std::io::Result<Output>| {
        output.as_ref().is_ok_and(|output| output.status.success())
    };
    let Some((way, _)) = tried.iter().find(|(_, output)| works(output)) else {
        // Not by a macro: what those print is shown for failed tests only.
        let line = format!(
            "SKIPPED: no network namespace can be made here (it takes unshare, ip, and root or user namespaces): {tried:?}\n"
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    };
    let output = within(way, &format!("{prepare} && exec \"$@\""))
        .arg(std::env::current_exe().unwrap())
        .args([INNER, "--exact", "--ignored", "--nocapture"])
        .env(WITHIN, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
#[ignore = "it is run by the test above, in a network namespace"]
async fn within_the_network_namespace_of_the_test_above() {
    assert!(
        std::env::var_os(WITHIN).is_some(),
        "run the test above: here might be a real metadata service"
    );
    let endpoint = ManagedIdentityEndpoint::virtual_machine().await.unwrap();
    let world = World::start(options()).await;
    endpoint
        .assign(world.emulator(), TENANT, CLIENT, CLIENT_SECRET)
        .unwrap();
    let auth = format!("{{managedIdentity: {{clientID: {CLIENT}}}}}");
    world.apply_to_system(&store(&auth, ANYBODY)).await;
    world.apply(&key("web", "{azure: {}}")).await;
    wait_store(&world, "default", "True", Reason::TokenIssued).await;
    world.wait_ready("web").await;
    let asked = endpoint.asked();
    assert!(!asked.is_empty());
    for parameters in asked {
        assert_eq!(
            parameters.get("client_id").map(String::as_str),
            Some(CLIENT)
        );
    }
}
