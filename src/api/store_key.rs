//! Which store is meant: there are two kinds, and their names are apart.

// These descriptions are what `kubectl explain` prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of store, in the order in which a default is looked for.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum StoreKind {
    /// A store of the SshKey's namespace.
    #[default]
    AzureStore,
    /// A store of the cluster.
    ClusterAzureStore,
}

impl StoreKind {
    /// The kind as it stands in a manifest.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether it is the kind that is meant where none is written.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A store, as an SshKey of one namespace names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreKey {
    /// Its kind.
    pub kind: StoreKind,
    /// Its name.
    pub name: String,
}

impl StoreKey {
    /// The store of this kind and name.
    pub fn new(kind: StoreKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }
}

impl fmt::Display for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_by_its_kind_and_its_name() {
        let store = StoreKey::new(StoreKind::ClusterAzureStore, "shared");
        assert_eq!(store.to_string(), "ClusterAzureStore shared");
        assert_ne!(store, StoreKey::new(StoreKind::AzureStore, "shared"));
    }
}
