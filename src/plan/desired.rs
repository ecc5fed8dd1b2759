//! What is wanted: the spec with everything filled in that it leaves to its store, to records and to defaults.

use std::collections::{BTreeMap, BTreeSet};

use super::{AzureRecord, DesiredOutput, Failure, Mark, shape};
use crate::{
    api::{
        ArmId, AzureStoreSpec, Reason, SshKeySpec,
        azure_store::Defaults,
        names::DEFAULT_STORE,
        source::{Algorithm, Generate, Source},
        sshkey::{
            AzureConflictPolicy, AzureSpec, CreationPolicy, DeletionPolicy, SecretConflictPolicy,
        },
    },
    keys::{Comment, Curve, KeySpec, RsaSize},
};

/// Everything that one `SshKey` asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// Where the key comes from.
    pub source: KeySource,
    /// The outputs, in the order of the spec.
    pub outputs: Vec<DesiredOutput>,
    /// What is wanted in Azure, if anything.
    pub azure: Option<DesiredAzure>,
    /// How every store that the object names or records stands.
    pub stores: BTreeMap<String, StoreFact>,
    /// Whose this object's things in Azure are.
    pub mark: Mark,
    /// Whether to decide without acting.
    pub suspended: bool,
}

/// Where the key comes from, and where its private half is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum KeySource {
    /// It is generated and kept in the managed Secret.
    Generated {
        /// What to generate, if it has to be.
        key: KeySpec,
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
    /// Name of the store.
    pub store: String,
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
    /// What becomes of it in the end, if the spec says so.
    pub deletion_policy: Option<DeletionPolicy>,
}

/// How a store stands.
#[derive(Clone, Debug, PartialEq)]
pub enum StoreFact {
    /// There is none of that name.
    NotFound,
    /// It can't be used.
    NotReady(Failure),
    /// It can be used.
    Ready(Box<AzureStoreSpec>),
}

/// The key that a spec asks for.
///
/// # Errors
/// A message when algorithm and size do not fit, which the API server's rules refuse before.
pub fn key_spec(generate: &Generate) -> Result<KeySpec, String> {
    let unfit = |size: i32| format!("{size} is no size of {:?} keys", generate.algorithm);
    match (
        generate.algorithm.unwrap_or(Algorithm::Ed25519),
        generate.size,
    ) {
        (Algorithm::Ed25519, None) => Ok(KeySpec::Ed25519),
        (Algorithm::Ed25519, Some(size)) => Err(unfit(size)),
        (Algorithm::Rsa, size) => RsaSize::try_from(size.unwrap_or(3072))
            .map(KeySpec::Rsa)
            .map_err(|_| unfit(size.unwrap_or(3072))),
        (Algorithm::Ecdsa, size) => Curve::try_from(size.unwrap_or(256))
            .map(KeySpec::Ecdsa)
            .map_err(|_| unfit(size.unwrap_or(256))),
    }
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
    stores: BTreeMap<String, StoreFact>,
) -> Result<Desired, String> {
    let source = key_source(spec, &mark)?;
    Ok(Desired {
        azure: spec.azure.as_ref().map(|azure| {
            let store = store_name(azure, records);
            let target = match stores.get(&store) {
                None | Some(StoreFact::NotFound) => Err(Failure::to_fix(
                    Reason::StoreNotFound,
                    format!(
                        "AzureStore {store} does not exist in namespace {}: create it, or name another in spec.azure.storeRef",
                        mark.namespace
                    ),
                )),
                Some(StoreFact::NotReady(why)) => Err(Failure {
                    class: why.class,
                    reason: Reason::StoreNotReady,
                    message: format!("AzureStore {store} is not ready: {}", why.message),
                }),
                Some(StoreFact::Ready(store)) if source == KeySource::Followed => {
                    place(azure, store, &mark, records).map(Wanted::Followed)
                }
                Some(StoreFact::Ready(store)) => target(azure, store, &mark, records)
                    .map(|target| Wanted::Published(Box::new(target))),
            };
            DesiredAzure {
                store,
                deletion_policy: azure.deletion_policy,
                target,
            }
        }),
        outputs: shape::outputs(spec, &mark.object),
        source,
        stores,
        mark,
        suspended: spec.suspend,
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
        key: key_spec(&generate)?,
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

/// Every store that a spec means or records name.
pub fn stores_of(spec: &SshKeySpec, records: &[AzureRecord]) -> BTreeSet<String> {
    let recorded = records.iter().map(|record| record.store.clone());
    recorded
        .chain(spec.azure.as_ref().map(|azure| store_name(azure, records)))
        .collect()
}

/// The store that a spec means.
fn store_name(azure: &AzureSpec, records: &[AzureRecord]) -> String {
    azure
        .store_ref
        .as_ref()
        .map(|store| store.name.clone())
        .or_else(|| records.last().map(|record| record.store.clone()))
        .unwrap_or_else(|| DEFAULT_STORE.to_owned())
}

/// Where the key is in Azure.
fn place(
    azure: &AzureSpec,
    store: &AzureStoreSpec,
    mark: &Mark,
    records: &[AzureRecord],
) -> Result<ArmId, Failure> {
    let defaults = store.defaults.clone().unwrap_or_default();
    let recorded = records.last();
    let group = azure.resource_group.clone().unwrap_or_default();
    let default_group = defaults.resource_group.clone().unwrap_or_default();
    let resource_group = group
        .name
        .or_else(|| recorded.map(|record| record.id.resource_group.clone()))
        .or(default_group.name)
        .ok_or_else(|| {
            Failure::to_fix(
                Reason::ResourceGroupRequired,
                "no resource group is named: write spec.azure.resourceGroup.name, or defaults.resourceGroup.name in the AzureStore",
            )
        })?;
    let name = match (&azure.name, recorded) {
        (Some(name), _) => name.clone(),
        (None, Some(record)) => record.id.name.clone(),
        (None, None) => name_from_template(&defaults, mark)?,
    };
    Ok(ArmId {
        subscription: store.subscription_id.clone(),
        resource_group,
        name,
    })
}

fn target(
    azure: &AzureSpec,
    store: &AzureStoreSpec,
    mark: &Mark,
    records: &[AzureRecord],
) -> Result<Target, Failure> {
    let id = place(azure, store, mark, records)?;
    let defaults = store.defaults.clone().unwrap_or_default();
    let group = azure.resource_group.clone().unwrap_or_default();
    let default_group = defaults.resource_group.unwrap_or_default();
    let location = azure
        .location
        .clone()
        .or_else(|| records.last().map(|record| record.location.clone()))
        .or(defaults.location)
        .ok_or_else(|| {
            Failure::to_fix(
                Reason::LocationRequired,
                "no location is named: write spec.azure.location, such as westeurope, or defaults.location in the AzureStore",
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
                "the store's tags and the key's are {} together and Azure takes {USER_TAGS_MAX} beside the operator's own: take some out of spec.azure.tags, or of defaults.tags in the AzureStore",
                tags.len()
            ),
        ));
    }
    Ok(Target {
        id,
        location,
        tags,
        group_creation: group
            .creation_policy
            .or(default_group.creation_policy)
            .unwrap_or_default(),
        conflict: azure.conflict_policy.unwrap_or_default(),
        deletion_policy: azure.deletion_policy,
    })
}

/// A resource may have 50 tags, of which four are the operator's.
/// <https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources>
const USER_TAGS_MAX: usize = 46;

/// A key's name in Azure may have 128 characters: the rule of the clients, since the service publishes none.
/// <https://github.com/hashicorp/terraform-provider-azurerm>, `ssh_public_key_resource.go`
const AZURE_NAME_MAX: usize = 128;

fn name_from_template(defaults: &Defaults, mark: &Mark) -> Result<String, Failure> {
    let template = defaults
        .name_template
        .as_deref()
        .unwrap_or("{namespace}.{name}");
    let name = template
        .replace("{namespace}", &mark.namespace)
        .replace("{name}", &mark.object);
    if name.len() > AZURE_NAME_MAX {
        return Err(Failure::to_fix(
            Reason::AzureNameInvalid,
            format!(
                "the store's nameTemplate makes a name of {} characters and Azure takes {AZURE_NAME_MAX}: write a shorter one in spec.azure.name",
                name.len()
            ),
        ));
    }
    Ok(name)
}
