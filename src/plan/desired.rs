//! What is wanted: the spec with everything filled in that it leaves to its store, to records and to defaults.

use std::collections::BTreeMap;

use super::{
    AzureRecord, DesiredOutput, Failure, KeyWish, Mark, RotationPolicy, shape,
    stores::{self, Offer, StoreFact},
    tenants,
};
use crate::{
    api::{
        ArmId, Reason, SshKeySpec, StoreKey,
        source::Source,
        sshkey::{
            AzureConflictPolicy, AzureSpec, CreationPolicy, DeletionPolicy, DriftPolicy,
            RecoveryPolicy, ReplacePolicy, SecretConflictPolicy,
        },
    },
    keys::Comment,
};

/// Everything that one `SshKey` asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// Where the key comes from.
    pub source: KeySource,
    /// The outputs, in the order of the spec.
    pub outputs: Vec<DesiredOutput>,
    /// How the key is rotated.
    pub rotation: RotationPolicy,
    /// What is wanted in Azure, if anything.
    pub azure: Option<DesiredAzure>,
    /// How every store that the object names or records stands.
    pub stores: BTreeMap<StoreKey, StoreFact>,
    /// Whose this object's things in Azure are.
    pub mark: Mark,
    /// Whether to decide without acting.
    pub suspended: bool,
    /// Whether a deletion must not go on.
    pub protected: bool,
}

/// Where the key comes from, and where its private half is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum KeySource {
    /// It is generated and kept in the managed Secret.
    Generated {
        /// What to generate, if it has to be.
        wish: KeyWish,
        /// The comment of its public half.
        comment: Comment,
        /// The managed Secret.
        custody: Custody,
    },
    /// It is in a Secret of the user's.
    Imported {
        /// Name of that Secret.
        secret: String,
        /// The managed Secret that holds a copy, if one is asked for.
        custody: Option<Custody>,
    },
    /// Its public half is all that there is.
    Uploaded,
    /// It is in Azure already, and is never written.
    Followed,
}

/// The managed Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    /// Its name.
    pub name: String,
    /// What to do about a Secret that is not ours.
    pub conflict: SecretConflictPolicy,
    /// What becomes of it in the end.
    pub deletion: DeletionPolicy,
    /// What to do when the key in it is lost.
    pub recovery: RecoveryPolicy,
}

impl KeySource {
    /// The managed Secret, if there shall be one.
    pub fn custody(&self) -> Option<&Custody> {
        match self {
            Self::Generated { custody, .. } => Some(custody),
            Self::Imported { custody, .. } => custody.as_ref(),
            Self::Uploaded | Self::Followed => None,
        }
    }

    /// Name of the Secret that holds the private half, if any does.
    pub fn private_secret(&self) -> Option<&str> {
        match self {
            Self::Imported {
                secret,
                custody: None,
            } => Some(secret),
            _ => self.custody().map(|custody| custody.name.as_str()),
        }
    }
}

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

    /// How our key shall be there, if it shall.
    pub fn published(&self) -> Option<&Target> {
        match self {
            Self::Published(target) => Some(target),
            Self::Followed(_) => None,
        }
    }
}

/// A public key as it shall be in Azure.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Where.
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

/// Fills in what the spec leaves open: what the object says goes first, then what it recorded when it was published,
/// then the store's defaults.
///
/// # Errors
/// A message when the spec asks for what the schema does not allow.
pub fn resolve(
    spec: &SshKeySpec,
    mark: Mark,
    records: &[AzureRecord],
    stores: BTreeMap<StoreKey, StoreFact>,
) -> Result<Desired, String> {
    let source = key_source(spec, &mark)?;
    Ok(Desired {
        azure: spec.azure.as_ref().map(|azure| {
            let store = stores::meant(azure, records, &stores);
            let target = stores::offer(&store, &stores, &mark)
                .and_then(|offer| wanted(&source, azure, &offer, &mark, records));
            DesiredAzure {
                store,
                deletion_policy: azure.deletion_policy,
                target,
            }
        }),
        outputs: shape::outputs(spec, &mark.object),
        rotation: RotationPolicy::of(spec.rotation.as_ref())?,
        source,
        stores,
        mark,
        suspended: spec.suspend,
        protected: spec.deletion_protection,
    })
}

fn key_source(spec: &SshKeySpec, mark: &Mark) -> Result<KeySource, String> {
    let source = spec.source.clone().unwrap_or_default();
    if let Some(private) = source.private_key {
        let custody = spec.secret.as_ref().map(|_| custody(spec, &mark.object));
        return Ok(KeySource::Imported {
            secret: private.secret_ref.name,
            custody,
        });
    }
    if source.public_key.is_some() {
        return Ok(KeySource::Uploaded);
    }
    if source.azure_key.is_some() {
        return Ok(KeySource::Followed);
    }
    let generate = source.generate.unwrap_or_default();
    let comment = match &generate.comment {
        Some(comment) => Comment::try_from(comment.as_str()).map_err(|error| error.to_string())?,
        None => Comment::for_object(&mark.namespace, &mark.object),
    };
    Ok(KeySource::Generated {
        wish: KeyWish::of(&generate)?,
        comment,
        custody: custody(spec, &mark.object),
    })
}

fn custody(spec: &SshKeySpec, object: &str) -> Custody {
    let secret = spec.secret.clone().unwrap_or_default();
    Custody {
        name: secret.name.unwrap_or_else(|| object.to_owned()),
        conflict: secret.conflict_policy.unwrap_or_default(),
        deletion: secret.deletion_policy.unwrap_or(DeletionPolicy::Retain),
        recovery: secret.recovery_policy.unwrap_or_default(),
    }
}

/// Name of the managed Secret that a spec means, if it means one.
pub fn secret_name(spec: &SshKeySpec, object: &str) -> Option<String> {
    let kept = match &spec.source {
        Some(Source {
            private_key: Some(_),
            ..
        }) => spec.secret.is_some(),
        Some(Source {
            public_key,
            azure_key,
            ..
        }) => public_key.is_none() && azure_key.is_none(),
        None => true,
    };
    kept.then(|| custody(spec, object).name)
}

/// What is wanted at a place in Azure, if the store lets the object have it.
fn wanted(
    source: &KeySource,
    azure: &AzureSpec,
    offer: &Offer<'_>,
    mark: &Mark,
    records: &[AzureRecord],
) -> Result<Wanted, Failure> {
    let wanted = if *source == KeySource::Followed {
        Wanted::Followed(place(azure, offer, mark, records)?)
    } else {
        Wanted::Published(Box::new(target(azure, offer, mark, records)?))
    };
    tenants::refusal(offer, azure, &wanted, mark).map_or(Ok(wanted), Err)
}

/// Where the key is in Azure.
fn place(
    azure: &AzureSpec,
    offer: &Offer<'_>,
    mark: &Mark,
    records: &[AzureRecord],
) -> Result<ArmId, Failure> {
    let recorded = stores::current(records);
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

fn target(
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
        .or_else(|| stores::current(records).map(|record| record.location.clone()))
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

/// The name that a store's template makes for an object.
pub(super) fn name_from_template(template: Option<&str>, mark: &Mark) -> String {
    template
        .unwrap_or("{namespace}.{name}")
        .replace("{namespace}", &mark.namespace)
        .replace("{name}", &mark.object)
}
