//! Stores that are deleted while keys are in Azure through them.

use dev::world::{CREDENTIALS, Part, World, WorldOptions, resource_id};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sshkey_operator::api::{
    AzureStore, ClusterAzureStore, Condition, ConditionType, Reason, SshKey, condition::find,
    names::STORE_FINALIZER,
};

use crate::{
    cluster::namespaces::wait_namespace_gone,
    manifests::key,
    operator::metrics,
    stores::of_the_cluster::{
        ANYBODY, client_secret, credentials, store as cluster_store, wait_store,
    },
};

fn is_held(store: &impl ResourceExt) -> bool {
    store.finalizers().iter().any(|one| one == STORE_FINALIZER)
}

/// Deletes a store without waiting for its keys, as whoever takes finalizers off by hand does.
pub(crate) async fn delete_by_force<K>(api: &Api<K>, name: &str)
where
    K: kube::Resource<DynamicType = ()> + Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    api.delete(name, &DeleteParams::default()).await.unwrap();
    let without = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    api.patch(name, &PatchParams::default(), &without)
        .await
        .unwrap();
}

async fn delete<K>(world: &World, name: &str)
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>
        + Clone
        + std::fmt::Debug
        + serde::de::DeserializeOwned,
{
    let api = world.api::<K>();
    api.delete(name, &DeleteParams::default()).await.unwrap();
}

/// Waits until the store says for whom it waits.
async fn wait_in_use(world: &World, for_whom: &str) {
    world
        .wait_for("default", "it waits", |store: &AzureStore| {
            let status = store.status.clone().unwrap_or_default();
            let ready: Option<&Condition> = find(&status.conditions, ConditionType::Ready);
            ready.is_some_and(|ready| {
                ready.reason == Reason::InUse.as_str() && ready.message.contains(for_whom)
            })
        })
        .await;
}

#[tokio::test]
async fn a_store_in_use_waits_for_its_keys_says_for_which_and_goes_with_the_last() {
    let world = World::start(WorldOptions::new()).await;
    let store: AzureStore = world.wait_ready_of("default").await;
    assert!(!is_held(&store), "nothing is in Azure through it yet");
    world.apply(&key("api", "{azure: {}}")).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("api").await;
    world.wait_ready("web").await;
    let held: AzureStore = world.api().get("default").await.unwrap();
    assert!(is_held(&held));

    delete::<AzureStore>(&world, "default").await;
    wait_in_use(&world, "api, web").await;
    // It takes no new key, and serves those that it has.
    world.apply(&key("late", "{azure: {}}")).await;
    let late: SshKey = world
        .wait_condition("late", ConditionType::Ready, "False", Reason::StoreNotReady)
        .await;
    let conditions = late.status.unwrap().conditions;
    let message = &find(&conditions, ConditionType::Ready).unwrap().message;
    assert!(message.contains("being deleted"), "{message}");
    world
        .apply(&key("web", "{azure: {tags: {team: web}}}"))
        .await;
    world.wait_ready("web").await;
    let id = resource_id(&format!("{}.web", world.namespace()));
    assert_eq!(world.emulator().key(&id).unwrap().tags["team"], "web");

    world.operator().restart().unwrap();
    delete::<SshKey>(&world, "api").await;
    world.wait_gone::<SshKey>("api").await;
    wait_in_use(&world, ": web.").await;
    delete::<SshKey>(&world, "web").await;
    world.wait_gone::<SshKey>("web").await;
    world.wait_gone::<AzureStore>("default").await;
    assert!(world.emulator().keys().is_empty());
}

#[tokio::test]
async fn a_store_that_a_tool_has_restored_with_its_finalizer_goes_with_its_last_key() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let stores = world.api::<AzureStore>();
    let mut held = stores.get("default").await.unwrap();
    assert!(is_held(&held));
    // As kubectl replace does it with what kubectl get has shown.
    held.metadata.managed_fields = None;
    let replaced = stores
        .replace("default", &PostParams::default(), &held)
        .await;
    assert!(is_held(&replaced.unwrap()));
    let restored = Patch::Apply(json!({
        "apiVersion": "sshkey-operator.io/v1alpha1",
        "kind": "AzureStore",
        "metadata": { "finalizers": [STORE_FINALIZER, "example.com/others"] },
    }));
    let forced = PatchParams::apply("restore").force();
    let restored = stores.patch("default", &forced, &restored);
    assert!(is_held(&restored.await.unwrap()));

    delete::<SshKey>(&world, "web").await;
    world.wait_gone::<SshKey>("web").await;
    let is_let_go = |store: &AzureStore| !is_held(store);
    let let_go: AzureStore = world.wait_for("default", "it is let go", is_let_go).await;
    assert_eq!(let_go.finalizers(), ["example.com/others"]);
    delete_by_force(&stores, "default").await;
    world.wait_gone::<AzureStore>("default").await;
    metrics::until(&world, "sshkey_remembered", &[], 0.0).await;
}

#[tokio::test]
async fn of_a_store_that_goes_with_its_last_key_nothing_is_kept() {
    let world = World::start(WorldOptions::new().flag("azure-sweep-interval", "1h")).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    delete::<AzureStore>(&world, "default").await;
    wait_in_use(&world, "web").await;
    delete::<SshKey>(&world, "web").await;
    world.wait_gone::<SshKey>("web").await;
    world.wait_gone::<AzureStore>("default").await;
    metrics::until(&world, "sshkey_remembered", &[], 0.0).await;
}

#[tokio::test]
async fn a_store_is_let_go_with_the_last_key_so_that_it_needs_no_operator_to_be_deleted() {
    let world = World::start(WorldOptions::new().flag("azure-sweep-interval", "1h")).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let held: AzureStore = world.api().get("default").await.unwrap();
    assert!(is_held(&held));
    delete::<SshKey>(&world, "web").await;
    world.wait_gone::<SshKey>("web").await;
    let is_let_go = |store: &AzureStore| !is_held(store);
    world.wait_for("default", "it is let go", is_let_go).await;
}

#[tokio::test]
async fn a_store_of_the_cluster_names_the_namespaces_of_its_keys() {
    let options = WorldOptions::new().cluster_stores().without(Part::Store);
    let world = World::start(options).await;
    world.apply_to_system(&credentials()).await;
    world
        .apply_to_system(&cluster_store(&client_secret(), ANYBODY))
        .await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    let stores: Api<ClusterAzureStore> = Api::all(world.client().clone());
    stores
        .delete("default", &DeleteParams::default())
        .await
        .unwrap();
    let said = wait_store(&world, "default", "False", Reason::InUse).await;
    assert!(
        said.contains(&format!("{}/web", world.namespace())),
        "{said}"
    );
    delete::<SshKey>(&world, "web").await;
    world.wait_gone::<SshKey>("web").await;
    world
        .until("the store is gone", async || {
            match stores.get_opt("default").await {
                Ok(None) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
}

#[tokio::test]
async fn a_namespace_in_deletion_is_not_held_by_its_store_however_long_its_keys_wait() {
    let options = WorldOptions::new().flag("orphan-after", "3s");
    let world = World::start(options.own_control_plane().all_namespaces()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    // The key can't leave Azure: nothing has a token any more, and Entra knows nobody.
    world.operator().kill();
    world.emulator().set_tenants(Vec::new());
    world
        .kubectl(&["delete", "namespace", world.namespace(), "--wait=false"])
        .await
        .unwrap();
    world.wait_gone::<Secret>(CREDENTIALS).await;
    world.operator().restart().unwrap();
    world.wait_gone::<SshKey>("web").await;
    world.wait_gone::<AzureStore>("default").await;
    wait_namespace_gone(&world).await;
}
