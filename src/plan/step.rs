//! The steps: each is one request, or one attempt that ends in one.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{AzureRecord, Shape};
use crate::{
    api::{ArmId, OutputRef, StoreKey},
    keys::{Comment, Fingerprint, KeySpec, PublicKey},
};

/// One change to the world. Its name is the event's reason, the metric's label and the line that a plan prints.
#[derive(Clone, Debug, PartialEq, strum::IntoStaticStr)]
pub enum Step {
    /// Patch the `SshKey`: our finalizer, and these records of Azure and of outputs.
    Record {
        /// All records of Azure from now on.
        records: Vec<AzureRecord>,
        /// All records of outputs from now on.
        outputs: Vec<OutputRef>,
    },
    /// Hold a store for a key that is about to be in Azure through it.
    HoldStore {
        /// Which.
        store: StoreKey,
        /// This one and no other.
        uid: String,
    },
    /// Generate a key pair and create the Secret with it, if none of that name exists.
    CreateSecret {
        /// Name of the Secret.
        name: String,
        /// What to generate.
        key: KeySpec,
        /// Comment of the public key.
        comment: Comment,
        /// When it was decided.
        now: Timestamp,
    },
    /// Create the Secret with a copy of the key that the user gives, if none of that name exists.
    ImportKey {
        /// Name of the Secret.
        name: String,
        /// The key's public half, as it was looked at.
        public_key: PublicKey,
        /// When it was decided.
        now: Timestamp,
    },
    /// Put the key that the user gives now into our Secret, in the place of the one that was given before.
    ReplaceKey {
        /// The Secret as it was looked at, with the key that it shall hold.
        secret: SecretRecord,
        /// How often the key was changed on purpose then.
        revision: u32,
        /// When it was decided.
        now: Timestamp,
    },
    /// Take over a Secret, as the spec allows, with the key that it holds.
    AdoptSecret {
        /// The Secret as it was looked at.
        secret: SecretRecord,
        /// When it was decided.
        now: Timestamp,
    },
    /// Put back labels, records and the public entry of our Secret. The private key is not touched.
    RepairSecret {
        /// The Secret as it was looked at.
        secret: SecretRecord,
    },
    /// Create an output, if no object of that name exists.
    CreateOutput {
        /// Which object.
        object: OutputRef,
        /// What it shall hold.
        shape: Shape,
        /// The key, as it was looked at; `None` in the preview of a plan that has yet to make it.
        public_key: Option<PublicKey>,
    },
    /// Put our output in order.
    UpdateOutput {
        /// Which object.
        object: OutputRef,
        /// What it shall hold.
        shape: Shape,
        /// This one and no other.
        uid: String,
        /// The version that was looked at: a change since then refuses the patch.
        resource_version: String,
        /// Data keys to take out.
        superfluous: Vec<String>,
        /// The key, as it was looked at; `None` in the preview of a plan that has yet to make it.
        public_key: Option<PublicKey>,
    },
    /// Delete our output.
    DeleteOutput {
        /// Which object.
        object: OutputRef,
        /// This one and no other.
        uid: String,
    },
    /// Create the resource group.
    CreateResourceGroup {
        /// A key's place in it.
        id: ArmId,
        /// The location to create it in.
        location: String,
    },
    /// Create the public key in Azure.
    PublishKey {
        /// Where.
        id: ArmId,
        /// The location to create it in.
        location: String,
        /// All its tags, the operator's own among them.
        tags: BTreeMap<String, String>,
        /// The key that the Secret holds; `None` in the preview of a plan that has yet to make it.
        public_key: Option<PublicKey>,
    },
    /// Change the public key or the tags of our key in Azure.
    UpdateAzureKey {
        /// Where.
        id: ArmId,
        /// The key to put back, when it differs.
        public_key: Option<PublicKey>,
        /// All tags from now on, when they differ.
        tags: Option<BTreeMap<String, String>>,
    },
    /// Delete our key in Azure.
    DeleteAzureKey {
        /// Where.
        id: ArmId,
    },
    /// Delete our Secret.
    DeleteSecret {
        /// Name of the Secret.
        name: String,
        /// This one and no other.
        uid: String,
    },
    /// Let the `SshKey` go.
    RemoveFinalizer {
        /// What is left behind in Azure because nothing could reach it any more.
        orphans: Vec<ArmId>,
    },
}

/// A Secret at a version, and what to record on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRecord {
    /// Its name.
    pub name: String,
    /// The version that was looked at: a change since then refuses the patch.
    pub resource_version: String,
    /// The fingerprint of the key that it holds, or shall hold.
    pub fingerprint: Fingerprint,
    /// The public half of that key.
    pub public_key: PublicKey,
}

/// Which condition a step's failure belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    /// The object's own bookkeeping.
    Object,
    /// The key pair and its Secret.
    Secret,
    /// The outputs.
    Outputs,
    /// The key in Azure.
    Azure,
}

impl Step {
    /// The step's name.
    pub fn name(&self) -> &'static str {
        self.into()
    }

    /// What the step is about.
    pub fn concern(&self) -> Concern {
        match self {
            Self::Record { .. } | Self::RemoveFinalizer { .. } => Concern::Object,
            Self::CreateSecret { .. }
            | Self::ImportKey { .. }
            | Self::ReplaceKey { .. }
            | Self::AdoptSecret { .. }
            | Self::RepairSecret { .. }
            | Self::DeleteSecret { .. } => Concern::Secret,
            Self::CreateOutput { .. } | Self::UpdateOutput { .. } | Self::DeleteOutput { .. } => {
                Concern::Outputs
            }
            Self::HoldStore { .. }
            | Self::CreateResourceGroup { .. }
            | Self::PublishKey { .. }
            | Self::UpdateAzureKey { .. }
            | Self::DeleteAzureKey { .. } => Concern::Azure,
        }
    }

    /// The place in Azure that the step writes to.
    pub fn azure_id(&self) -> Option<&ArmId> {
        match self {
            Self::CreateResourceGroup { id, .. }
            | Self::PublishKey { id, .. }
            | Self::UpdateAzureKey { id, .. }
            | Self::DeleteAzureKey { id } => Some(id),
            _ => None,
        }
    }

    /// The output that the step is about.
    pub fn output(&self) -> Option<&OutputRef> {
        match self {
            Self::CreateOutput { object, .. }
            | Self::UpdateOutput { object, .. }
            | Self::DeleteOutput { object, .. } => Some(object),
            _ => None,
        }
    }

    /// What the step does, for a person.
    pub fn describe(&self) -> String {
        match self {
            Self::Record { .. } => "record on the SshKey what may be created".to_owned(),
            Self::HoldStore { store, .. } => format!("hold {store} for the key"),
            Self::CreateOutput { object, shape, .. } => {
                format!("create {object} in the shape of {}", shape.preset)
            }
            Self::UpdateOutput { object, .. } => format!("put {object} in order"),
            Self::DeleteOutput { object, .. } => format!("delete {object}"),
            Self::CreateSecret { name, key, .. } => format!(
                "generate a key ({} {}) and create Secret {name}",
                key.algorithm(),
                key.bits()
            ),
            Self::ImportKey {
                name, public_key, ..
            } => format!(
                "create Secret {name} with the imported key {}",
                public_key.fingerprint()
            ),
            Self::ReplaceKey { secret, .. } => format!(
                "put the imported key {} into Secret {}",
                secret.fingerprint, secret.name
            ),
            Self::AdoptSecret { secret, .. } => format!(
                "adopt Secret {} with its key {}",
                secret.name, secret.fingerprint
            ),
            Self::RepairSecret { secret } => format!(
                "put back the records and the public key of Secret {}",
                secret.name
            ),
            Self::CreateResourceGroup { id, location } => {
                format!("create resource group {} in {location}", id.resource_group)
            }
            Self::PublishKey { id, .. } => format!("create {id}"),
            Self::UpdateAzureKey {
                id,
                public_key,
                tags,
            } => {
                let what = match (public_key, tags) {
                    (Some(_), Some(_)) => "the key and the tags",
                    (Some(_), None) => "the key",
                    _ => "the tags",
                };
                format!("update {what} of {id}")
            }
            Self::DeleteAzureKey { id } => format!("delete {id}"),
            Self::DeleteSecret { name, .. } => format!("delete Secret {name}"),
            Self::RemoveFinalizer { .. } => "let the SshKey go".to_owned(),
        }
    }
}
