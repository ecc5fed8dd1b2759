//! What a step is about, and what it does in words.

use crate::{
    api::{ArmId, OutputRef},
    keys::{KeySpec, PublicKey},
    plan::{
        records::former_key::FormerKey,
        step::kinds::{SecretRecord, Step},
    },
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
            Self::CreateSecret { name, key, .. } => {
                format!("generate a key ({}) and create Secret {name}", kind(*key))
            }
            Self::ImportKey {
                name, public_key, ..
            } => import(name, public_key),
            Self::StageKey { name, key, .. } => {
                format!(
                    "generate the next key ({}) and create Secret {name}",
                    kind(*key)
                )
            }
            Self::StageImportedKey {
                name, public_key, ..
            } => format!("{} as the next one", import(name, public_key)),
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
                format!(
                    "delete the former key {} in Secret {name}",
                    fingerprints(retired)
                )
            }
            Self::DeletePreviousKeys { name, .. } => {
                format!("delete Secret {name} of former keys")
            }
            Self::AdoptSecret { secret, .. } => format!(
                "adopt Secret {} with its key {}",
                secret.name, secret.fingerprint
            ),
            Self::RepairSecret { secret, .. } => repair(secret),
            Self::CreateResourceGroup { id, location } => {
                format!("create resource group {} in {location}", id.resource_group)
            }
            Self::PublishKey { id, .. } => format!("create {id}"),
            Self::UpdateAzureKey {
                id,
                public_key,
                tags,
            } => format!(
                "update {} of {id}",
                changes(public_key.is_some(), tags.is_some())
            ),
            Self::DeleteAzureKey { id } => format!("delete {id}"),
            Self::DeleteSecret { name, .. } => format!("delete Secret {name}"),
            Self::RemoveFinalizer { .. } => "let the SshKey go".to_owned(),
        }
    }
}

/// Algorithm and size of a key that is generated.
fn kind(key: KeySpec) -> String {
    format!("{} {}", key.algorithm(), key.bits())
}

fn import(name: &str, key: &PublicKey) -> String {
    format!(
        "create Secret {name} with the imported key {}",
        key.fingerprint()
    )
}

fn fingerprints(keys: &[FormerKey]) -> String {
    let fingerprints = keys
        .iter()
        .map(|key| key.public_key.fingerprint().to_string());
    fingerprints.collect::<Vec<String>>().join(", ")
}

fn repair(secret: &SecretRecord) -> String {
    let SecretRecord {
        name, fingerprint, ..
    } = secret;
    if secret.rewrites {
        format!(
            "write the same private key {fingerprint} into Secret {name} again, as a file that OpenSSH reads"
        )
    } else {
        format!("put back the records and the public key of Secret {name}")
    }
}

/// What of a key in Azure is written again.
fn changes(key: bool, tags: bool) -> &'static str {
    match (key, tags) {
        (true, true) => "the key and the tags",
        (true, false) => "the key",
        (false, _) => "the tags",
    }
}
