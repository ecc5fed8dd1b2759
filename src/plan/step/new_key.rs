//! A key for a Secret that is about to be created.

use jiff::Timestamp;

use crate::keys::{Comment, KeySpec, PublicKey};

/// A key pair to generate, and the Secret to create with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedKey {
    /// Name of the Secret.
    pub name: String,
    /// What to generate.
    pub key: KeySpec,
    /// Comment of the public key.
    pub comment: Comment,
    /// How often the key will have been changed with it, from 1.
    pub revision: u32,
    /// The request for a rotation that this acts upon.
    pub request: Option<String>,
    /// When it was decided.
    pub now: Timestamp,
}

impl GeneratedKey {
    /// What is generated, for a person: algorithm and size.
    pub(crate) fn kind(&self) -> String {
        format!("{} {}", self.key.algorithm(), self.key.bits())
    }
}

/// A key pair that the user provides, and the Secret to create with a copy of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedKey {
    /// Name of the Secret.
    pub name: String,
    /// The key's public half, as it was read.
    pub public_key: PublicKey,
    /// How often the key will have been changed with it, from 1.
    pub revision: u32,
    /// When it was decided.
    pub now: Timestamp,
}

impl ImportedKey {
    /// The creation of the Secret, for a person.
    pub(crate) fn describe(&self) -> String {
        format!(
            "create Secret {} with the imported key {}",
            self.name,
            self.public_key.fingerprint()
        )
    }
}
