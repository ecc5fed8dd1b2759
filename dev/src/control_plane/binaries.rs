//! The programs of the control plane: built once a machine by `dev/control-plane/build`, or taken from `KUBEBUILDER_ASSETS`.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, bail};

use crate::checkout;

/// The folder that holds `etcd`, `kube-apiserver` and `kube-controller-manager`.
#[derive(Clone, Debug)]
pub struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// Finds them, building them first where that was never done. The build's progress goes to standard error.
    ///
    /// # Errors
    /// When they can't be built; the build has said why.
    pub async fn find() -> anyhow::Result<Self> {
        tokio::task::spawn_blocking(Self::find_blocking)
            .await
            .context("wait for the control plane's build")?
    }

    fn find_blocking() -> anyhow::Result<Self> {
        let script = checkout::root().join("dev/control-plane/build");
        let output = Command::new(&script)
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("run {}", script.display()))?;
        if !output.status.success() {
            bail!("{} failed: its last lines above say why", script.display());
        }
        let folder = String::from_utf8(output.stdout)
            .context("read the folder of the control plane's programs")?;
        Ok(Self {
            folder: PathBuf::from(folder.trim()),
        })
    }

    /// One of the three.
    pub fn server(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// `kubectl`: the machine's own, otherwise the one that was built with the rest.
    ///
    /// # Errors
    /// When there is neither.
    pub fn kubectl(&self) -> anyhow::Result<PathBuf> {
        checkout::installed("kubectl", &[&self.folder])
    }
}
