//! A run from its first row to its last.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, ensure};

use super::{
    azure::Azure,
    cli::Cli,
    cli_rows, sdk,
    table::{Table, say},
};
use crate::checkout;

/// Runs the clients that `dev/clients/build` has installed.
///
/// # Errors
/// When they can't be run, or a row failed.
pub async fn run() -> anyhow::Result<()> {
    let started = Instant::now();
    let clients = installed()?;
    let azure = Azure::start().await?;
    let public_key = user_key(&azure, "ed25519")?;
    let mut table = Table::default();
    for name in ["azure-cli", "azure-sdk"] {
        say(versions(name)?);
    }
    say("");
    let cli = Cli::new(clients.join("azure-cli/bin/az"), &azure);
    cli_rows::all(&cli, &azure, &public_key, &mut table).await;
    let python = clients.join("azure-sdk/bin/python");
    sdk::all(&python, &azure, &public_key, &mut table).await?;
    ensure!(
        table.end(started.elapsed()),
        "the emulator does not answer a stock client as Azure does"
    );
    Ok(())
}

fn installed() -> anyhow::Result<PathBuf> {
    let output = Command::new(checkout::root().join("dev/clients/build"))
        .stderr(Stdio::inherit())
        .output()
        .context("run dev/clients/build")?;
    ensure!(output.status.success(), "the clients are not installed");
    let folder = String::from_utf8(output.stdout).context("read where the clients are")?;
    Ok(folder.trim().into())
}

/// A key that the user has already.
pub(super) fn user_key(azure: &Azure, algorithm: &str) -> anyhow::Result<String> {
    let folder = tempfile::tempdir_in(azure.folder.path()).context("make a folder for a key")?;
    let path = folder.path().join("id");
    let status = Command::new("ssh-keygen")
        .args(["-q", "-t", algorithm, "-N", "", "-C", "me@here", "-f"])
        .arg(&path)
        .status()
        .context("run ssh-keygen")?;
    ensure!(status.success(), "ssh-keygen made no key");
    let text = fs::read_to_string(path.with_extension("pub")).context("read a public key")?;
    Ok(text.trim().to_owned())
}

/// What is pinned of Azure's own packages that the rows use.
fn versions(name: &str) -> anyhow::Result<String> {
    let path = checkout::root()
        .join("dev/clients")
        .join(format!("{name}.txt"));
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let used = [
        "azure-cli",
        "azure-identity",
        "azure-mgmt-compute",
        "azure-mgmt-resource",
    ];
    let pinned = text.lines().filter_map(|line| line.split_once("=="));
    let found: Vec<String> = pinned
        .filter(|(package, _)| used.contains(package))
        .map(|(package, version)| format!("{package} {version}"))
        .collect();
    Ok(format!("{name}: {}", found.join(", ")))
}
