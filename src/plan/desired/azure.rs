//! What is wanted in Azure: at which place, and how.

use std::collections::BTreeMap;

use crate::{
    api::{
        ArmId, Reason, StoreKey,
        sshkey::{
            AzureConflictPolicy, AzureSpec, CreationPolicy, DeletionPolicy, DriftPolicy,
            ReplacePolicy,
        },
    },
    plan::{
        desired::{
            name_template::name_from_template,
            stores::{Offer, current_place},
        },
        failure::Failure,
        records::{azure::AzureRecord, ownership::Mark},
    },
};

/// What is wanted in Azure.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredAzure {
    /// The store.
    pub store: StoreKey,
    /// What the spec says of its end, if it says so.
    pub deletion_policy: Option<DeletionPolicy>,
    /// Where and how, or what stands against it.
    pub target: Result<Wanted, Failure>,
}

/// What is wanted at a place in Azure.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// Our key.
    Published(Box<Target>),
    /// Whatever key is there.
    Followed(ArmId),
}

impl Wanted {
    /// The place.
    pub fn id(&self) -> &ArmId {
        match self {
            Self::Published(target) => &target.id,
            Self::Followed(id) => id,
        }
    }

    /// How our key is wanted there, if it is.
    pub fn published(&self) -> Option<&Target> {
        match self {
            Self::Published(target) => Some(target),
            Self::Followed(_) => None,
        }
    }
}

/// A public key as it is wanted in Azure.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Its place.
    pub id: ArmId,
    /// The location to create it in.
    pub location: String,
    /// The users' tags: the store's and the object's, without the operator's own.
    pub tags: BTreeMap<String, String>,
    /// Whether the resource group may be created.
    pub group_creation: CreationPolicy,
    /// What to do about a key there that is not ours.
    pub conflict: AzureConflictPolicy,
    /// What to do when it is in another location.
    pub replace: ReplacePolicy,
    /// What to do about what others change.
    pub drift: DriftPolicy,
}

/// Where the key is in Azure.
pub(crate) fn place(
    azure: &AzureSpec,
    offer: &Offer<'_>,
    mark: &Mark,
    records: &[AzureRecord],
) -> Result<ArmId, Failure> {
    let recorded = current_place(records);
    let group = azure.resource_group.clone().unwrap_or_default();
    let default_group = offer.defaults.resource_group.clone().unwrap_or_default();
    let resource_group = group
        .name
        .or_else(|| recorded.map(|record| record.id.resource_group.clone()))
        .or(default_group.name)
        .ok_or_else(|| {
            Failure::to_fix(
                Reason::ResourceGroupRequired,
                format!("no resource group is named: write spec.azure.resourceGroup.name, or defaults.resourceGroup.name in {}", offer.store),
            )
        })?;
    let name = match (&azure.name, recorded) {
        (Some(name), _) => name.clone(),
        (None, Some(record)) => record.id.name.clone(),
        (None, None) => name_that_fits(offer, mark)?,
    };
    Ok(ArmId {
        subscription: offer.subscription.to_owned(),
        resource_group,
        name,
    })
}

pub(crate) fn target(
    azure: &AzureSpec,
    offer: &Offer<'_>,
    mark: &Mark,
    records: &[AzureRecord],
) -> Result<Target, Failure> {
    let id = place(azure, offer, mark, records)?;
    let defaults = offer.defaults.clone();
    let group = azure.resource_group.clone().unwrap_or_default();
    let default_group = defaults.resource_group.unwrap_or_default();
    let location = azure
        .location
        .clone()
        .or_else(|| current_place(records).map(|record| record.location.clone()))
        .or(defaults.location)
        .ok_or_else(|| {
            Failure::to_fix(
                Reason::LocationRequired,
                format!("no location is named: write spec.azure.location, such as westeurope, or defaults.location in {}", offer.store),
            )
        })?;
    let mut tags = defaults.tags.unwrap_or_default();
    for (key, value) in azure.tags.iter().flatten() {
        tags.retain(|default, _| !default.eq_ignore_ascii_case(key));
        tags.insert(key.clone(), value.clone());
    }
    if tags.len() > USER_TAGS_MAX {
        return Err(Failure::to_fix(
            Reason::TooManyTags,
            format!(
                "the store's tags and the key's are {} together and Azure takes {USER_TAGS_MAX} beside the operator's own: take some out of spec.azure.tags, or of defaults.tags in {}",
                tags.len(),
                offer.store
            ),
        ));
    }
    // A store's policy is about its own group: a name that is mistyped must not create another one.
    let default_name = default_group.name.unwrap_or_default();
    let is_default = default_name.eq_ignore_ascii_case(&id.resource_group);
    let of_store = default_group.creation_policy.filter(|_| is_default);
    Ok(Target {
        id,
        location,
        tags,
        group_creation: group.creation_policy.or(of_store).unwrap_or_default(),
        conflict: azure.conflict_policy.unwrap_or_default(),
        replace: azure.replace_policy.unwrap_or_default(),
        drift: azure.drift_policy.unwrap_or_default(),
    })
}

/// A resource may have 50 tags, of which five are the operator's.
/// <https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources>
const USER_TAGS_MAX: usize = 45;

/// A key's name in Azure may have 128 characters: the rule of the clients, since the service publishes none.
/// <https://github.com/hashicorp/terraform-provider-azurerm>, `ssh_public_key_resource.go`
const AZURE_NAME_MAX: usize = 128;

fn name_that_fits(offer: &Offer<'_>, mark: &Mark) -> Result<String, Failure> {
    let name = name_from_template(offer.name_template, mark);
    if name.len() > AZURE_NAME_MAX {
        return Err(Failure::to_fix(
            Reason::AzureNameInvalid,
            format!(
                "the nameTemplate of {} makes a name of {} characters and Azure takes {AZURE_NAME_MAX}: create this SshKey again with a shorter name, or write one in spec.azure.name where the store lets keys be named so",
                offer.store,
                name.len()
            ),
        ));
    }
    Ok(name)
}
