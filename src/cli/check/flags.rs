//! Flags of `check`.

// These comments are what --help prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use std::time::Duration;

use clap::Args;

use crate::cli::times::duration;

/// How it is checked.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kubectl sshkey check -n team-a")]
pub(in crate::cli) struct Check {
    /// How long the operator may take to answer, such as 30s or 1m
    #[arg(long, default_value = "30s", value_parser = duration, value_name = "TIME")]
    pub(super) timeout: Duration,
}
