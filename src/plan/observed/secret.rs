//! The managed Secret, as it was read.

use jiff::Timestamp;

use crate::{
    keys::{Fingerprint, PublicKey},
    plan::observed::durability::Durability,
};

/// The Secret, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretView {
    /// There is none of that name.
    Absent,
    /// There is one.
    Present(Box<SecretFacts>),
}

/// What a Secret says.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about one Secret, and none follows from another"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFacts {
    /// Its UID, for deleting this one and no other.
    pub uid: String,
    /// Its version, for changing what was read and nothing newer.
    pub resource_version: String,
    /// Whether it carries the labels by which the operator finds it.
    pub labelled: bool,
    /// Name of the `SshKey` that it says it belongs to.
    pub owner_name: Option<String>,
    /// UID of the `SshKey` that it says it belongs to.
    pub owner_uid: Option<String>,
    /// Namespace of the `SshKey` that it says it belongs to; none on one that was written before that was recorded.
    pub owner_namespace: Option<String>,
    /// Whether it is of the type of a managed Secret, with a managed Secret's entries and no other.
    pub is_well_formed: bool,
    /// Whether somebody who may write it says on it that this object may adopt it.
    pub may_be_adopted: bool,
    /// The recorded fingerprint.
    pub recorded: Option<Fingerprint>,
    /// How often the key was changed on purpose, from 1.
    pub revision: u32,
    /// When the key was made; `None` when that is not recorded any more.
    pub created_at: Option<Timestamp>,
    /// The request for a rotation that was acted upon last.
    pub request: Option<String>,
    /// The private key that it holds.
    pub key: SecretKey,
    /// Whether its public entry is the line that belongs to the private key.
    pub public_entry_matches: bool,
    /// Whether its private entry is a file that OpenSSH reads: one block with LF line ends, the last one included, and
    /// nothing beside it.
    pub private_entry_is_a_file: bool,
    /// Whether what is written into it stays.
    pub durability: Durability,
}

/// The private key of a Secret, of which only the public half is let out of the room that read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretKey {
    /// The entry does not exist or is empty.
    Missing,
    /// The entry is no private key that can be read; why, without a word of its content.
    Unreadable(String),
    /// A key pair.
    Readable(PublicKey),
}

/// A longer record is not the operator's.
const LONGEST_RECORD: usize = 256;

impl SecretFacts {
    /// Whether its records are no longer than the operator writes them: who may write a Secret may write a quarter of a MiB
    /// there.
    pub fn is_short(&self) -> bool {
        let records = [
            &self.owner_name,
            &self.owner_uid,
            &self.owner_namespace,
            &self.request,
        ];
        let mut records = records.into_iter().flatten();
        records.all(|record| record.len() <= LONGEST_RECORD)
    }
}

impl SecretView {
    /// What the Secret says, if there is one.
    pub fn facts(&self) -> Option<&SecretFacts> {
        match self {
            Self::Present(facts) => Some(facts),
            Self::Absent => None,
        }
    }

    /// When the key came into the Secret, if it is the Secret of the object with this UID: another object's says nothing of
    /// its key.
    pub fn key_since(&self, uid: &str) -> Option<Timestamp> {
        let facts = self.facts()?;
        facts
            .created_at
            .filter(|_| facts.owner_uid.as_deref() == Some(uid))
    }
}

impl SecretKey {
    /// The key pair's public half, when there is a pair to be read.
    pub fn readable(&self) -> Option<&PublicKey> {
        match self {
            Self::Readable(key) => Some(key),
            Self::Missing | Self::Unreadable(_) => None,
        }
    }
}
