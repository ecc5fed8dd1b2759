//! The charts, installed by Helm as a user does it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;

use super::cluster::SYSTEM;
use crate::checkout;

/// The chart of the definitions, and its release.
pub(super) const CRDS: &str = "sshkey-operator-crds";
/// The chart of the operator, and its release.
pub(super) const OPERATOR: &str = "sshkey-operator";

/// Helm, with files of its own, and copies of the charts that can be changed.
pub(super) struct Helm {
    program: PathBuf,
    folder: TempDir,
}

impl Helm {
    pub(super) fn find() -> anyhow::Result<Self> {
        let output = Command::new(checkout::root().join("dev/helm/build"))
            .stderr(Stdio::inherit())
            .output()
            .context("run dev/helm/build")?;
        ensure!(output.status.success(), "there is no Helm");
        let program = String::from_utf8(output.stdout).context("read where Helm is")?;
        Ok(Self {
            program: program.trim().into(),
            folder: tempfile::tempdir().context("make a folder for Helm")?,
        })
    }

    /// A file of the run that Helm reads.
    pub(super) fn file(&self, name: &str, content: &str) -> anyhow::Result<String> {
        let path = self.folder.path().join(name);
        fs::write(&path, content).with_context(|| format!("write {}", path.display()))?;
        Ok(path.display().to_string())
    }

    /// Runs it in the operator's namespace.
    pub(super) fn run(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = Command::new(&self.program)
            .args(args)
            .args(["--namespace", SYSTEM])
            .current_dir(checkout::root())
            .env("HELM_CACHE_HOME", self.folder.path())
            .env("HELM_CONFIG_HOME", self.folder.path())
            .env("HELM_DATA_HOME", self.folder.path())
            .output()
            .context("run helm")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("helm {}: {}", args.join(" "), said.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The path of a chart of this checkout.
    pub(super) fn chart(name: &str) -> String {
        checkout::root()
            .join("charts")
            .join(name)
            .display()
            .to_string()
    }

    /// A copy of a chart as the next version would be: `change` gets each file's path and text.
    pub(super) fn next(
        &self,
        name: &str,
        change: impl Fn(&Path, String) -> String,
    ) -> anyhow::Result<String> {
        let to = self.folder.path().join(format!("next-{name}"));
        let from = checkout::root().join("charts").join(name);
        copy(&from, &to, &|path, text| {
            let text = change(path, text);
            if path.ends_with("Chart.yaml") {
                text.replace(
                    concat!("\nversion: ", env!("CARGO_PKG_VERSION")),
                    concat!("\nversion: ", env!("CARGO_PKG_VERSION"), "-next"),
                )
            } else {
                text
            }
        })
        .with_context(|| format!("copy chart {name}"))?;
        Ok(to.display().to_string())
    }
}

fn copy(from: &Path, to: &Path, change: &impl Fn(&Path, String) -> String) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target, change)?;
        } else {
            fs::write(&target, change(&path, fs::read_to_string(&path)?))?;
        }
    }
    Ok(())
}
