//! What the operator may do for stores of the cluster, and how it goes on where it may not see them or leaves them alone.

use dev::{
    operator::Rules,
    world::{Part, World, WorldOptions},
};
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use crate::{cluster::rights::may, manifests::key};

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
