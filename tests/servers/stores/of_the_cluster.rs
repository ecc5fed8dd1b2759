//! Stores of the cluster: who may use them and how, which is the default, and the credentials that only they can have.

use std::collections::BTreeMap;

use arm_emulator::{Application, StoredKey, Tenant};
use dev::{
    operator::Rules,
    world::{
        CLIENT, CLIENT_SECRET, CREDENTIALS, LOCATION, Part, RESOURCE_GROUP, SUBSCRIPTION, TENANT,
        World, WorldOptions, resource_id,
    },
};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::{
    ClusterAzureStore, ConditionType, Reason, SshKey, StoreKind, condition::find,
};

use crate::{cluster::rights::may, manifests::key, stores::deletion::delete_by_force};

/// A store of the cluster with what tenants may do, in YAML's flow style.
pub(crate) fn store_with(name: &str, auth: &str, defaults: &str, tenants: &str) -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: ClusterAzureStore\nmetadata: {{name: {name}}}\nspec: {{subscriptionID: {SUBSCRIPTION}, \
         tenantID: {TENANT}, auth: {auth}, defaults: {defaults}, tenants: {tenants}}}\n"
    )
}

pub(crate) fn store(auth: &str, tenants: &str) -> String {
    let defaults = format!("{{resourceGroup: {{name: {RESOURCE_GROUP}}}, location: {LOCATION}}}");
    store_with("default", auth, &defaults, tenants)
}

pub(crate) fn client_secret() -> String {
    format!("{{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: {CREDENTIALS}}}}}}}")
}

pub(crate) const ANYBODY: &str = "{namespaces: {names: ['*']}}";

pub(crate) fn credentials() -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: {CREDENTIALS}}}\nstringData: {{clientSecret: {CLIENT_SECRET}}}\n"
    )
}

/// A world without a store of its own, with the credentials of the cluster's in the operator's namespace.
async fn world(options: WorldOptions) -> World {
    let world = World::start(options.cluster_stores().without(Part::Store)).await;
    world.apply_to_system(&credentials()).await;
    world
}

/// A world whose only store is the cluster's default, with these limits.
async fn tenant(tenants: &str) -> World {
    let world = world(WorldOptions::new()).await;
    world
        .apply_to_system(&store(&client_secret(), tenants))
        .await;
    world
}

fn stores(world: &World) -> Api<ClusterAzureStore> {
    Api::all(world.client().clone())
}

/// Waits until a store stands so, and returns its words.
pub(crate) async fn wait_store(world: &World, name: &str, status: &str, reason: Reason) -> String {
    let what = format!(
        "ClusterAzureStore {name}: Ready={status}, {}",
        reason.as_str()
    );
    world
        .until(what, async || {
            let store = stores(world).get(name).await.unwrap();
            let conditions = store.status.unwrap_or_default().conditions;
            let ready = find(&conditions, ConditionType::Ready)
                .filter(|ready| ready.observed_generation == store.metadata.generation);
            match ready {
                Some(ready) if ready.status == status && ready.reason == reason.as_str() => {
                    Ok(ready.message.clone())
                }
                other => Err(format!("{other:?}")),
            }
        })
        .await
}

/// Waits until the key is refused for this reason: its pair is kept, and nothing of it is in Azure.
async fn is_refused(world: &World, name: &str, reason: Reason) -> String {
    let refused: SshKey = world
        .wait_condition(name, ConditionType::Ready, "False", reason)
        .await;
    let conditions = refused.status.unwrap().conditions;
    assert!(find(&conditions, ConditionType::Stalled).is_some());
    let said = find(&conditions, ConditionType::Ready).unwrap();
    assert!(
        said.message.contains("ClusterAzureStore default"),
        "{said:?}"
    );
    let writes = world.emulator().log();
    let writes = writes.iter().filter(|record| {
        record.request.path.contains("/sshPublicKeys/") && record.request.method != "GET"
    });
    assert_eq!(writes.count(), 0, "nothing is written to Azure");
    said.message.clone()
}

/// The rights that ship are enough: for what is read in the operator's namespace, for events, for labels.
fn nothing_was_refused_to_the_operator(world: &World) {
    let log = world.proxy().log();
    let refused = |status: Option<u16>| matches!(status, Some(401 | 403));
    let refused: Vec<_> = log.iter().filter(|entry| refused(entry.status)).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(
        log.iter().any(|entry| entry.status == Some(201)),
        "it wrote something"
    );
}

fn id(world: &World, name: &str) -> String {
    resource_id(&format!("{}.{name}", world.namespace()))
}

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
async fn a_namespace_that_is_not_named_is_refused_until_it_is() {
    let world = tenant("{namespaces: {names: [somebody-else]}}").await;
    world.apply(&key("web", "{azure: {}}")).await;
    let said = is_refused(&world, "web", Reason::NamespaceNotAllowed).await;
    assert!(said.contains(world.namespace()), "{said}");
    let named = format!(
        "{{namespaces: {{names: [somebody-else, {}]}}}}",
        world.namespace()
    );
    world
        .apply_to_system(&store(&client_secret(), &named))
        .await;
    world.wait_ready("web").await;
}

#[tokio::test]
async fn a_namespace_is_let_in_by_its_labels_and_out_again_without_losing_its_keys() {
    let world = tenant("{namespaces: {matchLabels: {keys: azure}}}").await;
    world.apply(&key("web", "{azure: {}}")).await;
    is_refused(&world, "web", Reason::NamespaceNotAllowed).await;
    let label =
        |value: Option<&str>| Patch::Merge(json!({"metadata": {"labels": {"keys": value}}}));
    let namespaces: Api<Namespace> = Api::all(world.client().clone());
    let params = PatchParams::default();
    namespaces
        .patch(world.namespace(), &params, &label(Some("azure")))
        .await
        .unwrap();
    world.wait_ready("web").await;
    namespaces
        .patch(world.namespace(), &params, &label(None))
        .await
        .unwrap();
    let reason = Reason::NamespaceNotAllowed;
    let _: SshKey = world
        .wait_condition("web", ConditionType::AzureSynced, "False", reason)
        .await;
    assert!(world.emulator().key(&id(&world, "web")).is_some());
    world
        .api::<SshKey>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("web").await;
    assert!(
        world.emulator().keys().is_empty(),
        "deletion is always allowed"
    );
    nothing_was_refused_to_the_operator(&world);
}

#[tokio::test]
async fn a_group_that_is_not_listed_is_refused() {
    let world = tenant("{namespaces: {names: ['*']}, resourceGroups: [Extra]}").await;
    for group in ["admins", "extra"] {
        world.emulator().put_group(SUBSCRIPTION, group, LOCATION);
    }
    world
        .apply(&key("web", "{azure: {resourceGroup: {name: admins}}}"))
        .await;
    let said = is_refused(&world, "web", Reason::ResourceGroupNotAllowed).await;
    assert!(said.contains("admins"), "{said}");
    world
        .apply(&key("listed", "{azure: {resourceGroup: {name: extra}}}"))
        .await;
    world.wait_ready("listed").await;
}

#[tokio::test]
async fn a_name_of_ones_own_is_refused() {
    let world = tenant(ANYBODY).await;
    world
        .apply(&key("web", "{azure: {name: other-team.web}}"))
        .await;
    let said = is_refused(&world, "web", Reason::NameNotAllowed).await;
    assert!(
        said.contains(&format!("{}.web", world.namespace())),
        "{said}"
    );
    let allowed = "{namespaces: {names: ['*']}, allow: [CustomName]}";
    world
        .apply_to_system(&store(&client_secret(), allowed))
        .await;
    world.wait_ready("web").await;
    assert!(
        world
            .emulator()
            .key(&resource_id("other-team.web"))
            .is_some()
    );
}

fn somebodys_key(world: &World, name: &str) -> String {
    world.emulator().put_key_as_someone_else(StoredKey {
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: RESOURCE_GROUP.to_owned(),
        name: format!("{}.{name}", world.namespace()),
        location: LOCATION.to_owned(),
        tags: BTreeMap::new(),
        public_key: Some(PUBLIC_KEY.to_owned()),
        id: String::new(),
    })
}

const PUBLIC_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKhbloPfATE9aasQ0jKdFIA9LYwsdw2rd4GfSn0GkBNM";

#[tokio::test]
async fn taking_over_a_key_is_refused() {
    let world = tenant(ANYBODY).await;
    let id = somebodys_key(&world, "web");
    world
        .apply(&key("web", "{azure: {conflictPolicy: Adopt}}"))
        .await;
    is_refused(&world, "web", Reason::AdoptionNotAllowed).await;
    let there = || world.emulator().key(&id).unwrap().public_key.unwrap();
    assert_eq!(there(), PUBLIC_KEY);
    let allowed = "{namespaces: {names: ['*']}, allow: [Adopt]}";
    world
        .apply_to_system(&store(&client_secret(), allowed))
        .await;
    world.wait_ready("web").await;
    assert_ne!(there(), PUBLIC_KEY);
}

#[tokio::test]
async fn following_a_key_is_refused() {
    let world = tenant(ANYBODY).await;
    somebodys_key(&world, "web");
    world
        .apply(&key("web", "{source: {azureKey: {}}, azure: {}}"))
        .await;
    is_refused(&world, "web", Reason::ObservationNotAllowed).await;
    let seen = world.api::<SshKey>().get("web").await.unwrap();
    assert_eq!(seen.status.unwrap().public_key, None);
    let allowed = "{namespaces: {names: ['*']}, allow: [Observe]}";
    world
        .apply_to_system(&store(&client_secret(), allowed))
        .await;
    let followed = world.wait_ready("web").await.status.unwrap();
    assert_eq!(followed.public_key.as_deref(), Some(PUBLIC_KEY));
}

#[tokio::test]
async fn having_a_group_created_is_refused() {
    let world = tenant("{namespaces: {names: ['*']}, resourceGroups: [new]}").await;
    let spec = "{azure: {resourceGroup: {name: new, creationPolicy: IfMissing}}}";
    world.apply(&key("web", spec)).await;
    is_refused(&world, "web", Reason::ResourceGroupCreationNotAllowed).await;
    let names = |world: &World| -> Vec<String> {
        let groups = world.emulator().groups().into_iter();
        groups.map(|group| group.name).collect()
    };
    assert_eq!(names(&world), [RESOURCE_GROUP]);
    let allowed =
        "{namespaces: {names: ['*']}, resourceGroups: [new], allow: [CreateResourceGroup]}";
    world
        .apply_to_system(&store(&client_secret(), allowed))
        .await;
    world.wait_ready("web").await;
    assert!(names(&world).contains(&"new".to_owned()));
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

#[tokio::test]
async fn an_operator_without_the_right_to_see_them_goes_on_with_the_stores_of_namespaces() {
    // On purpose: the flag without the rights that go with it.
    let world = World::start(WorldOptions::new().flag("watch-cluster-stores", true)).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    world
        .apply(&key(
            "shared",
            "{azure: {storeRef: {kind: ClusterAzureStore, name: any}}}",
        ))
        .await;
    let told: SshKey = world
        .wait_condition(
            "shared",
            ConditionType::Ready,
            "False",
            Reason::StoreNotReady,
        )
        .await;
    let conditions = told.status.unwrap().conditions;
    let said = &find(&conditions, ConditionType::Ready).unwrap().message;
    assert!(
        said.contains("clusterazurestores") && said.contains("403"),
        "{said}"
    );
    assert!(world.secret("shared").await.is_some());
}

#[tokio::test]
async fn an_operator_that_leaves_them_alone_says_so_and_asks_for_none() {
    let world = World::start(WorldOptions::new().without(Part::Store)).await;
    world
        .apply(&key(
            "shared",
            "{azure: {storeRef: {kind: ClusterAzureStore, name: any}}}",
        ))
        .await;
    world.apply(&key("web", "{azure: {}}")).await;
    let told: SshKey = world
        .wait_condition(
            "shared",
            ConditionType::Ready,
            "False",
            Reason::StoreNotReady,
        )
        .await;
    let conditions = told.status.unwrap().conditions;
    let said = &find(&conditions, ConditionType::Ready).unwrap().message;
    assert!(said.contains("--watch-cluster-stores=false"), "{said}");
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotFound)
        .await;
    let log = world.proxy().log();
    assert!(
        !log.iter()
            .any(|entry| entry.access.resource.starts_with("clusterazurestores"))
    );
}

#[tokio::test]
async fn for_the_stores_of_the_cluster_the_operator_reads_secrets_of_its_own_namespace_and_writes_none()
 {
    let world = World::start(WorldOptions::new().cluster_stores().without(Part::Operator)).await;
    let account = format!("system:serviceaccount:{}:sshkey-operator", world.system());
    let own = format!("-n {}", world.system());
    let cases = [
        ("list clusterazurestores.sshkey-operator.io -A", "", true),
        ("watch clusterazurestores.sshkey-operator.io -A", "", true),
        (
            "patch clusterazurestores.sshkey-operator.io -A --subresource=status",
            "",
            true,
        ),
        ("patch clusterazurestores.sshkey-operator.io -A", "", true),
        ("create clusterazurestores.sshkey-operator.io -A", "", false),
        ("delete clusterazurestores.sshkey-operator.io -A", "", false),
        ("get secrets/azure-credentials", own.as_str(), true),
        ("list secrets", own.as_str(), false),
        ("create secrets", own.as_str(), false),
        ("patch secrets/azure-credentials", own.as_str(), false),
        ("delete secrets/azure-credentials", own.as_str(), false),
        (
            "create serviceaccounts/sshkey-operator-azure --subresource=token",
            own.as_str(),
            true,
        ),
        (
            "create serviceaccounts/sshkey-operator --subresource=token",
            own.as_str(),
            false,
        ),
        (
            "create serviceaccounts/default --subresource=token",
            own.as_str(),
            false,
        ),
        ("get secrets/web -n kube-system", "", false),
        ("list secrets -A", "", false),
    ];
    for (request, place, expected) in cases {
        let request = format!("{request} {place}");
        assert_eq!(may(&world, &account, &request).await, expected, "{request}");
    }
    assert!(Rules::read().unwrap().own_namespace.len() == 2);
}
