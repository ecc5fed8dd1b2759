//! What the operator asks of the API server is what it may, and with less it still works.

use std::time::{Duration, Instant};

use dev::{
    operator::Rules,
    world::{CLIENT, Part, RESOURCE_GROUP, SUBSCRIPTION, TENANT, World, WorldOptions, resource_id},
};
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::json;
use sshkey_operator::api::{AzureStore, ConditionType, Reason, SshKey};

/// A store that signs in as a service account.
fn store() -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: default}}\nspec: {{subscriptionID: {SUBSCRIPTION}, \
         tenantID: {TENANT}, auth: {{workloadIdentity: {{clientID: {CLIENT}}}}}, defaults: {{resourceGroup: {{name: {RESOURCE_GROUP}}}, location: westeurope}}}}\n"
    )
}

fn key(spec: &str) -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: SshKey\nmetadata: {{name: web}}\nspec: {spec}\n"
    )
}

/// A key is applied first, then its store, then what that needs.
async fn is_published(world: &World) {
    world
        .apply(&key("{secret: {deletionPolicy: Delete}, azure: {}}"))
        .await;
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotFound)
        .await;
    world.apply(&store()).await;
    let _: AzureStore = world
        .wait_condition(
            "default",
            ConditionType::Ready,
            "False",
            Reason::ServiceAccountNotFound,
        )
        .await;
    world
        .apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sshkey-operator-azure}\n")
        .await;
    world.wait_ready("web").await;
}

/// Changed, put back, suspended, adopted, deleted.
async fn is_changed_and_deleted(world: &World) {
    world
        .apply(&key(
            "{secret: {deletionPolicy: Delete}, azure: {tags: {a: b}}}",
        ))
        .await;
    world.wait_ready("web").await;
    let id = resource_id(&format!("{}.web", world.namespace()));
    assert!(world.emulator().delete_key(&id));
    world
        .until("the key is back", async || {
            world
                .emulator()
                .key(&id)
                .map(drop)
                .ok_or_else(|| "absent".to_owned())
        })
        .await;
    world
        .kubectl(&[
            "annotate",
            "secret",
            "web",
            "sshkey-operator.io/fingerprint-",
            "sshkey-operator.io/owner-uid-",
        ])
        .await
        .unwrap();
    world.apply(&key("{secret: {deletionPolicy: Delete, conflictPolicy: Adopt}, suspend: true, azure: {tags: {a: c}}}")).await;
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::Suspended)
        .await;
    world
        .apply(&key(
            "{secret: {deletionPolicy: Delete, conflictPolicy: Adopt}, azure: {tags: {a: c}}}",
        ))
        .await;
    world.wait_ready("web").await;
    world
        .api::<SshKey>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("web").await;
    assert!(world.secret("web").await.is_none() && world.emulator().keys().is_empty());
}

#[tokio::test]
async fn in_the_whole_life_of_a_key_nothing_is_asked_that_is_not_allowed_and_nothing_elsewhere() {
    let world = World::start(WorldOptions::new().without(Part::Store)).await;
    is_published(&world).await;
    is_changed_and_deleted(&world).await;

    let log = world.proxy().log();
    let refused: Vec<_> = log
        .iter()
        .filter(|entry| matches!(entry.status, Some(401 | 403)))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
    let elsewhere: Vec<_> = log
        .iter()
        .map(|entry| &entry.access)
        .filter(|access| access.namespace.as_deref() != Some(world.namespace()))
        .filter(|access| access.resource != "namespaces")
        // The published schema, which everybody who is authenticated may read.
        .filter(|access| !access.resource.starts_with("/openapi/"))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}

/// Takes the right to list and watch Secrets from the operator.
pub(crate) async fn take_watch_of_secrets(world: &World) {
    let bindings = world
        .api::<RoleBinding>()
        .list(&ListParams::default())
        .await
        .unwrap()
        .items;
    let role = &bindings[0].role_ref.name;
    let rules = Rules::read().unwrap().watched.into_iter();
    let less: Vec<_> = rules
        .filter(|rule| {
            !(rule.resources == Some(vec!["secrets".to_owned(), "configmaps".to_owned()])
                && rule.verbs.contains(&"watch".to_owned()))
        })
        .collect();
    assert_eq!(less.len() + 1, Rules::read().unwrap().watched.len());
    let patch = Patch::Merge(json!({ "rules": less }));
    world
        .api::<Role>()
        .patch(role, &PatchParams::default(), &patch)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_operator_that_may_not_watch_secrets_still_hears_of_keys() {
    let world = World::start(WorldOptions::new().without(Part::Operator)).await;
    take_watch_of_secrets(&world).await;
    world.operator().restart().unwrap();
    let refused = || {
        world
            .proxy()
            .log()
            .iter()
            .filter(|entry| entry.status == Some(403))
            .count()
    };
    // Each refusal makes the next pause longer, up to the limit.
    world
        .until("the watch was refused often", async || {
            if refused() >= 5 {
                Ok(())
            } else {
                Err(format!("{} times", refused()))
            }
        })
        .await;
    for name in ["a", "b", "c"] {
        let asked = Instant::now();
        world.apply(&format!("apiVersion: sshkey-operator.io/v1alpha1\nkind: SshKey\nmetadata: {{name: {name}}}\nspec: {{azure: {{}}}}\n")).await;
        world.wait_ready(name).await;
        assert!(
            asked.elapsed() < Duration::from_secs(12),
            "{name}: {:?}",
            asked.elapsed()
        );
    }
}
