//! The steps that change the managed Secret.

use jiff::Timestamp;

use crate::{
    keys::{Fingerprint, PublicKey},
    plan::step::new_key::{GeneratedKey, ImportedKey},
};

/// A change to the managed Secret.
#[derive(Clone, Debug, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub enum SecretStep {
    /// Generate a key pair and create the Secret with it, if none of that name exists.
    CreateSecret(GeneratedKey),
    /// Create the Secret with a copy of the key that the user provides, if none of that name exists.
    ImportKey(ImportedKey),
    /// Take over a Secret, as the spec allows, with the key that it holds.
    AdoptSecret {
        /// The Secret as it was read.
        secret: SecretRecord,
        /// When it was decided.
        now: Timestamp,
    },
    /// Put back labels, records and the public entry of our Secret, and the private entry where it is no file that OpenSSH
    /// reads. The key stays the same.
    RepairSecret {
        /// The Secret as it was read.
        secret: SecretRecord,
        /// The number of the key and its time, where the Secret no longer says so.
        recorded_as: Option<(u32, Timestamp)>,
    },
    /// Delete our Secret.
    DeleteSecret {
        /// Name of the Secret.
        name: String,
        /// This one and no other.
        uid: String,
        /// The version that was read: one that was written since is not deleted.
        resource_version: String,
    },
}

/// A Secret at a version, and what to record on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRecord {
    /// Its name.
    pub name: String,
    /// The version that was read: a change since then refuses the patch.
    pub resource_version: String,
    /// The fingerprint of the key that it holds, or will hold.
    pub fingerprint: Fingerprint,
    /// The public half of that key.
    pub public_key: PublicKey,
    /// Whether the private entry is written again, with the same key: as it is, OpenSSH may not read the file.
    pub rewrites: bool,
}

impl SecretStep {
    /// What the step does, for a person.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::CreateSecret(new) => {
                format!(
                    "generate a key ({}) and create Secret {}",
                    new.kind(),
                    new.name
                )
            }
            Self::ImportKey(new) => new.describe(),
            Self::AdoptSecret { secret, .. } => format!(
                "adopt Secret {} with its key {}",
                secret.name, secret.fingerprint
            ),
            Self::RepairSecret { secret, .. } => secret.describe_repair(),
            Self::DeleteSecret { name, .. } => format!("delete Secret {name}"),
        }
    }

    /// Takes out when the step was decided, and upon which version.
    pub(crate) fn forget_when(&mut self) {
        let never = Timestamp::UNIX_EPOCH;
        match self {
            Self::CreateSecret(GeneratedKey { now, .. })
            | Self::ImportKey(ImportedKey { now, .. }) => *now = never,
            Self::AdoptSecret { secret, now } => {
                secret.resource_version.clear();
                *now = never;
            }
            Self::RepairSecret {
                secret,
                recorded_as,
            } => {
                secret.resource_version.clear();
                if let Some((_, now)) = recorded_as {
                    *now = never;
                }
            }
            // It keeps its UID: what was deleted under another one is another object.
            Self::DeleteSecret {
                resource_version, ..
            } => resource_version.clear(),
        }
    }
}

impl SecretRecord {
    fn describe_repair(&self) -> String {
        let Self {
            name, fingerprint, ..
        } = self;
        if self.rewrites {
            format!(
                "write the same private key {fingerprint} into Secret {name} again, as a file that OpenSSH reads"
            )
        } else {
            format!("put back the records and the public key of Secret {name}")
        }
    }
}
