//! The steps on the key in Azure, and on the store through which it is published.

use std::collections::BTreeMap;

use crate::{
    api::{ArmId, StoreKey},
    keys::PublicKey,
};

/// A change in Azure, or of the store through which the key is published.
#[derive(Clone, Debug, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub enum AzureStep {
    /// Hold a store for a key that is about to be in Azure through it.
    HoldStore {
        /// The store.
        store: StoreKey,
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
    PublishKey(PublishKey),
    /// Change the public key or the tags of our key in Azure.
    UpdateAzureKey(UpdateAzureKey),
    /// Delete our key in Azure.
    DeleteAzureKey {
        /// Its place.
        id: ArmId,
    },
}

/// A public key to create in Azure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishKey {
    /// Its place.
    pub id: ArmId,
    /// The location to create it in.
    pub location: String,
    /// All its tags, the operator's own among them.
    pub tags: BTreeMap<String, String>,
    /// The key that the Secret holds.
    pub public_key: PublicKey,
}

/// What differs of our key in Azure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateAzureKey {
    /// Its place.
    pub id: ArmId,
    /// The key to put back, when it differs.
    pub public_key: Option<PublicKey>,
    /// All tags from now on, when they differ.
    pub tags: Option<BTreeMap<String, String>>,
}

impl AzureStep {
    /// The place in Azure that the step writes to; `None` for one that writes to the cluster.
    pub(crate) fn id(&self) -> Option<&ArmId> {
        match self {
            Self::HoldStore { .. } => None,
            Self::CreateResourceGroup { id, .. } | Self::DeleteAzureKey { id } => Some(id),
            Self::PublishKey(publish) => Some(&publish.id),
            Self::UpdateAzureKey(update) => Some(&update.id),
        }
    }

    /// What the step does, for a person.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::HoldStore { store, .. } => format!("hold {store} for the key"),
            Self::CreateResourceGroup { id, location } => {
                format!("create resource group {} in {location}", id.resource_group)
            }
            Self::PublishKey(publish) => publication(&publish.id),
            Self::UpdateAzureKey(update) => format!("update {} of {}", update.what(), update.id),
            Self::DeleteAzureKey { id } => format!("delete {id}"),
        }
    }
}

impl UpdateAzureKey {
    /// What of the key is written again.
    fn what(&self) -> &'static str {
        match (&self.public_key, &self.tags) {
            (Some(_), Some(_)) => "the key and the tags",
            (Some(_), None) => "the key",
            (None, _) => "the tags",
        }
    }
}

/// The creation of a key in Azure, for a person.
pub(crate) fn publication(id: &ArmId) -> String {
    format!("create {id}")
}
