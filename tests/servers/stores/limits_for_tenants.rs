//! What a store of the cluster allows to tenants: which namespaces, groups and names, and to take over, follow or create.

use std::collections::BTreeMap;

use arm_emulator::StoredKey;
use dev::world::{LOCATION, RESOURCE_GROUP, SUBSCRIPTION, World, resource_id};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::{ConditionType, Reason, SshKey};

use super::of_the_cluster::{
    ANYBODY, client_secret, id, is_refused, nothing_was_refused_to_the_operator, store, tenant,
};
use crate::manifests::key;

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
