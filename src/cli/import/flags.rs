//! Flags of `import`.

// These comments are what --help prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use std::path::PathBuf;

use clap::Args;

use crate::api::{StoreKey, StoreKind, is_object_name};

/// What is read, and where the manifests go.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  az sshkey list --resource-group ssh -o json | kubectl sshkey import --store default --to keys/"
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

fn store(text: &str) -> Result<StoreKey, String> {
    let (kind, name) = text.split_once('/').unwrap_or(("AzureStore", text));
    let kinds = [StoreKind::AzureStore, StoreKind::ClusterAzureStore];
    let kind = kinds
        .into_iter()
        .find(|known| known.as_str().eq_ignore_ascii_case(kind));
    match kind {
        Some(kind) if is_object_name(name) => Ok(StoreKey::new(kind, name.to_owned())),
        _ => Err("write NAME for an AzureStore, or ClusterAzureStore/NAME".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_one_of_the_namespace_unless_its_kind_is_given() {
        assert_eq!(store("a").unwrap().kind, StoreKind::AzureStore);
        let shared = store("clusterazurestore/b").unwrap();
        assert_eq!(
            (shared.kind, shared.name.as_str()),
            (StoreKind::ClusterAzureStore, "b")
        );
        for wrong in ["", "a/b/c", "Secret/a", "A"] {
            assert!(store(wrong).is_err(), "{wrong}");
        }
    }
}
