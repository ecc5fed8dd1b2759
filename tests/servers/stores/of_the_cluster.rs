//! Manifests of stores of the cluster, worlds that have one, and how it and its keys stand.

use dev::world::{
    CLIENT, CLIENT_SECRET, CREDENTIALS, LOCATION, Part, RESOURCE_GROUP, SUBSCRIPTION, TENANT,
    World, WorldOptions, resource_id,
};
use kube::Api;
use sshkey_operator::api::{ClusterAzureStore, ConditionType, Reason, SshKey, condition::find};

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
pub(crate) async fn world(options: WorldOptions) -> World {
    let world = World::start(options.cluster_stores().without(Part::Store)).await;
    world.apply_to_system(&credentials()).await;
    world
}

/// A world whose only store is the cluster's default, with these limits.
pub(crate) async fn tenant(tenants: &str) -> World {
    let world = world(WorldOptions::new()).await;
    world
        .apply_to_system(&store(&client_secret(), tenants))
        .await;
    world
}

pub(crate) fn stores(world: &World) -> Api<ClusterAzureStore> {
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
pub(crate) async fn is_refused(world: &World, name: &str, reason: Reason) -> String {
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
pub(crate) fn nothing_was_refused_to_the_operator(world: &World) {
    let log = world.proxy().log();
    let refused = |status: Option<u16>| matches!(status, Some(401 | 403));
    let refused: Vec<_> = log.iter().filter(|entry| refused(entry.status)).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(
        log.iter().any(|entry| entry.status == Some(201)),
        "it wrote something"
    );
}

pub(crate) fn id(world: &World, name: &str) -> String {
    resource_id(&format!("{}.{name}", world.namespace()))
}
