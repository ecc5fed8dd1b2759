//! How the image runs where it is run wrongly, and what its user sees then.

use anyhow::{Context, bail, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, api::PostParams, core::Status};
use serde_json::{Value, json};

use super::{
    cluster::{Cluster, PATIENCE, TEAM},
    images::Archived,
    steps::{Steps, until},
};

/// All of it.
pub(super) async fn all(
    cluster: &Cluster,
    image: &Archived,
    steps: &mut Steps,
) -> anyhow::Result<()> {
    steps.begin("the image runs as its own user, with a read-only root");
    let pod = pod("own-user", image, &json!({"args": ["--version"]}));
    let said = run(cluster, pod, "Succeeded").await?;
    steps.passed(said.trim());

    steps.begin("as root it is not admitted");
    let mut pod = self::pod("as-root", image, &json!({}));
    pod["spec"]["securityContext"]["runAsUser"] = json!(0);
    let said = match create(cluster, pod).await? {
        Err(status) => status.message,
        Ok(_) => bail!("it was admitted"),
    };
    ensure!(said.contains("runAsUser=0"), "{said}");
    steps.passed(said);

    steps.begin("without its token it ends and says what is missing");
    let pod = self::pod("no-token", image, &json!({}));
    let said = run(cluster, pod, "Failed").await?;
    ensure!(
        said.contains("automountServiceAccountToken"),
        "it says: {said}"
    );
    steps.passed(said.lines().next().unwrap_or_default());
    Ok(())
}

/// A pod that the restricted standard admits, without a token.
fn pod(name: &str, image: &Archived, container: &Value) -> Value {
    let mut pod = json!({
        "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": false,
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "operator",
                "image": image.reference,
                "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "readOnlyRootFilesystem": true,
                    "capabilities": {"drop": ["ALL"]},
                },
            }],
        },
    });
    for (field, value) in container.as_object().into_iter().flatten() {
        pod["spec"]["containers"][0][field] = value.clone();
    }
    pod
}

/// Creates a pod, unless the API server refuses it.
async fn create(cluster: &Cluster, pod: Value) -> anyhow::Result<Result<Pod, Box<Status>>> {
    let pods: Api<Pod> = cluster.api(TEAM);
    let pod: Pod = serde_json::from_value(pod).context("make a pod")?;
    match pods.create(&PostParams::default(), &pod).await {
        Ok(pod) => Ok(Ok(pod)),
        Err(kube::Error::Api(status)) => Ok(Err(status)),
        Err(error) => Err(error).context("create a pod"),
    }
}

/// Runs a pod to its end, and returns what it has logged.
async fn run(cluster: &Cluster, pod: Value, expected: &str) -> anyhow::Result<String> {
    let name = pod["metadata"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if let Err(status) = create(cluster, pod).await? {
        bail!("pod {name} is refused: {}", status.message);
    }
    let pods: Api<Pod> = cluster.api(TEAM);
    let phase = until(&format!("pod {name} has ended"), PATIENCE, async || {
        let pod = pods.get(&name).await.map_err(|error| error.to_string())?;
        let status = json!(pod.status);
        let phase = status["phase"].as_str().unwrap_or_default().to_owned();
        if ["Succeeded", "Failed"].contains(&phase.as_str()) {
            Ok(phase)
        } else {
            Err(status.to_string())
        }
    })
    .await?;
    let said = cluster.log(TEAM, &name).await?;
    if phase != expected {
        bail!("pod {name} has ended as {phase} instead of {expected}; it says: {said}");
    }
    Ok(said)
}
