//! Flags of `import`.

// These comments are what --help prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use std::path::PathBuf;

use clap::Args;

use crate::{api::StoreKey, cli::store_name::store};

/// What is read, and where the manifests go.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  az sshkey list --resource-group ssh -o json | kubectl sshkey import --store default --to keys/\n  kubectl sshkey import --az --resource-group ssh --to keys/"
)]
pub(in crate::cli) struct Import {
    /// What az sshkey list -o json prints, as a file; when absent, or -, standard input
    #[arg(
        short,
        long,
        value_name = "FILE",
        default_value = "-",
        hide_default_value = true
    )]
    pub(super) filename: PathBuf,
    /// Runs az sshkey list, with your own login to Azure, instead of reading a list
    #[arg(long, conflicts_with = "filename")]
    pub(super) az: bool,
    /// The subscription that az lists, by name or ID; when absent, az's default one
    #[arg(long, value_name = "NAME", requires = "az")]
    pub(super) subscription: Option<String>,
    /// The resource group that az lists; when absent, all of the subscription
    #[arg(long, value_name = "NAME", requires = "az")]
    pub(super) resource_group: Option<String>,
    /// The store that reads the keys, as NAME or ClusterAzureStore/NAME; when absent, the default one
    #[arg(long, value_name = "STORE", value_parser = store)]
    pub(super) store: Option<StoreKey>,
    /// Writes a file for each key into this folder, and never over an existing one; when absent, all to standard output
    #[arg(long, value_name = "FOLDER", conflicts_with = "apply")]
    pub(super) to: Option<PathBuf>,
    /// Creates the SshKeys in the namespace; those that are there already stay as they are
    #[arg(long)]
    pub(super) apply: bool,
    /// A private key, or a folder of them, whose files end with .pem: the operator takes over the keys that they belong to,
    /// with the private halves in Secrets; can be given several times
    #[arg(long, value_name = "FILE", requires = "apply")]
    pub(super) private_key: Vec<PathBuf>,
}
