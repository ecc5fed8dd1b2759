//! Azure stores: each way to prove an identity, and what is said when one fails; the keys that wait for their store.

use std::net::SocketAddr;

use arm_emulator::{Application, Config, Effect, Emulator, Fault, FaultAnswer, Tenant};
use dev::world::{
    CLIENT, CLIENT_SECRET, CREDENTIALS, LOCATION, Part, RESOURCE_GROUP, SUBSCRIPTION, TENANT,
    World, WorldOptions, resource_id,
};
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;
use sshkey_operator::api::{AzureStore, ConditionType, Reason, SshKey, condition::find};

use crate::{manifests::key, stores::deletion::delete_by_force};

const ACCOUNT: &str =
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sshkey-operator-azure}\n";
const TOKENS: &str = "/oauth2/v2.0/token";

fn store_in(tenant: &str, name: &str, auth: &str) -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: {name}}}\nspec: {{subscriptionID: {SUBSCRIPTION}, \
         tenantID: {tenant}, auth: {auth}, defaults: {{resourceGroup: {{name: {RESOURCE_GROUP}}}, location: {LOCATION}}}}}\n"
    )
}

fn store(name: &str, auth: &str) -> String {
    store_in(TENANT, name, auth)
}

fn client_secret() -> String {
    format!("{{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: {CREDENTIALS}}}}}}}")
}

fn workload_identity() -> String {
    format!("{{workloadIdentity: {{clientID: {CLIENT}}}}}")
}

fn credentials(entry: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: {CREDENTIALS}}}\nstringData: {{{entry}: '{value}'}}\n"
    )
}

async fn no_store() -> World {
    World::start(WorldOptions::new().without(Part::Store)).await
}

/// Waits until the store says why it is not ready, and returns its words. Exactly one of Stalled and Reconciling is there.
async fn wait_not_ready(world: &World, name: &str, reason: Reason, stalled: bool) -> String {
    let store: AzureStore = world
        .wait_condition(name, ConditionType::Ready, "False", reason)
        .await;
    let conditions = store.status.unwrap().conditions;
    let (expected, other) = if stalled {
        (ConditionType::Stalled, ConditionType::Reconciling)
    } else {
        (ConditionType::Reconciling, ConditionType::Stalled)
    };
    assert!(
        find(&conditions, expected).is_some() && find(&conditions, other).is_none(),
        "{conditions:?}"
    );
    find(&conditions, ConditionType::Ready)
        .unwrap()
        .message
        .clone()
}

async fn wait_issued(world: &World, name: &str) -> AzureStore {
    world
        .wait_condition(name, ConditionType::Ready, "True", Reason::TokenIssued)
        .await
}

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
async fn an_entra_that_is_ill_is_waited_for() {
    let world = no_store().await;
    world
        .apply(&credentials("clientSecret", CLIENT_SECRET))
        .await;
    let html = "<html><body>Bad gateway</body></html>";
    let cases = [
        (
            "error",
            Effect::Answer(FaultAnswer::error(
                500,
                "90033",
                "A transient error has occurred.",
            )),
            Reason::AzureUnavailable,
        ),
        (
            "page",
            Effect::Answer(FaultAnswer::raw(200, "text/html", html)),
            Reason::AzureAnswerInvalid,
        ),
        (
            "gateway",
            Effect::Answer(FaultAnswer::raw(502, "text/html", html)),
            Reason::AzureAnswerInvalid,
        ),
        (
            "empty",
            Effect::Answer(FaultAnswer::raw(200, "application/json", "")),
            Reason::AzureAnswerInvalid,
        ),
        (
            "busy",
            Effect::Answer(FaultAnswer::error(429, "90055", "Too many requests.").retry_after(1)),
            Reason::Throttled,
        ),
        ("dropped", Effect::DropBeforeStore, Reason::AzureUnavailable),
    ];
    for (name, effect, reason) in cases {
        let fault = world
            .emulator()
            .faults()
            .add(Fault::on("POST", TOKENS, effect).times(0));
        world.apply(&store(name, &client_secret())).await;
        world
            .apply(&key(
                name,
                &format!("{{azure: {{storeRef: {{name: {name}}}}}}}"),
            ))
            .await;
        let said = wait_not_ready(&world, name, reason, false).await;
        assert!(
            !said.contains("<html>") && !said.contains('\n'),
            "{name}: {said}"
        );
        let waiting: SshKey = world
            .wait_condition(name, ConditionType::Ready, "False", Reason::StoreNotReady)
            .await;
        let conditions = waiting.status.unwrap().conditions;
        assert!(
            find(&conditions, ConditionType::Stalled).is_none(),
            "{name}: it passes by itself: {conditions:?}"
        );
        world.emulator().faults().remove(fault);
        wait_issued(&world, name).await;
        world.wait_ready(name).await;
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_told_and_a_trusted_one_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let with_other_ca = |address: SocketAddr| Config {
        address,
        data_dir: Some(folder.path().to_owned()),
        ..Config::default()
            .tenant(Tenant::new(TENANT).application(Application::new(CLIENT).secret(CLIENT_SECRET)))
            .subscription(SUBSCRIPTION, TENANT)
    };
    let other = Emulator::start(with_other_ca(SocketAddr::from(([127, 0, 0, 1], 0))))
        .await
        .unwrap();
    let trusted = other.ca_file().unwrap().to_owned();
    drop(other);
    let world = World::start(WorldOptions::new().flag("azure-ca-file", trusted.display())).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let said = wait_not_ready(&world, "default", Reason::CertificateNotTrusted, false).await;
    assert!(said.contains("--azure-ca-file"), "{said}");
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotReady)
        .await;
    assert!(
        world.emulator().log().is_empty(),
        "no request, and no secret, went over it"
    );

    // The same address with a certificate of the authority that is trusted.
    let port = world
        .emulator()
        .endpoint()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    world.emulator().stop().await;
    let trusted = Emulator::start(with_other_ca(SocketAddr::from(([127, 0, 0, 1], port))))
        .await
        .unwrap();
    trusted.put_group(SUBSCRIPTION, RESOURCE_GROUP, LOCATION);
    wait_issued(&world, "default").await;
    world.wait_ready("web").await;
    assert_eq!(trusted.keys().len(), 1);
}

#[tokio::test]
async fn keys_wait_for_a_store_that_is_missing_and_go_on_when_it_comes() {
    let world = no_store().await;
    world.apply(&key("plain", "{azure: {}}")).await;
    world
        .apply(&key("named", "{azure: {storeRef: {name: team}}}"))
        .await;
    for (name, store) in [("plain", "default"), ("named", "team")] {
        let waiting: SshKey = world
            .wait_condition(name, ConditionType::Ready, "False", Reason::StoreNotFound)
            .await;
        let conditions = waiting.status.clone().unwrap().conditions;
        let said = &find(&conditions, ConditionType::AzureSynced)
            .unwrap()
            .message;
        assert!(
            said.contains(&format!(
                "AzureStore {store} does not exist in namespace {}",
                world.namespace()
            )),
            "{said}"
        );
        assert_eq!(
            find(&conditions, ConditionType::KeyAvailable)
                .unwrap()
                .status,
            "True"
        );
        assert!(find(&conditions, ConditionType::Stalled).is_some());
        assert!(
            world.secret(name).await.is_some(),
            "the Secret needs no store"
        );
        assert!(waiting.status.unwrap().public_key.is_some());
    }
    let before = world
        .secret("named")
        .await
        .unwrap()
        .metadata
        .resource_version;
    world
        .apply(&credentials("clientSecret", CLIENT_SECRET))
        .await;
    world.apply(&store("team", &client_secret())).await;
    world.wait_ready("named").await;
    let _: SshKey = world
        .wait_condition(
            "plain",
            ConditionType::Ready,
            "False",
            Reason::StoreNotFound,
        )
        .await;
    world.apply(&store("default", &client_secret())).await;
    world.wait_ready("plain").await;
    assert_eq!(
        world
            .secret("named")
            .await
            .unwrap()
            .metadata
            .resource_version,
        before,
        "the same key all the time"
    );
    assert_eq!(world.emulator().keys().len(), 2);
}

#[tokio::test]
async fn a_store_that_goes_away_is_told_and_costs_no_key() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let before = world.wait_ready("web").await.status.unwrap();
    let spec = wait_issued(&world, "default").await.spec;
    world.emulator().clear_log();
    delete_by_force(&world.api::<AzureStore>(), "default").await;
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotFound)
        .await;
    world
        .api::<AzureStore>()
        .create(&Default::default(), &AzureStore::new("default", spec))
        .await
        .unwrap();
    let after = world.wait_ready("web").await.status.unwrap();
    assert_eq!(before.azure, after.azure);
    assert_eq!(before.fingerprint, after.fingerprint);
    assert!(
        !world
            .emulator()
            .log()
            .iter()
            .any(|record| record.request.is_arm_write())
    );
}

#[tokio::test]
async fn a_changed_default_of_the_store_moves_no_key() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let before = world.wait_ready("web").await.status.unwrap().azure.unwrap();
    let defaults = json!({ "spec": { "defaults": {
        "location": "northeurope", "resourceGroup": { "name": "rg-other", "creationPolicy": "IfMissing" }, "nameTemplate": "new-{name}", "tags": { "a": "b" },
    } } });
    world
        .api::<AzureStore>()
        .patch("default", &PatchParams::default(), &Patch::Merge(defaults))
        .await
        .unwrap();
    wait_issued(&world, "default").await;
    world
        .until("the store's new tag is on the key", async || {
            let keys = world.emulator().keys();
            if keys.len() == 1 && keys[0].tags.contains_key("a") {
                Ok(())
            } else {
                Err(format!("{keys:?}"))
            }
        })
        .await;
    let status = world.wait_ready("web").await.status.unwrap();
    let mut now = status.azure.unwrap();
    // Which tags the operator put on the key is remembered with the place.
    now.places[0].tags.clear();
    assert_eq!(now, before);
    world.apply(&key("new", "{azure: {}}")).await;
    let azure = world.wait_ready("new").await.status.unwrap().azure.unwrap();
    assert!(
        azure.resource_id.ends_with(
            "/resourceGroups/rg-other/providers/Microsoft.Compute/sshPublicKeys/new-new"
        ),
        "{azure:?}"
    );
    assert_eq!(azure.location, "northeurope");
    assert!(
        world
            .api::<Secret>()
            .get_opt("new")
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        world
            .api::<ServiceAccount>()
            .get_opt("sshkey-operator-azure")
            .await
            .unwrap()
            .is_none(),
        "the operator makes no account"
    );
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
