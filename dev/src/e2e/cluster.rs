//! The cluster that KUBECONFIG names, and what the run looks at in it.

use std::{fmt::Debug, time::Duration};

use anyhow::{Context, ensure};
use http::Request;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::{
    Api, Client, Config, Resource, ResourceExt,
    api::{ListParams, LogParams, ObjectMeta, Patch, PatchParams},
    core::NamespaceResourceScope,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sshkey_operator::api::ConditionType;

use super::steps::until;
use crate::{manifests, world::HasConditions};

/// Where the operator is.
pub(super) const SYSTEM: &str = "sshkey-e2e";
/// Where the emulated Azure is.
pub(super) const AZURE: &str = "sshkey-e2e-azure";
/// Where the keys are.
pub(super) const TEAM: &str = "sshkey-e2e-team";
/// Marks what a run has made, so that no other is taken for it.
pub(super) const MARK: &str = "sshkey-operator-e2e";

/// How long anything is waited for. Only a failure takes so long.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);

/// The administrator's way into the cluster.
#[derive(Clone)]
pub(super) struct Cluster {
    pub(super) client: Client,
}

impl Cluster {
    /// The one that KUBECONFIG names.
    pub(super) async fn find() -> anyhow::Result<Self> {
        let config = Config::from_kubeconfig(&kube::config::KubeConfigOptions::default())
            .await
            .context("read the file that KUBECONFIG names")?;
        let client = Client::try_from(config).context("make a client")?;
        client
            .apiserver_version()
            .await
            .context("ask the API server for its version")?;
        Ok(Self { client })
    }

    pub(super) fn api<K>(&self, namespace: &str) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), namespace)
    }

    /// Applies a manifest of a namespace.
    pub(super) async fn apply(&self, namespace: &str, yaml: &str) -> anyhow::Result<()> {
        manifests::apply(&self.client, namespace, yaml).await
    }

    /// Creates a namespace that admits restricted pods only.
    pub(super) async fn create_namespace(&self, name: &str) -> anyhow::Result<()> {
        let namespace = Namespace {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                labels: Some(
                    [
                        (MARK, "true"),
                        ("pod-security.kubernetes.io/enforce", "restricted"),
                    ]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
                ),
                ..ObjectMeta::default()
            },
            ..Namespace::default()
        };
        let params = PatchParams::apply(MARK);
        Api::<Namespace>::all(self.client.clone())
            .patch(name, &params, &Patch::Apply(&namespace))
            .await
            .with_context(|| format!("create namespace {name}"))?;
        Ok(())
    }

    /// What the API server answers to a GET of a path.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.request("GET", path).await
    }

    pub(super) async fn request(&self, method: &str, path: &str) -> anyhow::Result<Value> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Vec::new())
            .context("make a request")?;
        let text = self
            .client
            .request_text(request)
            .await
            .with_context(|| format!("{method} {path}"))?;
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("understand the answer of {path}"))
    }

    /// The pods of a program, but those that are being deleted.
    pub(super) async fn pods(&self, namespace: &str, program: &str) -> anyhow::Result<Vec<Pod>> {
        let params = ListParams::default().labels(&format!("app.kubernetes.io/name={program}"));
        let pods = self
            .api::<Pod>(namespace)
            .list(&params)
            .await
            .with_context(|| format!("list the pods of {program}"))?;
        let stays = |pod: &Pod| pod.metadata.deletion_timestamp.is_none();
        Ok(pods.items.into_iter().filter(stays).collect())
    }

    /// Waits until the one pod of a program is Ready, and another than `old`.
    pub(super) async fn ready_pod(
        &self,
        namespace: &str,
        program: &str,
        old: Option<&Pod>,
    ) -> anyhow::Result<Pod> {
        until(
            &format!("the pod of {program} is Ready"),
            PATIENCE,
            async || {
                let pods = self.pods(namespace, program).await;
                let pods = pods.map_err(|error| format!("{error:#}"))?;
                match pods.as_slice() {
                    [pod] if is_ready(pod) && pod.uid() != old.and_then(ResourceExt::uid) => {
                        Ok(pod.clone())
                    }
                    other => Err(json!(other).to_string()),
                }
            },
        )
        .await
    }

    /// What a pod has logged.
    pub(super) async fn log(&self, namespace: &str, pod: &str) -> anyhow::Result<String> {
        self.api::<Pod>(namespace)
            .logs(pod, &LogParams::default())
            .await
            .with_context(|| format!("read the log of {pod}"))
    }

    /// Waits until an object of the team's namespace is as `holds` says.
    pub(super) async fn wait_for<K>(
        &self,
        name: &str,
        what: &str,
        holds: impl Fn(&K) -> bool,
    ) -> anyhow::Result<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + Debug
            + DeserializeOwned
            + serde::Serialize,
    {
        let api = self.api::<K>(TEAM);
        let what = format!("{} {name}: {what}", K::kind(&()));
        until(&what, PATIENCE, async || match api.get_opt(name).await {
            Ok(Some(object)) if holds(&object) => Ok(object),
            Ok(Some(object)) => Err(json!(object)["status"].to_string()),
            other => Err(format!("{other:?}")),
        })
        .await
    }

    /// Waits until an object is Ready in its present generation.
    pub(super) async fn wait_ready<K>(&self, name: &str) -> anyhow::Result<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + HasConditions
            + Clone
            + Debug
            + DeserializeOwned
            + serde::Serialize,
    {
        self.wait_for(name, "Ready", |object: &K| {
            object.conditions().iter().any(|condition| {
                condition.type_ == ConditionType::Ready.as_str()
                    && condition.status == "True"
                    && condition.observed_generation == object.meta().generation
            })
        })
        .await
    }

    /// Waits until there is no object of this name in the team's namespace.
    pub(super) async fn wait_gone<K>(&self, name: &str) -> anyhow::Result<()>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let api = self.api::<K>(TEAM);
        let what = format!("{} {name} is gone", K::kind(&()));
        until(&what, PATIENCE, async || match api.get_opt(name).await {
            Ok(None) => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await
    }

    /// The memory of a pod, as its kubelet has counted it at `since` or later.
    pub(super) async fn memory(&self, pod: &Pod, since: Timestamp) -> anyhow::Result<usize> {
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.clone());
        let node = node.context("a pod without a node")?;
        let path = format!("/api/v1/nodes/{node}/proxy/stats/summary");
        until("the kubelet has counted", PATIENCE, async || {
            let summary = self.get(&path).await;
            let summary = summary.map_err(|error| format!("{error:#}"))?;
            let pods = summary["pods"].as_array().cloned().unwrap_or_default();
            let name = json!(pod.name_any());
            let counted = pods.iter().find(|one| one["podRef"]["name"] == name);
            let memory = &counted.ok_or("the pod is not counted")?["containers"][0]["memory"];
            let time = memory["time"].as_str().unwrap_or_default();
            let bytes = memory["workingSetBytes"].as_u64();
            match (time.parse::<Timestamp>(), bytes) {
                (Ok(time), Some(bytes)) if time >= since => Ok(usize::try_from(bytes).unwrap_or(0)),
                _ => Err(memory.to_string()),
            }
        })
        .await
    }
}

pub(super) fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// How often the containers of a pod were started again.
pub(super) fn restarts(pod: &Pod) -> anyhow::Result<i32> {
    let statuses = pod
        .status
        .as_ref()
        .and_then(|status| status.container_statuses.as_ref());
    let statuses = statuses.context("a pod without statuses of its containers")?;
    ensure!(!statuses.is_empty(), "a pod without containers");
    Ok(statuses.iter().map(|status| status.restart_count).sum())
}
