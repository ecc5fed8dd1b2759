//! A control plane to install the charts into.

use std::{
    fmt::Debug,
    path::PathBuf,
    time::{Duration, Instant},
};

use dev::control_plane::ControlPlane;
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Namespace};
use kube::{Api, Client, api::PostParams};
use serde_json::{Value, json};

use crate::helm::Helm;

/// What every release of the operator is given.
pub(crate) const IMAGE: &str = "--set image.repository=r.example.com/o --set azure.ca.secret=ca";

/// A control plane with the namespaces `ops` and `team-a`, both restricted, and Helm that uses it.
pub(crate) struct Cluster {
    helm: Helm,
    pub(crate) client: Client,
    kubeconfig: PathBuf,
    // Both end with the test.
    plane: ControlPlane,
    _folder: tempfile::TempDir,
}

impl Cluster {
    pub(crate) async fn start(helm: Helm) -> Self {
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
        Self {
            helm,
            client,
            kubeconfig,
            plane,
            _folder: folder,
        }
    }

    pub(crate) fn has_helm_3(&self) -> bool {
        let version = self.helm.run(&["version", "--short"], "").unwrap();
        version.starts_with("v3.")
    }

    pub(crate) fn try_helm(&self, words: &str) -> Result<String, String> {
        let common = ["--namespace", "ops", "--kubeconfig"];
        let mut args: Vec<&str> = words.split(' ').chain(common).collect();
        args.push(self.kubeconfig.to_str().unwrap());
        self.helm.run(&args, "")
    }

    pub(crate) fn helm(&self, words: &str) {
        self.try_helm(words)
            .unwrap_or_else(|error| panic!("helm {words}: {error}"));
    }

    /// A user of a group, and of no other.
    pub(crate) async fn member_of(&self, group: &str) -> Client {
        let mut config = self.plane.admin().config().await.unwrap();
        config.auth_info.impersonate = Some("jane".to_owned());
        config.auth_info.impersonate_groups = Some(vec![group.to_owned()]);
        Client::try_from(config).unwrap()
    }

    pub(crate) fn deployments(&self) -> Api<Deployment> {
        Api::namespaced(self.client.clone(), "ops")
    }

    pub(crate) async fn has_no_deployment(&self) {
        let found = self.deployments().list(&Default::default()).await.unwrap();
        assert!(found.items.is_empty());
    }
}

/// Waits until it succeeds, for two minutes: a controller asks every 30 s which kinds there are.
pub(crate) async fn until<T, E: Debug>(
    what: &str,
    mut attempt: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) => assert!(Instant::now() < deadline, "{what}: {error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

pub(crate) async fn namespace(client: &Client, name: &str) {
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
