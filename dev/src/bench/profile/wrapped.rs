//! Programs of the machine that profile, and what they print.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};

use crate::checkout;

/// Finds a program, or says what is skipped without it.
pub(super) fn find(name: &str, package: &str, what: &str) -> Option<PathBuf> {
    let found = checkout::installed(name, &[Path::new("/usr/bin")]).ok();
    if found.is_none() {
        println!("SKIPPED: {what}: {name} is not installed (Debian's package {package})");
    }
    found
}

/// What a command prints.
pub(super) fn output(command: &mut Command) -> anyhow::Result<String> {
    let what = command.get_program().to_string_lossy().into_owned();
    let out = command.output().with_context(|| format!("run {what}"))?;
    if !out.status.success() {
        let error = String::from_utf8_lossy(&out.stderr);
        bail!("{what} ended with {}: {error}", out.status);
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}
