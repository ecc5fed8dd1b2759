//! The default of the cluster: which store a key uses, with whose credentials, and what wakes the keys of all namespaces.

use arm_emulator::{Application, Tenant};
use dev::world::{
    CLIENT, LOCATION, Part, RESOURCE_GROUP, SUBSCRIPTION, TENANT, World, WorldOptions,
};
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, api::DeleteParams};
use sshkey_operator::api::{ConditionType, Reason, SshKey, StoreKind, condition::find};

use super::of_the_cluster::{
    ANYBODY, client_secret, credentials, id, is_refused, nothing_was_refused_to_the_operator,
    store, stores, tenant, wait_store, world,
};
use crate::{manifests::key, stores::deletion::delete_by_force};

#[tokio::test]
async fn the_default_of_the_cluster_is_used_with_credentials_of_the_operators_namespace_only() {
    let world = World::start(WorldOptions::new().cluster_stores().without(Part::Store)).await;
    // A tenant's own Secret of that name is nothing to the store.
    world.apply(&credentials()).await;
    world
        .apply_to_system(&store(&client_secret(), ANYBODY))
        .await;
    world.apply(&key("web", "{azure: {}}")).await;
    let reason = Reason::CredentialSecretNotFound;
    let said = wait_store(&world, "default", "False", reason).await;
    assert!(
        said.contains(&format!("in namespace {}", world.system())),
        "{said}"
    );
    let waiting: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotReady)
        .await;
    let conditions = waiting.status.unwrap().conditions;
    let said = &find(&conditions, ConditionType::Ready).unwrap().message;
    assert!(said.contains("ClusterAzureStore default"), "{said}");
    world.apply_to_system(&credentials()).await;
    wait_store(&world, "default", "True", Reason::TokenIssued).await;
    let ready = world.wait_ready("web").await;
    let azure = ready.status.unwrap().azure.unwrap();
    assert_eq!(azure.store_kind, Some(StoreKind::ClusterAzureStore));
    assert_eq!(azure.store, "default");
    assert!(world.emulator().key(&id(&world, "web")).is_some());
    for name in ["clusterazurestores", "cazst"] {
        let table = world.kubectl(&["get", name]).await.unwrap();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        let columns = [
            "NAME",
            "READY",
            "REASON",
            "SUBSCRIPTION",
            "GROUP",
            "LOCATION",
            "AGE",
        ];
        assert_eq!(rows[0], columns);
        assert_eq!(rows[1][..3], ["default", "True", "TokenIssued"]);
    }
    nothing_was_refused_to_the_operator(&world);
}

#[tokio::test]
async fn a_namespaces_own_default_goes_first_and_one_that_comes_later_moves_nothing() {
    let world = tenant(ANYBODY).await;
    world.apply(&key("before", "{azure: {}}")).await;
    world.wait_ready("before").await;
    let own = format!(
        "{}---\napiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: default}}\nspec: {{subscriptionID: {SUBSCRIPTION}, \
         tenantID: {TENANT}, auth: {}, defaults: {{resourceGroup: {{name: own}}, location: {LOCATION}}}}}\n",
        credentials(),
        client_secret()
    );
    world.emulator().put_group(SUBSCRIPTION, "own", LOCATION);
    world.apply(&own).await;
    world.apply(&key("after", "{azure: {}}")).await;
    world
        .apply(&key(
            "named",
            "{azure: {storeRef: {kind: ClusterAzureStore, name: default}}}",
        ))
        .await;
    for (name, kind, group) in [
        ("after", StoreKind::AzureStore, "own"),
        ("named", StoreKind::ClusterAzureStore, RESOURCE_GROUP),
    ] {
        let azure = world.wait_ready(name).await.status.unwrap().azure.unwrap();
        assert_eq!(azure.store_kind, Some(kind), "{name}");
        assert!(
            azure.resource_id.contains(&format!("/{group}/")),
            "{azure:?}"
        );
    }
    // Something to be written shows where it is written.
    world.apply(&key("before", "{azure: {tags: {a: b}}}")).await;
    let azure = world
        .wait_ready("before")
        .await
        .status
        .unwrap()
        .azure
        .unwrap();
    assert_eq!(azure.store_kind, Some(StoreKind::ClusterAzureStore));
    let moved = world.emulator().key(&id(&world, "before")).unwrap();
    assert_eq!(moved.tags.get("a").map(String::as_str), Some("b"));
}

#[tokio::test]
async fn one_watch_on_the_stores_wakes_the_keys_of_all_namespaces() {
    // No sweep and no poll, by which the keys would see it later.
    let options = WorldOptions::new()
        .all_namespaces()
        .flag("azure-sweep-interval", "1h")
        .flag("poll-interval", "1h");
    let world = world(options).await;
    let other = Namespace {
        metadata: kube::api::ObjectMeta {
            name: Some("another".to_owned()),
            ..Default::default()
        },
        ..Namespace::default()
    };
    let namespaces: Api<Namespace> = Api::all(world.client().clone());
    namespaces
        .create(&Default::default(), &other)
        .await
        .unwrap();
    let nobody = "{namespaces: {names: [nobody]}}";
    world
        .apply_to_system(&store(&client_secret(), nobody))
        .await;
    wait_store(&world, "default", "True", Reason::TokenIssued).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let elsewhere =
        key("web", "{azure: {}}").replace("{name: web}", "{name: web, namespace: another}");
    world.apply(&elsewhere).await;
    is_refused(&world, "web", Reason::NamespaceNotAllowed).await;
    let away: Api<SshKey> = Api::namespaced(world.client().clone(), "another");
    let reason_away = async |reason: Reason| {
        let seen = away.get("web").await.unwrap().status.unwrap_or_default();
        let ready = find(&seen.conditions, ConditionType::Ready).cloned();
        match ready {
            Some(ready) if ready.reason == reason.as_str() => Ok(()),
            other => Err(format!("{other:?}")),
        }
    };
    world
        .until("refused there too", async || {
            reason_away(Reason::NamespaceNotAllowed).await
        })
        .await;
    world
        .apply_to_system(&store(&client_secret(), ANYBODY))
        .await;
    world.wait_ready("web").await;
    world
        .until("ready there too", async || {
            reason_away(Reason::UpToDate).await
        })
        .await;
    let lists = world.proxy().counts();
    let lists = lists.get(&("list".to_owned(), "clusterazurestores".to_owned()));
    assert_eq!(lists, Some(&1));
    // And when it goes.
    delete_by_force(&stores(&world), "default").await;
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotFound)
        .await;
}

#[tokio::test]
async fn a_key_of_a_store_that_is_gone_is_deleted_by_the_token_in_memory() {
    let world = tenant(ANYBODY).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    delete_by_force(&stores(&world), "default").await;
    let gone: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotFound)
        .await;
    let conditions = gone.status.unwrap().conditions;
    let said = &find(&conditions, ConditionType::Ready).unwrap().message;
    assert!(said.contains("ClusterAzureStore default"), "{said}");
    assert!(world.emulator().key(&id(&world, "web")).is_some());
    world
        .api::<SshKey>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("web").await;
    assert!(world.emulator().keys().is_empty());
}

#[tokio::test]
async fn workload_identity_is_that_of_the_operators_namespace() {
    let world = World::start(WorldOptions::new().cluster_stores().without(Part::Store)).await;
    let auth = format!("{{workloadIdentity: {{clientID: {CLIENT}}}}}");
    world.apply_to_system(&store(&auth, ANYBODY)).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sshkey-operator-azure}\n";
    // The tenant's own account, which the emulator trusts as well, is not used.
    world.apply(account).await;
    let reason = Reason::ServiceAccountNotFound;
    let said = wait_store(&world, "default", "False", reason).await;
    assert!(
        said.contains(&format!("--namespace {}", world.system())),
        "{said}"
    );
    trust(
        &world,
        &format!(
            "system:serviceaccount:{}:sshkey-operator-azure",
            world.system()
        ),
    );
    world.apply_to_system(account).await;
    wait_store(&world, "default", "True", Reason::TokenIssued).await;
    world.wait_ready("web").await;
    nothing_was_refused_to_the_operator(&world);
}

/// Makes the application trust one subject of the cluster.
fn trust(world: &World, subject: &str) {
    let application = Application::new(CLIENT).federated(
        world.control_plane().server_url().as_str(),
        subject,
        "api://AzureADTokenExchange",
    );
    world
        .emulator()
        .set_tenants(vec![Tenant::new(TENANT).application(application)]);
}
