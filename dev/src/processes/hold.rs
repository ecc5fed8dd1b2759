//! `dev hold`: becomes another program that dies with the one that started it, even by SIGKILL.

use std::{ffi::OsString, os::unix::process::CommandExt, process::Command};

use anyhow::{Context, bail};

/// Arguments of `dev hold`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Process ID of the starter: when it is gone already, nothing is started.
    #[arg(long)]
    parent: i32,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Becomes the program of `args`. Returns only when that fails.
///
/// # Errors
/// When the starter is gone or the program can't be run.
pub fn hold(args: &Args) -> anyhow::Result<()> {
    let Some((program, rest)) = args.command.split_first() else {
        bail!("nothing to run");
    };
    die_with_parent()?;
    // The starter may have died before the line above: then no signal will come.
    if nix::unistd::getppid().as_raw() != args.parent {
        bail!("process {} is gone", args.parent);
    }
    let error = Command::new(program).args(rest).exec();
    Err(error).with_context(|| format!("run {}", program.display()))
}

/// Asks the kernel for SIGKILL when the thread that started this process ends; the wish outlives `exec`.
#[cfg(target_os = "linux")]
fn die_with_parent() -> anyhow::Result<()> {
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)
        .context("ask to die with the starter")
}

/// Other systems have no such wish: children are ended by the harness's own shutdown alone.
#[cfg(not(target_os = "linux"))]
fn die_with_parent() -> anyhow::Result<()> {
    Ok(())
}
