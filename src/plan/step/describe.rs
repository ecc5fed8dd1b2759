//! What a step is about, and what it does in words.

use crate::{
    api::{ArmId, OutputRef},
    keys::{KeySpec, PublicKey},
    plan::step::kinds::Step,
};

/// Which condition a step's failure belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    /// The object's own bookkeeping.
    Object,
    /// The key pair and its Secret.
    Secret,
    /// Another key in the place of the current one, and the former ones.
    Rotation,
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
            Self::Record { .. } | Self::RecordPlaces { .. } | Self::RemoveFinalizer { .. } => {
                Concern::Object
            }
            Self::StageKey { .. }
            | Self::StageImportedKey { .. }
            | Self::KeepPreviousKey { .. }
            | Self::BeginDelay { .. }
            | Self::ActivateKey { .. }
            | Self::DropStagedKey { .. }
            | Self::DateFormerKeys { .. }
            | Self::RetireKeys { .. }
            | Self::DeletePreviousKeys { .. } => Concern::Rotation,
            Self::CreateSecret { .. }
            | Self::ImportKey { .. }
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

    /// The key that the step keeps among the former ones.
    pub fn kept_key(&self) -> Option<&PublicKey> {
        match self {
            Self::KeepPreviousKey { public_key, .. } => Some(public_key),
            _ => None,
        }
    }

    /// What the step generates, if it does.
    pub fn generates(&self) -> Option<KeySpec> {
        match self {
            Self::CreateSecret { key, .. } | Self::StageKey { key, .. } => Some(*key),
            _ => None,
        }
    }

    /// What the step does, for a person.
    pub fn describe(&self) -> String {
        match self {
            Self::Record { .. } => "record on the SshKey what may be created".to_owned(),
            Self::RecordPlaces { .. } => {
                "write into the status where in Azure the key is left or taken over".to_owned()
            }
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
            Self::StageKey { name, key, .. } => format!(
                "generate the next key ({} {}) and create Secret {name}",
                key.algorithm(),
                key.bits()
            ),
            Self::StageImportedKey {
                name, public_key, ..
            } => format!(
                "create Secret {name} with the imported key {} as the next one",
                public_key.fingerprint()
            ),
            Self::KeepPreviousKey {
                public_key,
                previous,
                ..
            } => format!(
                "keep the key {} in Secret {previous}",
                public_key.fingerprint()
            ),
            Self::BeginDelay { name, .. } => {
                format!("note on Secret {name} that its key is published")
            }
            Self::ActivateKey {
                name, public_key, ..
            } => format!(
                "put the next key {} into Secret {name}",
                public_key.fingerprint()
            ),
            Self::DropStagedKey { name, .. } => format!("delete Secret {name} of the next key"),
            Self::DateFormerKeys { name, .. } => {
                format!("note on Secret {name} since when its keys are former ones")
            }
            Self::RetireKeys { name, retired, .. } => {
                let retired = retired
                    .iter()
                    .map(|key| key.public_key.fingerprint().to_string());
                let retired: Vec<String> = retired.collect();
                format!(
                    "delete the former key {} in Secret {name}",
                    retired.join(", ")
                )
            }
            Self::DeletePreviousKeys { name, .. } => {
                format!("delete Secret {name} of former keys")
            }
            Self::AdoptSecret { secret, .. } => format!(
                "adopt Secret {} with its key {}",
                secret.name, secret.fingerprint
            ),
            Self::RepairSecret { secret, .. } if secret.rewrites => format!(
                "write the same private key {} into Secret {} again, as a file that OpenSSH reads",
                secret.fingerprint, secret.name
            ),
            Self::RepairSecret { secret, .. } => format!(
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
