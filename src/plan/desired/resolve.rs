//! What is wanted: the spec with everything filled in that it leaves to its store, to records and to defaults.

use std::collections::BTreeMap;

use crate::{
    api::{SshKeySpec, StoreKey, sshkey::AzureSpec},
    plan::{
        desired::{
            azure::{DesiredAzure, Target, Wanted, place, target},
            outputs::{DesiredOutput, desired_outputs},
            rotation::RotationPolicy,
            source::{KeySource, key_source},
            stores::{Offer, StoreFact, offer, store_meant},
            tenants::tenant_refusal,
        },
        failure::Failure,
        records::{azure::AzureRecord, ownership::Mark},
    },
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
            let store = store_meant(azure, records, &stores);
            let target = offer(&store, &stores, &mark)
                .and_then(|offer| wanted(&source, azure, &offer, &mark, records));
            DesiredAzure {
                store,
                deletion_policy: azure.deletion_policy,
                target,
            }
        }),
        outputs: desired_outputs(spec, &mark.object),
        rotation: RotationPolicy::of(spec.rotation.as_ref())?,
        source,
        stores,
        mark,
        suspended: spec.suspend,
        protected: spec.deletion_protection,
    })
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
    tenant_refusal(offer, azure, &wanted, mark).map_or(Ok(wanted), Err)
}

/// Where the key is to be published, if that is wanted and can be.
pub(crate) fn published_target(desired: &Desired) -> Option<(&DesiredAzure, &Target)> {
    let azure = desired.azure.as_ref()?;
    Some((azure, azure.target.as_ref().ok()?.published()?))
}
