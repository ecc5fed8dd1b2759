//! Whether a private key that a client was given is good.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};

use anyhow::{Context, bail, ensure};

/// Reads the private key in a file with OpenSSH, and compares it with a public key. Returns what kind of key it is.
pub(super) fn check(private_key: &Path, public_key: &str) -> anyhow::Result<String> {
    // The CLI leaves it readable for others, which ssh-keygen refuses.
    fs::set_permissions(private_key, Permissions::from_mode(0o600))
        .context("protect a private key")?;
    let output = Command::new("ssh-keygen")
        .args(["-y", "-P", "", "-f"])
        .arg(private_key)
        .output()
        .context("run ssh-keygen")?;
    if !output.status.success() {
        bail!("ssh-keygen: {}", String::from_utf8_lossy(&output.stderr));
    }
    let derived = String::from_utf8(output.stdout).context("read what ssh-keygen says")?;
    let words = |line: &str| -> Vec<String> {
        line.split_whitespace().take(2).map(str::to_owned).collect()
    };
    ensure!(
        words(&derived) == words(public_key),
        "the private key is of {derived}, not of {public_key}"
    );
    let algorithm = words(&derived).into_iter().next().unwrap_or_default();
    Ok(format!("{algorithm}, read by ssh-keygen"))
}
