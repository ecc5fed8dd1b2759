//! The charts on a real API server, by real Helm. No pod runs: there is no kubelet.

use k8s_openapi::{
    api::{apps::v1::Deployment, core::v1::Pod, rbac::v1::Role},
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::json;
use sshkey_operator::api::ClusterAzureStore;

use crate::{
    cluster::{Cluster, IMAGE, namespace},
    helm::{CRDS, Helm, OPERATOR},
};

const SSHKEYS: &str = "sshkeys.sshkey-operator.io";
const STORE: &str = r#"--set-json defaultStore={"subscriptionID":"00000000-0000-0000-0000-000000000000","tenantID":"11111111-1111-1111-1111-111111111111","auth":{"ambient":{}},"tenants":{"namespaces":{"names":["*"]}}}"#;

#[tokio::test]
async fn the_charts_install_into_a_restricted_namespace_upgrade_and_leave_the_definitions() {
    let helm = Helm::built();
    let cluster = Cluster::start(helm).await;
    let helm = |words: &str| cluster.helm(words);
    let client = &cluster.client;

    helm(&format!("install crds {CRDS}"));
    helm(&format!("install operator {OPERATOR} {IMAGE}"));
    the_namespace_takes_its_pod(client, &cluster.deployments()).await;

    // What somebody changed is as the chart says again after an upgrade.
    let crds: Api<CustomResourceDefinition> = Api::all(client.clone());
    let stale = json!({"spec": {"names": {"shortNames": ["stale"]}}});
    crds.patch(SSHKEYS, &PatchParams::default(), &Patch::Merge(&stale))
        .await
        .unwrap();
    // Helm 4 asks before it takes a field from another; Helm 3 knows no such conflict.
    let force = [" --force-conflicts", ""][usize::from(cluster.has_helm_3())];
    helm(&format!("upgrade crds {CRDS}{force}"));
    let names = crds.get(SSHKEYS).await.unwrap().spec.names.short_names;
    assert_ne!(names, Some(vec!["stale".to_owned()]));

    helm(&format!(
        "upgrade operator {OPERATOR} {IMAGE} {STORE} --set watchNamespaces={{team-a}}"
    ));
    let stores: Api<ClusterAzureStore> = Api::all(client.clone());
    let made = stores.get("default").await.unwrap();
    assert!(made.spec.auth.ambient.is_some());
    let roles: Api<Role> = Api::namespaced(client.clone(), "team-a");
    roles.get("operator-sshkey-operator").await.unwrap();

    helm("uninstall operator");
    helm("uninstall crds");
    cluster.has_no_deployment().await;
    let left = roles.list(&Default::default()).await.unwrap();
    assert!(left.items.is_empty());
    let kept = crds.get(SSHKEYS).await.unwrap();
    assert_eq!(kept.metadata.deletion_timestamp, None);
    // SshKeys that outlive the release need their store to be deleted from Azure.
    let kept = stores.get("default").await.unwrap();
    assert_eq!(kept.metadata.deletion_timestamp, None);

    // And what was left is taken up again.
    helm(&format!("install crds {CRDS}"));
    helm(&format!("install operator {OPERATOR} {IMAGE} {STORE}"));
    let uid = stores.get("default").await.unwrap().metadata.uid;
    assert_eq!(uid, kept.metadata.uid);
}

#[tokio::test]
async fn what_the_cluster_lacks_is_named_before_anything_is_made() {
    let helm = Helm::built();
    let cluster = Cluster::start(helm).await;
    for (values, words) in [
        (STORE, "ClusterAzureStore"),
        ("--set metrics.podMonitor.enabled=true", "PodMonitor"),
        (
            "--set metrics.service.enabled=true --set metrics.serviceMonitor.enabled=true",
            "ServiceMonitor",
        ),
        (
            "--set metrics.prometheusRule.enabled=true",
            "PrometheusRule",
        ),
    ] {
        let refused = cluster.try_helm(&format!("install operator {OPERATOR} {IMAGE} {values}"));
        let refused = refused.unwrap_err();
        assert!(refused.contains(words), "{values}: {refused}");
        assert!(
            refused.contains("ensure CRDs are installed first"),
            "{refused}"
        );
        cluster.has_no_deployment().await;
    }
    // A namespace is found out when something is made in it: the release has failed, and says why.
    let watched = format!("install operator {OPERATOR} {IMAGE} --set watchNamespaces={{team-z}}");
    let refused = cluster.try_helm(&watched).unwrap_err();
    assert!(
        refused.contains(r#"namespaces "team-z" not found"#),
        "{refused}"
    );
    namespace(&cluster.client, "team-z").await;
    let again = watched.replace("install operator", "upgrade --install operator");
    cluster.helm(&again);
    let roles: Api<Role> = Api::namespaced(cluster.client.clone(), "team-z");
    roles.get("operator-sshkey-operator").await.unwrap();
}

#[tokio::test]
async fn one_command_installs_everything_and_an_uninstall_leaves_the_definitions() {
    let helm = Helm::built();
    let cluster = Cluster::start(helm).await;
    cluster.helm(&format!(
        "install operator {OPERATOR} {IMAGE} --set crds.enabled=true --set replicas=2"
    ));
    the_namespace_takes_its_pod(&cluster.client, &cluster.deployments()).await;
    let crds: Api<CustomResourceDefinition> = Api::all(cluster.client.clone());
    crds.get(SSHKEYS).await.unwrap();
    // A default store is for the first upgrade on.
    cluster.helm(&format!(
        "upgrade operator {OPERATOR} {IMAGE} --set crds.enabled=true {STORE}"
    ));
    cluster.helm("uninstall operator");
    cluster.has_no_deployment().await;
    let kept = crds.get(SSHKEYS).await.unwrap();
    assert_eq!(kept.metadata.deletion_timestamp, None);
    // The chart of the definitions takes them over.
    cluster.helm(&format!("install crds {CRDS} --take-ownership"));
}

/// Refused where it is not as `restricted` wants it, or where its account is not there.
async fn the_namespace_takes_its_pod(client: &Client, deployments: &Api<Deployment>) {
    let deployment = deployments.get("operator-sshkey-operator").await.unwrap();
    let template = deployment.spec.unwrap().template;
    let pod = Pod {
        metadata: kube::api::ObjectMeta {
            name: Some("operator".to_owned()),
            ..template.metadata.unwrap()
        },
        spec: template.spec,
        status: None,
    };
    let pods: Api<Pod> = Api::namespaced(client.clone(), "ops");
    pods.create(&PostParams::default(), &pod).await.unwrap();
}
