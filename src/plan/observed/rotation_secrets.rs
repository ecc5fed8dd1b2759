//! The Secrets beside the managed one, as a live read found them: the next key during a rotation, and former keys.

use jiff::Timestamp;

use crate::{
    keys::{Fingerprint, PublicKey},
    plan::{
        observed::{durability::Durability, secret::SecretKey},
        records::former_key::FormerKey,
    },
};

/// What is beside the managed Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationSecrets {
    /// Nothing says that there is anything, and they were not read: good enough while nothing is to be done.
    Unread,
    /// They were read.
    Read {
        /// The Secret of the next key.
        staged: RotationSecret<StagedFacts>,
        /// The Secret of former keys.
        previous: RotationSecret<PreviousFacts>,
    },
}

/// A Secret beside the managed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationSecret<T> {
    /// There is none of that name.
    Absent,
    /// It is another object's: the `SshKey` that it says it belongs to, if it says so.
    Foreign(Option<String>),
    /// It is this object's.
    Ours(Box<T>),
}

impl<T> RotationSecret<T> {
    /// What it says, if it is this object's.
    pub fn ours(&self) -> Option<&T> {
        match self {
            Self::Ours(facts) => Some(facts),
            Self::Absent | Self::Foreign(_) => None,
        }
    }
}

/// The Secret of the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedFacts {
    /// Its UID, for deleting this one and no other.
    pub uid: String,
    /// Its version, for changing what was read and nothing newer.
    pub resource_version: String,
    /// Whether it says that it belongs to this very object, and not to one that had its name before.
    pub is_exact: bool,
    /// How often the key will have been changed with it; `None` when that is not recorded any more.
    pub revision: Option<u32>,
    /// The request that it was made for.
    pub request: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Since when it is published wherever it is wanted.
    pub pending_since: Option<Timestamp>,
    /// The key.
    pub key: SecretKey,
    /// Whether what is written into it stays.
    pub durability: Durability,
}

/// The Secret of former keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousFacts {
    /// Its UID, for deleting this one and no other.
    pub uid: String,
    /// Its version, for changing what was read and nothing newer.
    pub resource_version: String,
    /// The keys that it holds, the newest first.
    pub keys: Vec<FormerKey>,
    /// Whether it says that it belongs to this very object, and not to one that had its name before.
    pub is_exact: bool,
    /// Whether it holds what can't be read: somebody may still mend that, so the Secret stays.
    pub is_damaged: bool,
    /// Whether what is written into it stays.
    pub durability: Durability,
}

impl RotationSecrets {
    /// The Secret of the next key, if it is there and this object's.
    pub fn staged(&self) -> Option<&StagedFacts> {
        match self {
            Self::Read { staged, .. } => staged.ours(),
            Self::Unread => None,
        }
    }

    /// The Secret of former keys, if it is there and this object's.
    pub fn previous(&self) -> Option<&PreviousFacts> {
        match self {
            Self::Read { previous, .. } => previous.ours(),
            Self::Unread => None,
        }
    }

    /// The next key, if it can be read.
    pub fn staged_key(&self) -> Option<&PublicKey> {
        self.staged()?.key.readable()
    }

    /// All keys in the Secret of former keys, the newest first, vouched for or not.
    pub fn former_keys(&self) -> &[FormerKey] {
        self.previous().map_or(&[], |facts| &facts.keys)
    }

    /// Whether a former key is kept.
    pub fn keeps(&self, key: &PublicKey) -> bool {
        self.former_keys()
            .iter()
            .any(|former| former.public_key == *key)
    }

    /// Whether one of the keys that are kept beside the current one has this fingerprint.
    pub fn knows(&self, fingerprint: &Fingerprint) -> bool {
        let former = self.former_keys().iter().map(|former| &former.public_key);
        former
            .chain(self.staged_key())
            .any(|key| key.fingerprint() == *fingerprint)
    }
}
