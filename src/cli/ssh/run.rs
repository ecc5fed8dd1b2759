//! From the flags to a program that may use a key.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{
    agent::Agent,
    child,
    flags::{Agent as AgentFlags, Ssh},
};
use crate::cli::{
    cluster::Cluster, error::CliError, interrupt::interrupted, private_key, which::Which,
};

/// Logs in to a machine. Returns the exit code of ssh.
pub(in crate::cli) async fn ssh(cluster: &Cluster, flags: &Ssh) -> Result<u8, CliError> {
    let agent = started(cluster, &flags.name, flags.which).await?;
    let mut command = Command::new("ssh");
    command
        .args(options(&agent.socket())?)
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
    let agent = started(cluster, &flags.name, flags.which).await?;
    let mut command = Command::new(program);
    command.args(arguments).env("SSH_AUTH_SOCK", agent.socket());
    child::run(command, &program.to_string_lossy()).await
}

/// An agent with the key.
async fn started(cluster: &Cluster, name: &str, which: Which) -> Result<Agent, CliError> {
    let pair = async {
        let found = cluster.get(name).await?;
        private_key::pair(cluster, &found, which.previous).await
    };
    let pair = tokio::select! {
        pair = pair => pair?,
        () = interrupted() => return Err(CliError::Interrupted),
    };
    Agent::start(pair).map_err(|cause| CliError::File {
        doing: "listen in",
        path: std::env::temp_dir(),
        cause,
    })
}

/// ssh takes the key from this agent alone, and passes no agent on. Everything else is as the caller's configuration has it,
/// the check of host keys too.
fn options(socket: &Path) -> Result<[String; 6], CliError> {
    let socket = word(socket)?;
    let option = |option: &str| ["-o".to_owned(), option.to_owned()];
    let [[a, agent], [b, only], [c, forward]] = [
        option(&format!("IdentityAgent={socket}")),
        option("IdentitiesOnly=yes"),
        option("ForwardAgent=no"),
    ];
    Ok([a, agent, b, only, c, forward])
}

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
