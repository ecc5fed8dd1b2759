//! The floor in a process of its own, so that its time on a core is counted as the operator's is.

use std::{path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::{floor, options::Options, playground::Playground};
use crate::{control_plane::Access, processes::usage};

/// What the process is told.
#[derive(clap::Args, Debug)]
pub struct FloorArgs {
    /// How the API server is reached.
    #[arg(long)]
    kubeconfig: PathBuf,
    /// The namespace with the pending keys.
    #[arg(long)]
    namespace: String,
    /// How many keys are made at once.
    #[arg(long)]
    concurrency: u16,
    /// The emulator.
    #[arg(long)]
    azure: String,
    /// The certificates to trust there, PEM.
    #[arg(long)]
    azure_ca: PathBuf,
}

/// What it has taken.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Floor {
    /// From the list of pending keys to the last write.
    pub(super) time: Duration,
    /// Time on a core.
    pub(super) cpu: Duration,
}

/// Makes pending keys, and has them written by another process.
pub(super) async fn measure(playground: &Playground, options: &Options) -> anyhow::Result<Floor> {
    let namespace = format!("floor-{}", uuid::Uuid::new_v4().simple());
    playground.pending(&namespace, options.keys).await?;
    let folder = playground.plane.folder();
    let ca = folder.join("floor-azure-ca.pem");
    std::fs::write(&ca, playground.emulator.ca_pem())
        .with_context(|| format!("write {}", ca.display()))?;
    let program = std::env::current_exe().context("find the running program")?;
    let output = tokio::process::Command::new(program)
        .arg("floor")
        .arg("--kubeconfig")
        .arg(playground.plane.kubeconfig())
        .args(["--namespace", &namespace])
        .args(["--concurrency", &options.concurrency.to_string()])
        .args(["--azure", playground.emulator.endpoint()])
        .arg("--azure-ca")
        .arg(ca)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .context("run the floor")?;
    if !output.status.success() {
        bail!("the floor ended with {}", output.status);
    }
    serde_json::from_slice(&output.stdout).context("read what the floor has taken")
}

/// Makes the necessary writes for all pending keys of a namespace, and prints what that has taken.
///
/// # Errors
/// When a write fails.
#[allow(clippy::print_stdout)]
pub async fn run(args: &FloorArgs) -> anyhow::Result<()> {
    let kubeconfig = std::fs::read_to_string(&args.kubeconfig)
        .with_context(|| format!("read {}", args.kubeconfig.display()))?;
    let client = Access::new(kubeconfig).client().await?;
    let ca = std::fs::read(&args.azure_ca)
        .with_context(|| format!("read {}", args.azure_ca.display()))?;
    let azure = floor::Azure::sign_in(&args.azure, &ca).await?;
    let before = usage(std::process::id())?.cpu;
    let time = floor::write(&client, &azure, &args.namespace, args.concurrency).await?;
    let cpu = usage(std::process::id())?.cpu.saturating_sub(before);
    println!("{}", serde_json::to_string(&Floor { time, cpu })?);
    Ok(())
}
