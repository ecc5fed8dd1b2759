//! `kubectl`, as a user runs it.

use std::process::Stdio;

use anyhow::Context;
use tokio::{io::AsyncWriteExt, process::Command};

use super::World;

impl World {
    /// Runs `kubectl` as the administrator in the test's namespace: its output, or what it said when it failed.
    ///
    /// # Errors
    /// What `kubectl` wrote on standard error.
    pub async fn kubectl(&self, args: &[&str]) -> Result<String, String> {
        self.kubectl_with(args, "").await
    }

    /// The same with something on standard input.
    ///
    /// # Errors
    /// What `kubectl` wrote on standard error.
    pub async fn kubectl_with(&self, args: &[&str], input: &str) -> Result<String, String> {
        match self.run_kubectl(args, input).await {
            Ok(output) if output.status.success() => {
                Ok(String::from_utf8_lossy(&output.stdout).into_owned())
            }
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    async fn run_kubectl(
        &self,
        args: &[&str],
        input: &str,
    ) -> anyhow::Result<std::process::Output> {
        let plane = self.control_plane();
        let mut child = Command::new(plane.binaries().kubectl()?)
            .arg("--kubeconfig")
            .arg(plane.kubeconfig())
            // What is known of one control plane must not be believed of the next on the same port.
            .arg("--cache-dir")
            .arg(plane.folder().join("kubectl-cache"))
            .args(["--namespace", self.namespace()])
            .args(args)
            .env("NO_PROXY", "127.0.0.1,localhost")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("run kubectl")?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin
                .write_all(input.as_bytes())
                .await
                .context("write to kubectl")?;
        }
        child.wait_with_output().await.context("wait for kubectl")
    }
}
