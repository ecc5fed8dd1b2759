//! The charts on a real API server, by real Helm. No pod runs: there is no kubelet.

use dev::control_plane::ControlPlane;
use k8s_openapi::{
    api::{
        apps::v1::Deployment,
        core::v1::{Namespace, Pod},
    },
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use sshkey_operator::api::ClusterAzureStore;

use crate::helm::{CRDS, Helm, OPERATOR};

const SSHKEYS: &str = "sshkeys.sshkey-operator.io";

#[tokio::test]
async fn the_charts_install_into_a_restricted_namespace_upgrade_and_leave_the_definitions() {
    let Some(helm) = Helm::ready() else { return };
    let folder = tempfile::tempdir().unwrap();
    let plane = ControlPlane::start(&folder.path().join("plane"))
        .await
        .unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    std::fs::write(&kubeconfig, plane.admin().kubeconfig()).unwrap();
    let client = plane.admin().client().await.unwrap();
    for name in ["ops", "team-a"] {
        namespace(&client, name).await;
    }
    let try_helm = |words: &str| {
        let common = ["--namespace", "ops", "--kubeconfig"];
        let mut args: Vec<&str> = words.split(' ').chain(common).collect();
        args.push(kubeconfig.to_str().unwrap());
        helm.run(&args, "")
    };
    let helm = |words: &str| {
        try_helm(words).unwrap_or_else(|error| panic!("helm {words}: {error}"));
    };
    let image = "--set image.repository=r.example.com/o --set azure.ca.secret=ca";
    let store = r#"--set-json defaultStore={"subscriptionID":"00000000-0000-0000-0000-000000000000","tenantID":"11111111-1111-1111-1111-111111111111","auth":{"ambient":{}},"tenants":{"namespaces":{"names":["*"]}}}"#;

    // Without the definitions a default store is refused, and nothing of the release is made.
    let refused = try_helm(&format!("install operator {OPERATOR} {image} {store}"));
    let refused = refused.unwrap_err();
    assert!(refused.contains("ClusterAzureStore"), "{refused}");
    let made: Api<Deployment> = Api::namespaced(client.clone(), "ops");
    assert!(
        made.list(&Default::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );

    helm(&format!("install crds {CRDS}"));
    helm(&format!("install operator {OPERATOR} {image}"));
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), "ops");
    the_namespace_takes_its_pod(&client, &deployments).await;

    // What somebody changed is as the chart says again after an upgrade.
    let crds: Api<CustomResourceDefinition> = Api::all(client.clone());
    let stale = json!({"spec": {"names": {"shortNames": ["stale"]}}});
    crds.patch(SSHKEYS, &PatchParams::default(), &Patch::Merge(&stale))
        .await
        .unwrap();
    helm(&format!("upgrade crds {CRDS} --force-conflicts"));
    let names = crds.get(SSHKEYS).await.unwrap().spec.names.short_names;
    assert_ne!(names, Some(vec!["stale".to_owned()]));

    helm(&format!(
        "upgrade operator {OPERATOR} {image} {store} --set watchNamespaces={{team-a}}"
    ));
    let stores: Api<ClusterAzureStore> = Api::all(client.clone());
    let made = stores.get("default").await.unwrap();
    assert!(made.spec.auth.ambient.is_some());
    let roles: Api<k8s_openapi::api::rbac::v1::Role> = Api::namespaced(client.clone(), "team-a");
    roles.get("operator-sshkey-operator").await.unwrap();

    helm("uninstall operator");
    helm("uninstall crds");
    assert!(
        deployments
            .list(&Default::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert!(
        roles
            .list(&Default::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );
    let kept = crds.get(SSHKEYS).await.unwrap();
    assert_eq!(kept.metadata.deletion_timestamp, None);

    // And what was left is taken up again.
    helm(&format!("install crds {CRDS}"));
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

async fn namespace(client: &Client, name: &str) {
    let namespace: Value = json!({"metadata": {
        "name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
    }});
    Api::<Namespace>::all(client.clone())
        .create(
            &PostParams::default(),
            &serde_json::from_value(namespace).unwrap(),
        )
        .await
        .unwrap();
}
