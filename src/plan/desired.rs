//! What is wanted: the spec with everything filled in that it leaves to its store, to records and to defaults.

use std::collections::{BTreeMap, BTreeSet};

use super::{AzureRecord, Failure, Mark};
use crate::{
    api::{
        ArmId, AzureStoreSpec, Reason, SshKeySpec,
        azure_store::Defaults,
        names::DEFAULT_STORE,
        sshkey::{
            Algorithm, AzureSpec, CreationPolicy, DeletionPolicy, Generate, SecretConflictPolicy,
        },
    },
    keys::{Comment, Curve, KeySpec, RsaSize},
};

/// Everything that one `SshKey` asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// The key to generate, if one has to be.
    pub key: KeySpec,
    /// The comment of its public half.
    pub comment: Comment,
    /// Name of the Secret.
    pub secret_name: String,
    /// What to do about a Secret that is not ours.
    pub secret_conflict: SecretConflictPolicy,
    /// What becomes of the Secret in the end.
    pub secret_deletion: DeletionPolicy,
    /// What is wanted in Azure, if anything.
    pub azure: Option<DesiredAzure>,
    /// How every store that the object names or records stands.
    pub stores: BTreeMap<String, StoreFact>,
    /// Whose this object's things in Azure are.
    pub mark: Mark,
    /// Whether to decide without acting.
    pub suspended: bool,
}

/// What is wanted in Azure.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredAzure {
    /// Name of the store.
    pub store: String,
    /// What the spec says of its end, if it says so.
    pub deletion_policy: Option<DeletionPolicy>,
    /// Where and how, or what stands against it.
    pub target: Result<Target, Failure>,
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
    /// What becomes of it in the end.
    pub deletion_policy: DeletionPolicy,
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
    let generate = spec
        .source
        .clone()
        .unwrap_or_default()
        .generate
        .unwrap_or_default();
    let comment = match &generate.comment {
        Some(comment) => Comment::try_from(comment.as_str()).map_err(|error| error.to_string())?,
        None => Comment::for_object(&mark.namespace, &mark.object),
    };
    let secret = spec.secret.clone().unwrap_or_default();
    Ok(Desired {
        key: key_spec(&generate)?,
        comment,
        secret_name: secret_name(spec, &mark.object),
        secret_conflict: secret.conflict_policy.unwrap_or_default(),
        secret_deletion: secret.deletion_policy.unwrap_or(DeletionPolicy::Retain),
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
                Some(StoreFact::Ready(store_spec)) => target(azure, store_spec, &mark, records),
            };
            DesiredAzure {
                store,
                deletion_policy: azure.deletion_policy,
                target,
            }
        }),
        stores,
        mark,
        suspended: spec.suspend,
    })
}

/// Name of the Secret that a spec means.
pub fn secret_name(spec: &SshKeySpec, object: &str) -> String {
    spec.secret
        .as_ref()
        .and_then(|secret| secret.name.clone())
        .unwrap_or_else(|| object.to_owned())
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

fn target(
    azure: &AzureSpec,
    store: &AzureStoreSpec,
    mark: &Mark,
    records: &[AzureRecord],
) -> Result<Target, Failure> {
    let defaults = store.defaults.clone().unwrap_or_default();
    let recorded = records.last();
    let group = azure.resource_group.clone().unwrap_or_default();
    let default_group = defaults.resource_group.clone().unwrap_or_default();
    let resource_group = group
        .name
        .clone()
        .or_else(|| recorded.map(|record| record.id.resource_group.clone()))
        .or(default_group.name)
        .ok_or_else(|| {
            Failure::to_fix(
                Reason::ResourceGroupRequired,
                "no resource group is named: write spec.azure.resourceGroup.name, or defaults.resourceGroup.name in the AzureStore",
            )
        })?;
    let location = azure
        .location
        .clone()
        .or_else(|| recorded.map(|record| record.location.clone()))
        .or_else(|| defaults.location.clone())
        .ok_or_else(|| {
            Failure::to_fix(
                Reason::LocationRequired,
                "no location is named: write spec.azure.location, such as westeurope, or defaults.location in the AzureStore",
            )
        })?;
    let name = match (&azure.name, recorded) {
        (Some(name), _) => name.clone(),
        (None, Some(record)) => record.id.name.clone(),
        (None, None) => name_from_template(&defaults, mark)?,
    };
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
        id: ArmId {
            subscription: store.subscription_id.clone(),
            resource_group,
            name,
        },
        location,
        tags,
        group_creation: group
            .creation_policy
            .or(default_group.creation_policy)
            .unwrap_or_default(),
        deletion_policy: azure.deletion_policy.unwrap_or(DeletionPolicy::Delete),
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
