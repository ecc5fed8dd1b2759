//! Flags of `reconcile`.

// These comments are what --help prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use std::time::Duration;

use clap::{ArgGroup, Args};

use super::{store_name::store, times::duration};
use crate::api::StoreKey;

/// What is compared.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("compared").args(["names", "selector", "all_namespaces", "store"]).multiple(true).required(true),
    after_help = "Examples:\n  kubectl sshkey reconcile web -n team-a\n  kubectl sshkey reconcile --store default -n team-a"
)]
pub(super) struct Reconcile {
    /// Names of SshKeys
    #[arg(conflicts_with_all = ["selector", "all_namespaces"])]
    pub(super) names: Vec<String>,
    /// Those with these labels, such as team=a
    #[arg(short = 'l', long, value_name = "LABELS")]
    pub(super) selector: Option<String>,
    /// Those of all namespaces
    #[arg(short = 'A', long)]
    pub(super) all_namespaces: bool,
    /// Checks a store instead, as NAME or ClusterAzureStore/NAME: by a new token, and a list of its default group
    #[arg(long, value_name = "STORE", value_parser = store, conflicts_with_all = ["names", "selector", "all_namespaces"])]
    pub(super) store: Option<StoreKey>,
    /// Does not wait for the outcome
    #[arg(long)]
    pub(super) no_wait: bool,
    /// How long to wait for the outcome at most, such as 90s or 5m
    #[arg(long, default_value = "5m", value_parser = duration, value_name = "TIME")]
    pub(super) timeout: Duration,
}
