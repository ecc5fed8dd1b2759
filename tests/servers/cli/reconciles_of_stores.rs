//! `reconcile --store`: a store is checked by a new token, and what was mended in Azure counts at once.

use arm_emulator::{Application, Tenant};
use dev::world::{CLIENT, CLIENT_SECRET, Part, TENANT, World, WorldOptions};
use kube::Api;
use sshkey_operator::api::{AzureStore, ConditionType, Reason, SshKey, names::annotation};

use super::program::{done, refused, run};
use crate::{
    manifests::key,
    seen::requests_about,
    stores::of_the_cluster::{ANYBODY, tenant},
};

/// Options with which nothing is looked at again within the test.
fn patient() -> WorldOptions {
    WorldOptions::new()
        .flag("azure-sweep-interval", "1h")
        .flag("poll-interval", "1h")
}

/// The application has this secret from now on.
fn set_secret(world: &World, secret: &str) {
    let application = Application::new(CLIENT).secret(secret);
    let tenant = Tenant::new(TENANT).application(application);
    world.emulator().set_tenants(vec![tenant]);
}

/// The requests for a token since the log was cleared.
fn tokens(world: &World) -> usize {
    requests_about(world, "/oauth2/v2.0/token").len()
}

async fn store(world: &World) -> AzureStore {
    let api: Api<AzureStore> = world.api();
    api.get("default").await.unwrap()
}

#[tokio::test]
async fn a_store_that_was_refused_is_ready_at_once_when_it_was_mended_in_azure() {
    let world = World::start(patient()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let reconcile = ["reconcile", "--store", "default"];
    let said = done(&world, folder, &reconcile).await;
    let ready = "AzureStore default is ready: Entra issues tokens to the store's identity\n";
    assert_eq!(said, ready);

    // The token from before is good for an hour. A new one is not issued.
    set_secret(&world, "another");
    let said = refused(&world, folder, &reconcile).await;
    assert!(
        said.contains("AzureStore default, AuthenticationFailed: ")
            && said.contains("AADSTS7000215"),
        "{said}"
    );
    world.apply(&key("web", "{azure: {}}")).await;
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotReady)
        .await;

    set_secret(&world, CLIENT_SECRET);
    assert_eq!(done(&world, folder, &reconcile).await, ready);
    world.wait_ready("web").await;
}

#[tokio::test]
async fn each_request_to_a_store_is_acted_upon_once_and_lists_its_group() {
    let world = World::start(patient()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let reconcile = ["reconcile", "--store", "default"];
    done(&world, folder, &reconcile).await;
    let handled = store(&world).await.status.unwrap();
    let handled = handled.last_handled_reconcile_at.unwrap();
    world.emulator().clear_log();
    // The same value asks for nothing more, and neither does one that no status can repeat.
    for value in [handled.as_str(), "gr\u{fc}n"] {
        let request = format!("{}={value}", annotation::RECONCILE_REQUESTED_AT);
        let annotate = ["annotate", "azurestore", "default", &request, "--overwrite"];
        world.kubectl(&annotate).await.unwrap();
    }
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    assert_eq!(tokens(&world), 0);
    world.emulator().clear_log();
    done(&world, folder, &reconcile).await;
    assert_eq!(tokens(&world), 1);
    let listed = requests_about(&world, "sshPublicKeys");
    assert_eq!(listed, ["GET sshPublicKeys"]);
}

#[tokio::test]
async fn a_store_of_the_cluster_is_checked_too() {
    let world = tenant(ANYBODY).await;
    let folder = tempfile::tempdir().unwrap();
    let shared = ["reconcile", "--store", "ClusterAzureStore/default"];
    let said = done(&world, folder.path(), &shared).await;
    assert!(
        said.starts_with("ClusterAzureStore default is ready: "),
        "{said}"
    );
    let none = ["reconcile", "--store", "ClusterAzureStore/none"];
    let said = refused(&world, folder.path(), &none).await;
    assert_eq!(said, "error: there is no ClusterAzureStore none");
}

#[tokio::test]
async fn a_store_that_is_missing_a_missing_right_and_silence_are_told() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let said = refused(&world, folder, &["reconcile", "--store", "none"]).await;
    let missing = format!(
        "there is no AzureStore none in namespace {}",
        world.namespace()
    );
    assert!(said.contains(&missing), "{said}");
    let nobody = ["reconcile", "--store", "default", "--as", "nobody"];
    let said = refused(&world, folder, &nobody).await;
    assert!(said.contains("you may not patch azurestores"), "{said}");
    let both = run(&world, folder, &["reconcile", "web", "--store", "default"]).await;
    assert_eq!(both.code, Some(1), "{}", both.err);
    world.operator().kill();
    let silent = ["reconcile", "--store", "default", "--timeout", "1s"];
    let said = refused(&world, folder, &silent).await;
    assert!(
        said.contains("the operator does not answer, for 1 s"),
        "{said}"
    );
}

#[tokio::test]
async fn a_request_that_older_definitions_can_not_answer_is_ignored() {
    let options = patient().own_control_plane().without(Part::Operator);
    let world = World::start(options).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let fields = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties";
    let older = format!("[{{\"op\": \"remove\", \"path\": \"{fields}/lastHandledReconcileAt\"}}]");
    let definition = "azurestores.sshkey-operator.io";
    let patch = ["patch", "crd", definition, "--type=json", "-p", &older];
    world.kubectl(&patch).await.unwrap();
    let expected = "AzureStore is older than this program, without status.lastHandledReconcileAt";
    world
        .until("the older definition is published", async || {
            let said = run(&world, folder, &["version"]).await;
            if said.out.contains(expected) {
                Ok(())
            } else {
                Err(said.out)
            }
        })
        .await;
    world.operator().restart().unwrap();
    world.wait_ready_of::<AzureStore>("default").await;
    world.emulator().clear_log();
    let reconcile = ["reconcile", "--store", "default", "--timeout", "1s"];
    let said = refused(&world, folder, &reconcile).await;
    assert!(said.contains("is it of this program's version"), "{said}");
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    assert_eq!(tokens(&world), 0);
}
