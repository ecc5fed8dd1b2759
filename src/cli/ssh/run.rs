//! From the flags to a program that may use a key.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{
    agent::Agent,
    child,
    flags::{Agent as AgentFlags, Ssh},
    version,
};
use crate::{
    cli::{cluster::Cluster, error::CliError, interrupt::interrupted, private_key, which::Which},
    keys::KeyPair,
};

/// Logs in to a machine. Returns the exit code of ssh.
pub(in crate::cli) async fn ssh(cluster: &Cluster, flags: &Ssh) -> Result<u8, CliError> {
    let (pair, version) = interruptible(async {
        let pair = pair(cluster, &flags.name, flags.which).await?;
        Ok((pair, version::version().await))
    })
    .await?;
    version::check(version, pair.public_key().algorithm())?;
    let agent = started(pair)?;
    let socket = agent.socket();
    let mut command = Command::new("ssh");
    if version::names_agents(version) {
        command.args(["-o", &format!("IdentityAgent={}", word(&socket)?)]);
    } else {
        command.env("SSH_AUTH_SOCK", &socket);
    }
    command
        .args(OPTIONS)
        .arg("-i")
        .arg(agent.public_key())
        .arg(&flags.host)
        .args(&flags.arguments);
    child::run(command, "ssh").await
}

/// Runs a command that finds the agent where programs look for one. Returns the exit code of the command.
pub(in crate::cli) async fn agent(cluster: &Cluster, flags: &AgentFlags) -> Result<u8, CliError> {
    let Some((program, arguments)) = flags.command.split_first() else {
        return Err(CliError::NotNow("name a command after --".to_owned()));
    };
    let pair = interruptible(pair(cluster, &flags.name, flags.which)).await?;
    let agent = started(pair)?;
    let mut command = Command::new(program);
    command.args(arguments).env("SSH_AUTH_SOCK", agent.socket());
    child::run(command, &program.to_string_lossy()).await
}

async fn pair(cluster: &Cluster, name: &str, which: Which) -> Result<KeyPair, CliError> {
    let found = cluster.get(name).await?;
    private_key::pair(cluster, &found, which.previous).await
}

/// Until the other program runs, Ctrl-C is this one's.
async fn interruptible<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    tokio::select! {
        ended = work => ended,
        () = interrupted() => Err(CliError::Interrupted),
    }
}

/// An agent with the key.
fn started(pair: KeyPair) -> Result<Agent, CliError> {
    Agent::start(pair).map_err(|cause| CliError::File {
        doing: "listen in",
        path: std::env::temp_dir(),
        cause,
    })
}

/// ssh takes the key from our agent alone, and passes no agent on. Everything else is as the caller's configuration has it,
/// the check of host keys too. These options are as old as OpenSSH 3.9.
const OPTIONS: [&str; 4] = ["-o", "IdentitiesOnly=yes", "-o", "ForwardAgent=no"];

/// A path that ssh's configuration reads as it stands.
fn word(path: &Path) -> Result<String, CliError> {
    let text = path.to_str().unwrap_or_default();
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._-+".contains(char);
    if !text.is_empty() && text.chars().all(is_plain) {
        return Ok(text.to_owned());
    }
    let folder = path.parent().and_then(Path::parent).map(PathBuf::from);
    Err(CliError::NotNow(format!(
        "ssh can't be told of a socket in {}: set TMPDIR to a folder whose path has letters, digits, / . _ - and + only",
        folder.unwrap_or_default().display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_ssh_would_read_otherwise_is_refused() {
        assert!(word(Path::new("/tmp/kubectl-sshkey-a1/agent.sock")).is_ok());
        for path in ["/a b/c/s", "/a%h/c/s", "/${HOME}/c/s", "/a\"/c/s"] {
            let error = word(Path::new(path)).unwrap_err();
            assert!(error.line().contains("TMPDIR"), "{error}");
        }
    }
}
