//! Flags of `plan`.

// These comments are what --help prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use std::{path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, ValueEnum};

use crate::cli::times::duration;

/// What is planned, and how.
// Each is a flag of its own on the command line.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("subject").args(["name", "filename"]).multiple(true).required(true),
    after_help = "Example:\n  kubectl sshkey plan -f keys/ --detailed-exitcode"
)]
pub(in crate::cli) struct Plan {
    /// Name of the SshKey; with --filename, the only one of the files that is planned, and alone, the one of the cluster as it is
    pub(super) name: Option<String>,
    /// A file of manifests, a folder of them, or - for standard input; can be given several times
    #[arg(short, long, value_name = "FILE")]
    pub(super) filename: Vec<PathBuf>,
    /// Reads folders in folders too
    #[arg(short = 'R', long)]
    pub(super) recursive: bool,
    /// Plans to delete the SshKeys
    #[arg(long)]
    pub(super) destroy: bool,
    /// Ends with 2 where something would change, with 0 where nothing would
    #[arg(long = "detailed-exitcode")]
    pub(super) detailed_exit_code: bool,
    /// Plans what kubectl apply --server-side would do; when absent, what kubectl apply would
    #[arg(long)]
    pub(super) server_side: bool,
    /// The field manager that would apply, as kubectl apply has it; when absent, kubectl's own
    #[arg(long, value_name = "NAME")]
    pub(super) field_manager: Option<String>,
    /// Plans what kubectl apply --server-side --force-conflicts would do
    #[arg(long, requires = "server_side")]
    pub(super) force_conflicts: bool,
    /// How long to wait while the operator gives no answer, such as 90s or 5m
    #[arg(long, default_value = "1m", value_parser = duration, value_name = "TIME")]
    pub(super) timeout: Duration,
    /// How to print the plan; when absent, for people
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub(super) output: Option<PlanFormat>,
}

/// How a plan is printed for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PlanFormat {
    /// As JSON, for a check of a pull request
    Json,
}
