//! The keys of a run, and what must stay the same about them.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt};

use anyhow::{Context, ensure};
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;

use super::{
    azure::{Azure, CLIENT, SECRET, SUBSCRIPTION, TENANT, in_azure},
    cluster::{Cluster, TEAM},
};
use crate::sshd::Sshd;

/// Published through workload identity.
pub(super) const WEB: &str = "web";
/// Published with a client secret.
pub(super) const DEPLOY: &str = "deploy";
/// Made after the operator was killed.
pub(super) const AFTER_KILL: &str = "after-kill";
/// Made after the operator was upgraded.
pub(super) const AFTER_UPGRADE: &str = "after-upgrade";
/// All of them.
pub(super) const ALL: [&str; 4] = [WEB, DEPLOY, AFTER_KILL, AFTER_UPGRADE];

/// The stores, the identity of one of them, and the first two keys.
pub(super) fn manifest() -> String {
    let store = |name: &str, auth: &str| {
        format!(
            "
apiVersion: sshkey-operator.io/v1alpha1
kind: AzureStore
metadata: {{name: {name}}}
spec:
  subscriptionID: {SUBSCRIPTION}
  tenantID: {TENANT}
  auth: {auth}
  defaults:
    resourceGroup: {{name: e2e-keys, creationPolicy: IfMissing}}
    location: westeurope
"
        )
    };
    let workload = store(
        "default",
        &format!("{{workloadIdentity: {{clientID: {CLIENT}}}}}"),
    );
    let secret = store(
        "by-secret",
        &format!("{{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: azure}}}}}}"),
    );
    format!(
        "
apiVersion: v1
kind: ServiceAccount
metadata: {{name: sshkey-operator-azure}}
---
apiVersion: v1
kind: Secret
metadata: {{name: azure}}
stringData: {{clientSecret: {SECRET}}}
---{workload}---{secret}---
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKey
metadata: {{name: {WEB}}}
spec:
  azure: {{}}
---
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKey
metadata: {{name: {DEPLOY}}}
spec:
  source: {{generate: {{algorithm: RSA}}}}
  secret: {{deletionPolicy: Delete}}
  azure: {{storeRef: {{name: by-secret}}}}
"
    )
}

/// One more key.
pub(super) fn another(name: &str) -> String {
    format!(
        "
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKey
metadata: {{name: {name}}}
spec:
  azure: {{}}
"
    )
}

/// What is where of a key, to be compared later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    uid: Option<String>,
    version: Option<String>,
    azure: Option<String>,
}

/// Looks at a key's Secret and at Azure.
pub(super) async fn kept(cluster: &Cluster, azure: &Azure, name: &str) -> anyhow::Result<Kept> {
    let secret = secret(cluster, name).await?;
    Ok(Kept {
        uid: secret.uid(),
        version: secret.resource_version(),
        azure: azure.key(cluster, &in_azure(name)).await?,
    })
}

/// Checks that the keys are as they were: no other Secret, no other version of it, no other key in Azure.
pub(super) async fn unchanged(
    cluster: &Cluster,
    azure: &Azure,
    before: &[(&str, Kept)],
) -> anyhow::Result<()> {
    for (name, before) in before {
        let now = kept(cluster, azure, name).await?;
        ensure!(now == *before, "key {name} was {before:?} and is {now:?}");
    }
    Ok(())
}

/// The managed Secret of a key.
pub(super) async fn secret(cluster: &Cluster, name: &str) -> anyhow::Result<Secret> {
    let secret = cluster.api::<Secret>(TEAM).get_opt(name).await;
    secret
        .with_context(|| format!("read Secret {name}"))?
        .with_context(|| format!("there is no Secret {name}"))
}

/// Logs in with the private key of the Secret, to a server that lets the key in that is in Azure.
pub(super) async fn login(cluster: &Cluster, azure: &Azure, name: &str) -> anyhow::Result<String> {
    let public_key = azure.key(cluster, &in_azure(name)).await?;
    let public_key = public_key.with_context(|| format!("key {name} is not in Azure"))?;
    let sshd = Sshd::start(&public_key).await?;
    let folder = tempfile::tempdir().context("make a folder for a key")?;
    let path = folder.path().join("key");
    let secret = secret(cluster, name).await?;
    let data = secret.data.unwrap_or_default();
    let private_key = data
        .get("ssh-privatekey")
        .context("a Secret without a key")?;
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(&private_key.0))
        .context("write a private key")?;
    sshd.login(&path).await?;
    let algorithm = public_key.split(' ').next().unwrap_or_default();
    Ok(format!("{name}, {algorithm}"))
}

impl Kept {
    /// Whether it is in Azure.
    pub(super) fn is_published(&self) -> bool {
        self.azure.is_some()
    }
}
