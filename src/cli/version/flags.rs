//! Flags of `version`.

// These comments are what --help prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use clap::{Args, ValueEnum};

/// What is printed, and how.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kubectl sshkey version")]
pub(in crate::cli) struct Version {
    /// The version of this program alone, without a cluster
    #[arg(long)]
    pub(super) client: bool,
    /// How to print them; when absent, as a table
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub(super) output: Option<VersionFormat>,
}

/// How versions are printed for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum VersionFormat {
    /// As JSON
    Json,
    /// As YAML
    Yaml,
}
