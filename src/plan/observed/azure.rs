//! The places in Azure, and how what is known of them is known.

use std::collections::BTreeMap;

use crate::{keys::PublicKey, plan::failure::Failure};

/// One place in Azure.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyView {
    /// It could not be read.
    Unknown(Failure),
    /// There is no key.
    Absent {
        /// What is known of the resource group.
        group: Group,
        /// How that is known.
        freshness: Freshness,
    },
    /// There is a key.
    Present {
        /// What is there.
        key: AzureKey,
        /// How that is known.
        freshness: Freshness,
    },
}

/// Whether a resource group exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// It does.
    Exists,
    /// It does not.
    Missing,
}

/// How something is known of Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Freshness {
    /// From a list, which may lag behind: good enough to see that nothing differs, not to write upon.
    Listed,
    /// From a read of this very resource, just now.
    Live,
    /// From the answer to a write of ours that no list has confirmed yet.
    Written,
}

/// A public key as Azure holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureKey {
    /// The location it is stored in, in Azure's spelling.
    pub location: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The key, or why its text is none.
    pub public_key: Result<PublicKey, String>,
}
