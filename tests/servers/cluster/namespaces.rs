//! Namespaces in deletion: their Secrets and stores go at once, and nothing can be created in them any more.

use dev::{
    operator::Rules,
    world::{CREDENTIALS, Part, World, WorldOptions, resource_id},
};
use k8s_openapi::api::{
    core::v1::{Namespace, Secret},
    rbac::v1::{ClusterRole, ClusterRoleBinding, RoleBinding, RoleRef},
};
use kube::{
    Api,
    api::{DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sshkey_operator::api::{AzureStore, ConditionType, Reason, SshKey, condition::find};

use crate::manifests::key;

fn id(world: &World, name: &str) -> String {
    resource_id(&format!("{}.{name}", world.namespace()))
}

fn namespaces(world: &World) -> Api<Namespace> {
    Api::all(world.client().clone())
}

/// Gives the operator its rights cluster-wide, as an operator of all namespaces has them: those within a namespace go with it.
pub(crate) async fn grant_everywhere(world: &World) {
    let bindings = world
        .api::<RoleBinding>()
        .list(&ListParams::default())
        .await
        .unwrap()
        .items;
    let subjects = bindings.into_iter().next().unwrap().subjects;
    let metadata = ObjectMeta {
        name: Some(format!("everywhere:{}", world.namespace())),
        ..ObjectMeta::default()
    };
    let role = ClusterRole {
        metadata: metadata.clone(),
        rules: Some(Rules::read().unwrap().watched),
        ..ClusterRole::default()
    };
    let role_ref = RoleRef {
        api_group: "rbac.authorization.k8s.io".to_owned(),
        kind: "ClusterRole".to_owned(),
        name: metadata.name.clone().unwrap(),
    };
    let binding = ClusterRoleBinding {
        metadata,
        role_ref,
        subjects,
    };
    Api::all(world.client().clone())
        .create(&PostParams::default(), &role)
        .await
        .unwrap();
    Api::all(world.client().clone())
        .create(&PostParams::default(), &binding)
        .await
        .unwrap();
}

/// Deletes the namespace and waits until its credentials are gone.
pub(crate) async fn delete_namespace(world: &World) {
    namespaces(world)
        .delete(world.namespace(), &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<Secret>(CREDENTIALS).await;
}

pub(crate) async fn wait_namespace_gone(world: &World) {
    world
        .until("the namespace is gone", async || {
            match namespaces(world).get_opt(world.namespace()).await {
                Ok(None) => Ok(()),
                other => Err(format!("{other:#?}")),
            }
        })
        .await;
}

#[tokio::test]
async fn a_namespace_goes_with_its_keys_in_azure_although_its_credentials_went_first() {
    let world = World::start(WorldOptions::new()).await;
    grant_everywhere(&world).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world
        .apply(&key("all", "{secret: {deletionPolicy: Delete}, azure: {}}"))
        .await;
    world.apply(&key("local", "{}")).await;
    world
        .apply(&key("kept", "{azure: {deletionPolicy: Retain}}"))
        .await;
    for name in ["web", "all", "local", "kept"] {
        world.wait_ready(name).await;
    }
    // The operator sees nothing until the store and its credentials are gone for sure.
    world.proxy().refuse(true);
    delete_namespace(&world).await;
    assert_eq!(world.emulator().keys().len(), 3);
    world.emulator().clear_log();
    world.proxy().refuse(false);
    wait_namespace_gone(&world).await;
    let left: Vec<String> = world
        .emulator()
        .keys()
        .into_iter()
        .map(|key| key.name)
        .collect();
    assert_eq!(
        left,
        [format!("{}.kept", world.namespace())],
        "what was asked to stay"
    );
    let log = world.emulator().log();
    assert!(
        !log.iter()
            .any(|record| record.request.path.ends_with("/token")),
        "by the token in memory"
    );
}

#[tokio::test]
async fn a_namespace_whose_azure_nobody_can_reach_goes_after_a_while_and_the_log_names_what_it_leaves()
 {
    let world = World::start(WorldOptions::new().flag("orphan-after", "2s")).await;
    grant_everywhere(&world).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    world.operator().kill();
    delete_namespace(&world).await;
    // A new process has no token, and nothing to get one with.
    world.operator().restart().unwrap();
    wait_namespace_gone(&world).await;
    assert!(world.emulator().key(&id(&world, "web")).is_some());
    let log = std::fs::read_to_string(world.operator().log()).unwrap();
    let named = log
        .lines()
        .any(|line| line.contains(r#"audit="orphaned""#) && line.contains(&id(&world, "web")));
    assert!(named, "{log}");
}

#[tokio::test]
async fn a_namespace_waits_for_an_azure_that_is_away_and_takes_its_keys_along() {
    let world = World::start(WorldOptions::new().flag("orphan-after", "2s")).await;
    grant_everywhere(&world).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.wait_ready("web").await;
    world.emulator().stop().await;
    delete_namespace(&world).await;
    // The store is let go once the time is over. Its credentials are gone before, and the token is in memory.
    world.wait_gone::<AzureStore>("default").await;
    let _: SshKey = world
        .wait_condition(
            "web",
            ConditionType::Ready,
            "False",
            Reason::AzureUnavailable,
        )
        .await;
    world.emulator().restart().await.unwrap();
    wait_namespace_gone(&world).await;
    assert!(world.emulator().key(&id(&world, "web")).is_none());
}

#[tokio::test]
async fn a_namespace_waits_for_azure_until_somebody_gives_it_up() {
    let world = World::start(WorldOptions::new()).await;
    grant_everywhere(&world).await;
    world.apply(&key("web", "{azure: {}}")).await;
    world.apply(&key("local", "{}")).await;
    world.wait_ready("web").await;
    world.wait_ready("local").await;
    world.operator().kill();
    delete_namespace(&world).await;
    world.operator().restart().unwrap();
    world.wait_gone::<SshKey>("local").await;
    let held: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotReady)
        .await;
    let conditions = held.status.unwrap().conditions;
    let said = &find(&conditions, ConditionType::Ready).unwrap().message;
    let abandon = format!(
        "kubectl annotate sshkey web --namespace {} sshkey-operator.io/abandon={}",
        world.namespace(),
        held.metadata.uid.unwrap()
    );
    assert!(
        said.contains(&abandon) && said.contains(&id(&world, "web")),
        "{said}"
    );
    let words: Vec<&str> = abandon.split_whitespace().skip(1).collect();
    world.kubectl(&words).await.unwrap();
    wait_namespace_gone(&world).await;
    assert!(world.emulator().key(&id(&world, "web")).is_some());
}

#[tokio::test]
async fn a_key_that_comes_too_late_for_its_namespace_says_so_and_publishes_nothing() {
    let world = World::start(WorldOptions::new().without(Part::Operator)).await;
    grant_everywhere(&world).await;
    world.apply(&key("late", "{azure: {}}")).await;
    // Held between its deletion and that of its content, which is a moment otherwise.
    let mut namespace = namespaces(&world).get(world.namespace()).await.unwrap();
    namespace.spec = Some(Default::default());
    namespaces(&world)
        .replace_subresource(
            "finalize",
            world.namespace(),
            &PostParams::default(),
            &namespace,
        )
        .await
        .unwrap();
    let hold =
        |finalizers: &[&str]| Patch::Merge(json!({ "metadata": { "finalizers": finalizers } }));
    namespaces(&world)
        .patch(
            world.namespace(),
            &PatchParams::default(),
            &hold(&["example.com/hold"]),
        )
        .await
        .unwrap();
    namespaces(&world)
        .delete(world.namespace(), &DeleteParams::default())
        .await
        .unwrap();
    world.operator().restart().unwrap();
    let told: SshKey = world
        .wait_condition(
            "late",
            ConditionType::Ready,
            "False",
            Reason::NamespaceTerminating,
        )
        .await;
    let conditions = told.status.unwrap().conditions;
    assert!(
        find(&conditions, ConditionType::Stalled).is_none(),
        "nobody has to act: {conditions:?}"
    );
    assert!(
        find(&conditions, ConditionType::Ready)
            .unwrap()
            .message
            .contains("Secret late")
    );
    assert!(world.secret("late").await.is_none());
    assert!(
        world.emulator().keys().is_empty(),
        "nothing is published whose private half is not stored"
    );
    world
        .api::<SshKey>()
        .delete("late", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("late").await;
    namespaces(&world)
        .patch(world.namespace(), &PatchParams::default(), &hold(&[]))
        .await
        .unwrap();
    wait_namespace_gone(&world).await;
}
