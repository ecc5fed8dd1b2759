//! The steps of a rotation: the next key, and the former ones.

use jiff::Timestamp;

use crate::{
    keys::PublicKey,
    plan::{
        records::former_key::FormerKey,
        step::new_key::{GeneratedKey, ImportedKey},
    },
};

/// One step of a rotation.
#[derive(Clone, Debug, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub enum RotationStep {
    /// Generate the next key pair and create the Secret with it beside the managed one, if none of that name exists.
    StageKey(GeneratedKey),
    /// Create the Secret with the key that the user provides now beside the managed one, if none of that name exists.
    StageImportedKey(ImportedKey),
    /// Put a private key among the former ones.
    KeepPreviousKey(KeepKey),
    /// Note on the Secret of the next key that it is published, and its time begins.
    BeginDelay {
        /// Name of the Secret.
        name: String,
        /// The version that was read.
        resource_version: String,
        /// When it was decided.
        now: Timestamp,
    },
    /// Put the next key into the managed Secret, in the place of the current one.
    ActivateKey(ActivateKey),
    /// Delete the Secret of the next key, which has taken over or is not to.
    DropStagedKey {
        /// Name of the Secret.
        name: String,
        /// This one and no other.
        uid: String,
        /// The version that was read: one that was written since is not deleted.
        resource_version: String,
    },
    /// Note since when keys are former ones.
    DateFormerKeys {
        /// Name of the Secret.
        name: String,
        /// The version that was read.
        resource_version: String,
        /// All keys that it holds.
        keys: Vec<FormerKey>,
    },
    /// Take former keys out of their Secret, and delete it with the last.
    RetireKeys(RetireKeys),
    /// Delete the Secret of former keys, with the object that they belong to.
    DeletePreviousKeys {
        /// Name of the Secret.
        name: String,
        /// This one and no other.
        uid: String,
        /// The version that was read: one that was written since is not deleted.
        resource_version: String,
    },
}

/// A private key to put among the former ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepKey {
    /// The Secret that holds it.
    pub from: KeptFrom,
    /// Name of the managed Secret.
    pub managed: String,
    /// The key, as it was read.
    pub public_key: PublicKey,
    /// Which one it is, from 1.
    pub revision: u32,
    /// Name of the Secret of former keys.
    pub previous: String,
    /// The version of that Secret that was read; `None` creates it.
    pub resource_version: Option<String>,
    /// The former keys that it holds already.
    pub kept: Vec<FormerKey>,
}

/// Where a key is that is put among the former ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptFrom {
    /// In the managed Secret: it was the current one.
    Managed,
    /// In the Secret of the next key: it is given up.
    Staging,
}

/// The next key, which takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivateKey {
    /// Name of the managed Secret.
    pub name: String,
    /// The version of it that was read; `None` creates it.
    pub resource_version: Option<String>,
    /// Name of the Secret of the next key.
    pub staging: String,
    /// The next key, as it was read.
    pub public_key: PublicKey,
    /// How often the key is changed with it.
    pub revision: u32,
    /// The request that was acted upon last.
    pub request: Option<String>,
    /// When the key was made.
    pub made: Timestamp,
}

/// Former keys whose time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetireKeys {
    /// Name of the Secret.
    pub name: String,
    /// This one and no other.
    pub uid: String,
    /// The version that was read.
    pub resource_version: String,
    /// The keys that stay.
    pub kept: Vec<FormerKey>,
    /// The keys that go.
    pub retired: Vec<FormerKey>,
    /// Whether nothing else is in it, so that the Secret goes with them.
    pub whole: bool,
}

impl RotationStep {
    /// What the step does, for a person.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::StageKey(new) => {
                let kind = new.kind();
                format!(
                    "generate the next key ({kind}) and create Secret {}",
                    new.name
                )
            }
            Self::StageImportedKey(new) => format!("{} as the next one", new.describe()),
            Self::KeepPreviousKey(keep) => format!(
                "keep the key {} in Secret {}",
                keep.public_key.fingerprint(),
                keep.previous
            ),
            Self::BeginDelay { name, .. } => {
                format!("note on Secret {name} that its key is published")
            }
            Self::ActivateKey(next) => format!(
                "put the next key {} into Secret {}",
                next.public_key.fingerprint(),
                next.name
            ),
            Self::DropStagedKey { name, .. } => format!("delete Secret {name} of the next key"),
            Self::DateFormerKeys { name, .. } => {
                format!("note on Secret {name} since when its keys are former ones")
            }
            Self::RetireKeys(RetireKeys { name, retired, .. }) => {
                let fingerprints = fingerprints(retired);
                format!("delete the former key {fingerprints} in Secret {name}")
            }
            Self::DeletePreviousKeys { name, .. } => {
                format!("delete Secret {name} of former keys")
            }
        }
    }

    /// Takes out when the step was decided, and upon which version.
    pub(crate) fn forget_when(&mut self) {
        let never = Timestamp::UNIX_EPOCH;
        match self {
            Self::StageKey(GeneratedKey { now, .. })
            | Self::StageImportedKey(ImportedKey { now, .. }) => *now = never,
            Self::BeginDelay {
                resource_version,
                now,
                ..
            } => {
                resource_version.clear();
                *now = never;
            }
            Self::KeepPreviousKey(keep) => forget(&mut keep.resource_version),
            Self::ActivateKey(next) => {
                forget(&mut next.resource_version);
                next.made = never;
            }
            Self::DateFormerKeys {
                resource_version,
                keys,
                ..
            } => {
                resource_version.clear();
                for key in keys {
                    key.retired_at = None;
                }
            }
            Self::RetireKeys(retire) => retire.resource_version.clear(),
            // These keep their UID: what was deleted once under another one is another object.
            Self::DropStagedKey {
                resource_version, ..
            }
            | Self::DeletePreviousKeys {
                resource_version, ..
            } => resource_version.clear(),
        }
    }
}

/// A version that was read differs from none at all, which creates.
fn forget(version: &mut Option<String>) {
    if let Some(version) = version {
        version.clear();
    }
}

fn fingerprints(keys: &[FormerKey]) -> String {
    let fingerprints = keys
        .iter()
        .map(|key| key.public_key.fingerprint().to_string());
    fingerprints.collect::<Vec<String>>().join(", ")
}
