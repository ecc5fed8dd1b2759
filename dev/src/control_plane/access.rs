//! How to reach an API server: as whom, and trusting what.

use anyhow::Context;
use base64::{Engine, prelude::BASE64_STANDARD};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

/// A way to an API server, which is what a kubeconfig file says.
#[derive(Clone, Debug)]
pub struct Access {
    text: String,
}

impl Access {
    /// What a kubeconfig file says.
    pub fn new(kubeconfig: String) -> Self {
        Self { text: kubeconfig }
    }

    /// The kubeconfig, YAML.
    pub fn kubeconfig(&self) -> &str {
        &self.text
    }

    /// As kube takes it.
    ///
    /// # Errors
    /// When the kubeconfig is not one.
    pub async fn config(&self) -> anyhow::Result<kube::Config> {
        let file = Kubeconfig::from_yaml(&self.text).context("read a kubeconfig")?;
        kube::Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
            .await
            .context("use a kubeconfig")
    }

    /// A client for the runtime that calls: its connections die with that runtime, so no other may use it.
    ///
    /// # Errors
    /// When the kubeconfig is not one.
    pub async fn client(&self) -> anyhow::Result<kube::Client> {
        kube::Client::try_from(self.config().await?).context("make a client")
    }
}

/// A kubeconfig for `server`, which shows a certificate signed by `ca`, with what `user` proves itself by.
///
/// # Errors
/// When it can't be written as YAML.
pub fn kubeconfig_text(
    server: &str,
    ca: &str,
    namespace: &str,
    user: &Value,
) -> anyhow::Result<String> {
    let name = "sshkey-operator-dev";
    serde_saphyr::to_string(&json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": BASE64_STANDARD.encode(ca)}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": namespace}}],
        "current-context": name,
    }))
    .context("write a kubeconfig")
}
