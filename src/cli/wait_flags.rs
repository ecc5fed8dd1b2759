//! Flags of `wait`.

// These comments are what --help prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::times::duration;

/// What is waited for.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kubectl sshkey wait -l team=a --for ready --timeout 10m")]
pub(super) struct Wait {
    /// Names of SshKeys; when absent, each of the namespace
    pub(super) names: Vec<String>,
    /// Those with these labels, such as team=a
    #[arg(short = 'l', long, value_name = "LABELS", conflicts_with = "names")]
    pub(super) selector: Option<String>,
    /// What they are waited for
    #[arg(long = "for", value_enum, ignore_case = true, value_name = "OUTCOME")]
    pub(super) outcome: Outcome,
    /// How long to wait at most, such as 90s or 5m
    #[arg(long, default_value = "5m", value_parser = duration, value_name = "TIME")]
    pub(super) timeout: Duration,
}

/// What objects are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Outcome {
    /// Everything is as the spec asks
    Ready,
    /// The rotation that was asked for is done, or its key waits for its time or for a person
    Rotated,
    /// The object is gone
    Deleted,
}

impl Outcome {
    /// The word for it in a sentence.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Rotated => "rotated",
            Self::Deleted => "deleted",
        }
    }
}
