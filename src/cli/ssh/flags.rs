//! Flags of `ssh` and `agent`.

// These comments are what --help prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use std::ffi::OsString;

use clap::Args;

use crate::cli::which::Which;

/// Flags of `ssh`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kubectl sshkey ssh web azureuser@203.0.113.7 -- -p 2222 uptime"
)]
pub(in crate::cli) struct Ssh {
    /// Name of the SshKey
    pub(super) name: String,
    /// The machine, as ssh takes it: [user@]host
    pub(super) host: String,
    #[command(flatten)]
    pub(super) which: Which,
    /// What ssh takes after the host: its own options, and a command for the machine
    #[arg(last = true, value_name = "ARGS")]
    pub(super) arguments: Vec<OsString>,
}

/// Flags of `agent`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kubectl sshkey agent web -- ansible-playbook --inventory hosts.yaml play.yaml"
)]
pub(in crate::cli) struct Agent {
    /// Name of the SshKey
    pub(super) name: String,
    #[command(flatten)]
    pub(super) which: Which,
    /// The command that may use the key while it runs
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}
