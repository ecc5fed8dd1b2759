//! The cluster of a run: its own control plane, or an existing cluster that the user has named.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use k8s_openapi::api::{
    core::v1::Namespace,
    rbac::v1::{ClusterRole, ClusterRoleBinding},
};
use kube::{
    Api, Resource,
    api::{DeleteParams, ListParams},
};
use serde::de::DeserializeOwned;
use sshkey_operator::api::{AzureStore, SshKey, names::DEFAULT_STORE};
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

use super::progress::Progress;
use crate::{
    checkout,
    control_plane::{Access, ControlPlane},
    tls::write_private,
};

/// Where the operator's account is.
pub(super) const SYSTEM: &str = "sshkey-system";
/// Where the examples go in a cluster that holds other things.
const GUEST_NAMESPACE: &str = "sshkey-quickstart";

/// A cluster, and the administrator's way into it.
pub(super) struct Cluster {
    /// The servers, if they are this run's own.
    pub(super) plane: Option<ControlPlane>,
    pub(super) access: Access,
    /// Written for the user: what `KUBECONFIG` is to be set to.
    pub(super) kubeconfig: PathBuf,
    pub(super) kubectl: PathBuf,
    /// Where the examples go.
    pub(super) namespace: &'static str,
}

impl Cluster {
    /// Starts a control plane.
    pub(super) async fn start(folder: &Path, progress: Progress) -> anyhow::Result<Self> {
        progress.say("starting etcd, kube-apiserver and kube-controller-manager (seconds; the first time they are built, about 11 minutes on two cores)");
        let plane = ControlPlane::start(&folder.join("control-plane")).await?;
        progress.say(format_args!(
            "the control plane answers at {}",
            plane.server_url()
        ));
        let kubectl = plane.binaries().kubectl()?;
        let access = plane.admin().clone();
        let kubeconfig = save(folder, &access)?;
        Ok(Self {
            plane: Some(plane),
            access,
            kubeconfig,
            kubectl,
            namespace: "default",
        })
    }

    /// Uses the cluster of a context of the user's own kubeconfig.
    pub(super) async fn existing(
        folder: &Path,
        context: &str,
        progress: Progress,
    ) -> anyhow::Result<Self> {
        let kubectl = checkout::installed("kubectl", &[])?;
        let output = Command::new(&kubectl)
            .args([
                "config",
                "view",
                "--raw",
                "--minify",
                "--flatten",
                "--context",
                context,
            ])
            .output()
            .await
            .context("run kubectl")?;
        if !output.status.success() {
            bail!(
                "kubectl knows no context {context}: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        let access = Access::new(String::from_utf8(output.stdout).context("read a kubeconfig")?);
        let config = access.config().await?;
        progress.say(format_args!(
            "using the existing cluster {context} at {}",
            config.cluster_url
        ));
        let kubeconfig = save(folder, &access)?;
        Ok(Self {
            plane: None,
            access,
            kubeconfig,
            kubectl,
            namespace: GUEST_NAMESPACE,
        })
    }

    /// Where the operator finds the API server: its address, and the certificate to trust.
    pub(super) async fn server(&self) -> anyhow::Result<(String, String)> {
        if let Some(plane) = &self.plane {
            return Ok((plane.server_url(), plane.ca_pem().to_owned()));
        }
        let file: serde_json::Value =
            serde_saphyr::from_str(self.access.kubeconfig()).context("read a kubeconfig")?;
        let ca = file["clusters"][0]["cluster"]["certificate-authority-data"]
            .as_str()
            .unwrap_or_default();
        let ca = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, ca)
            .context("read a cluster's CA")?;
        let ca = String::from_utf8(ca).context("read a cluster's CA")?;
        Ok((self.access.config().await?.cluster_url.to_string(), ca))
    }

    /// Runs `kubectl` with its output where the user sees it.
    pub(super) async fn show(&self, args: &[&str]) -> anyhow::Result<()> {
        let status = Command::new(&self.kubectl)
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(["--namespace", self.namespace])
            .args(args)
            .status()
            .await
            .context("run kubectl")?;
        if !status.success() {
            bail!("kubectl {} failed", args.join(" "));
        }
        Ok(())
    }

    /// Takes out of an existing cluster what the run has put there, while the operator can still let go of the keys. The
    /// definitions stay: others may use them.
    pub(super) async fn leave(&self, progress: Progress) -> anyhow::Result<()> {
        if self.plane.is_some() {
            return Ok(());
        }
        progress.say(format_args!(
            "removing namespaces {} and {SYSTEM} from the cluster; its CRDs stay",
            self.namespace
        ));
        let client = self.access.client().await?;
        // First, and one by one: with the namespace the operator's rights in it would go as well.
        let keys: Api<SshKey> = Api::namespaced(client.clone(), self.namespace);
        for key in keys
            .list_metadata(&ListParams::default())
            .await
            .context("list the SshKeys")?
            .items
        {
            delete(&keys, &key.metadata.name.unwrap_or_default()).await?;
        }
        let stores: Api<AzureStore> = Api::namespaced(client.clone(), self.namespace);
        delete(&stores, DEFAULT_STORE).await?;
        let namespaces: Api<Namespace> = Api::all(client.clone());
        delete(&namespaces, self.namespace).await?;
        delete(&namespaces, SYSTEM).await?;
        let role = format!("sshkey-operator:{SYSTEM}");
        delete(&Api::<ClusterRoleBinding>::all(client.clone()), &role).await?;
        delete(&Api::<ClusterRole>::all(client), &role).await
    }
}

fn save(folder: &Path, access: &Access) -> anyhow::Result<PathBuf> {
    let path = folder.join("kubeconfig");
    write_private(&path, access.kubeconfig())?;
    Ok(path)
}

/// Deletes an object and waits until it is gone.
async fn delete<K>(api: &Api<K>, name: &str) -> anyhow::Result<()>
where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + DeserializeOwned,
{
    let deadline = Instant::now() + Duration::from_mins(2);
    while api
        .get_metadata_opt(name)
        .await
        .with_context(|| format!("look for {name}"))?
        .is_some()
    {
        if Instant::now() > deadline {
            bail!("{} {name} is still there after two minutes", K::kind(&()));
        }
        api.delete(name, &DeleteParams::default())
            .await
            .map(drop)
            .or_else(absent)
            .with_context(|| format!("delete {name}"))?;
        sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

/// Gone meanwhile is as good.
fn absent(error: kube::Error) -> kube::Result<()> {
    match error {
        kube::Error::Api(status) if status.code == 404 => Ok(()),
        error => Err(error),
    }
}
