//! Which store is meant, of all stores of the cluster.

use std::fmt::Debug;

use crate::api::{StoreKey, StoreKind};

/// A store of all that there are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::controller) struct StoreId {
    /// Its namespace; none for one of the cluster.
    pub(in crate::controller) namespace: Option<String>,
    pub(in crate::controller) key: StoreKey,
}

impl StoreId {
    /// The store that an object of a namespace means by this name.
    pub(in crate::controller) fn seen_from(namespace: &str, key: &StoreKey) -> Self {
        let namespace = match key.kind {
            StoreKind::AzureStore => Some(namespace.to_owned()),
            StoreKind::ClusterAzureStore => None,
        };
        Self {
            namespace,
            key: key.clone(),
        }
    }
}
