//! The emulated Azure of a run: its own image, in a namespace of its own, behind a Service.

use anyhow::{Context, ensure};
use arm_emulator::{Config, Emulator};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde_json::{Value, json};

use super::cluster::{AZURE, Cluster, MARK, TEAM};

pub(super) const TENANT: &str = "11111111-1111-4111-8111-111111111111";
pub(super) const CLIENT: &str = "22222222-2222-4222-8222-222222222222";
pub(super) const SUBSCRIPTION: &str = "33333333-3333-4333-8333-333333333333";
pub(super) const SECRET: &str = "not-a-real-secret";
pub(super) const PROGRAM: &str = "arm-emulator";

const PORT: u16 = 8443;

/// The name in Azure that the store gives a key.
pub(super) fn in_azure(name: &str) -> String {
    format!("{TEAM}.{name}")
}

/// How it is reached and trusted.
pub(super) struct Azure {
    pub(super) endpoint: String,
    pub(super) ca: String,
    pub(super) pod: Pod,
}

impl Azure {
    /// Deploys it and waits until it answers.
    pub(super) async fn deploy(cluster: &Cluster, image: &str) -> anyhow::Result<Self> {
        cluster.create_namespace(AZURE).await?;
        let host = format!("{PROGRAM}.{AZURE}.svc");
        let (ca, ca_key) = authority().await?;
        let issuer = issuer(cluster).await?;
        let config = json!({
            "address": format!("0.0.0.0:{PORT}"),
            "hostNames": [host],
            "dataDir": "/data",
            "tenants": [{"id": TENANT, "applications": [{
                "clientId": CLIENT,
                "secrets": [{"value": SECRET}],
                "federatedCredentials": [{
                    "issuer": issuer,
                    "subject": format!("system:serviceaccount:{TEAM}:sshkey-operator-azure"),
                    "audience": "api://AzureADTokenExchange",
                }],
            }]}],
            "subscriptions": [{"id": SUBSCRIPTION, "tenant": TENANT, "name": "e2e"}],
            // An issuer out in the world shows a certificate that everybody trusts.
            "issuers": if in_cluster(&issuer) { json!([{"url": issuer, "caFile": "/cluster/ca.crt"}]) } else { json!([]) },
        });
        let config = serde_saphyr::to_string(&config).context("write the configuration")?;
        cluster
            .apply(AZURE, &manifest(image, &config, &ca, &ca_key))
            .await?;
        if in_cluster(&issuer) {
            // What Entra does too: it asks the issuer for its public keys, without an account there.
            cluster.apply(AZURE, &discovery()).await?;
        }
        let pod = cluster.ready_pod(AZURE, PROGRAM, None).await?;
        Ok(Self {
            endpoint: format!("https://{host}:{PORT}"),
            ca,
            pod,
        })
    }

    /// The public keys that are stored, by name.
    pub(super) async fn key(
        &self,
        cluster: &Cluster,
        name: &str,
    ) -> anyhow::Result<Option<String>> {
        let keys = cluster.get(&control("keys")).await?;
        let mut keys = keys.as_array().into_iter().flatten();
        let found = keys.find(|key| key["name"] == name);
        Ok(found.and_then(|key| key["publicKey"].as_str().map(str::to_owned)))
    }

    /// The requests about keys that came since [`Self::forget`].
    pub(super) async fn requests(&self, cluster: &Cluster) -> anyhow::Result<Vec<Value>> {
        let requests = cluster.get(&control("requests")).await?;
        let requests = requests.as_array().cloned().unwrap_or_default();
        let about_keys = |request: &Value| {
            let path = request["path"].as_str().unwrap_or_default();
            path.to_lowercase().contains("/sshpublickeys")
        };
        Ok(requests.into_iter().filter(about_keys).collect())
    }

    /// Checks that none of them would change anything, but for the key that was made meanwhile.
    pub(super) async fn nothing_written(
        &self,
        cluster: &Cluster,
        made: &str,
    ) -> anyhow::Result<()> {
        let requests = self.requests(cluster).await?;
        ensure!(!requests.is_empty(), "Azure was not asked for anything");
        let writes: Vec<&Value> = requests
            .iter()
            .filter(|request| request["method"] != "GET")
            .filter(|request| {
                let path = request["path"].as_str().unwrap_or_default();
                !path.ends_with(&in_azure(made))
            })
            .collect();
        ensure!(writes.is_empty(), "it was written to Azure: {writes:?}");
        Ok(())
    }

    /// Forgets the requests.
    pub(super) async fn forget(&self, cluster: &Cluster) -> anyhow::Result<()> {
        cluster.request("DELETE", &control("requests")).await?;
        Ok(())
    }

    pub(super) fn pod_name(&self) -> String {
        self.pod.name_any()
    }
}

/// The emulator's control endpoint, through the API server.
fn control(path: &str) -> String {
    format!("/api/v1/namespaces/{AZURE}/services/https:{PROGRAM}:{PORT}/proxy/_emulator/{path}")
}

/// Who signs the tokens of the cluster's `ServiceAccount`s.
async fn issuer(cluster: &Cluster) -> anyhow::Result<String> {
    let configuration = cluster.get("/.well-known/openid-configuration").await?;
    let issuer = configuration["issuer"].as_str();
    Ok(issuer.context("the cluster names no issuer")?.to_owned())
}

fn in_cluster(issuer: &str) -> bool {
    issuer.starts_with("https://kubernetes.default")
}

/// A CA as the emulator makes it, to be given to both sides.
async fn authority() -> anyhow::Result<(String, String)> {
    let folder = tempfile::tempdir().context("make a folder for a CA")?;
    let config = Config {
        data_dir: Some(folder.path().to_owned()),
        ..Config::default()
    };
    Emulator::start(config)
        .await
        .context("make a CA")?
        .stop()
        .await;
    let read = |name: &str| {
        std::fs::read_to_string(folder.path().join(name)).with_context(|| format!("read {name}"))
    };
    Ok((read("ca.pem")?, read("ca.key")?))
}

fn manifest(image: &str, config: &str, ca: &str, ca_key: &str) -> String {
    let objects = [
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": PROGRAM},
            "stringData": {"ca.pem": ca, "ca.key": ca_key},
        }),
        json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": PROGRAM},
            "data": {"emulator.yaml": config},
        }),
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": PROGRAM},
            "spec": {
                "selector": {"app.kubernetes.io/name": PROGRAM},
                "ports": [{"port": PORT, "targetPort": PORT}],
            },
        }),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": PROGRAM},
            "spec": {
                "selector": {"matchLabels": {"app.kubernetes.io/name": PROGRAM}},
                "template": {
                    "metadata": {"labels": {"app.kubernetes.io/name": PROGRAM}},
                    "spec": pod(image),
                },
            },
        }),
    ];
    objects.map(|object| object.to_string()).join("\n---\n")
}

fn pod(image: &str) -> Value {
    json!({
        "automountServiceAccountToken": false,
        "securityContext": {
            // Not whom it runs as: that is the image's own user.
            "runAsNonRoot": true, "fsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [{
            "name": PROGRAM, "image": image, "args": ["--config=/config/emulator.yaml"],
            "ports": [{"containerPort": PORT}],
            "readinessProbe": {
                "httpGet": {"scheme": "HTTPS", "path": "/metadata/endpoints", "port": PORT},
                "periodSeconds": 1,
            },
            "securityContext": {
                "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"]},
            },
            "volumeMounts": [
                {"name": "config", "mountPath": "/config"},
                {"name": "data", "mountPath": "/data"},
                {"name": "cluster", "mountPath": "/cluster"},
            ],
        }],
        "volumes": [
            {"name": "config", "configMap": {"name": PROGRAM}},
            {"name": "data", "secret": {"secretName": PROGRAM, "defaultMode": 0o440}},
            // In every namespace: the CA of the API server.
            {"name": "cluster", "configMap": {"name": "kube-root-ca.crt"}},
        ],
    })
}

/// <https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery>
fn discovery() -> String {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": MARK, "labels": {MARK: "true"}},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
            "name": "system:service-account-issuer-discovery",
        },
        "subjects": [{
            "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:unauthenticated",
        }],
    })
    .to_string()
}
