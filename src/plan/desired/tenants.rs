//! What a `ClusterAzureStore` does not let its tenants do: facts in order, the first that holds refuses. They hold of what
//! is resolved, records included, since a person who may write an `SshKey` may write what is recorded on it.

use crate::{
    api::{
        Reason,
        cluster_azure_store::{Permission, Tenants},
        sshkey::{AzureConflictPolicy, AzureSpec, CreationPolicy},
    },
    plan::{
        desired::{azure::Wanted, name_template::name_from_template, stores::Offer},
        failure::Failure,
        records::ownership::Mark,
    },
};

/// Why the object may not have what it wants, if the store has limits and they are passed.
pub(crate) fn tenant_refusal(
    offer: &Offer<'_>,
    azure: &AzureSpec,
    wanted: &Wanted,
    mark: &Mark,
) -> Option<Failure> {
    let limits = offer.limits?;
    group_is_not_allowed(offer, limits, wanted)
        .or_else(|| name_is_not_allowed(offer, limits, wanted, mark))
        .or_else(|| observation_is_not_allowed(offer, limits, wanted))
        .or_else(|| adoption_is_not_allowed(offer, limits, azure))
        .or_else(|| creation_of_groups_is_not_allowed(offer, limits, azure))
}

fn group_is_not_allowed(offer: &Offer<'_>, limits: &Tenants, wanted: &Wanted) -> Option<Failure> {
    let group = &wanted.id().resource_group;
    let default = offer
        .defaults
        .resource_group
        .iter()
        .filter_map(|group| group.name.as_ref());
    let mut allowed = default.chain(limits.resource_groups.iter().flatten());
    if allowed.any(|allowed| allowed.eq_ignore_ascii_case(group)) {
        return None;
    }
    Some(Failure::to_fix(
        Reason::ResourceGroupNotAllowed,
        format!(
            "{} does not let keys be in resource group {group}: name one that is allowed in spec.azure.resourceGroup.name, or have this one added to tenants.resourceGroups of the store",
            offer.store
        ),
    ))
}

fn name_is_not_allowed(
    offer: &Offer<'_>,
    limits: &Tenants,
    wanted: &Wanted,
    mark: &Mark,
) -> Option<Failure> {
    let name = &wanted.id().name;
    let made = name_from_template(offer.name_template, mark);
    if limits.allow(Permission::CustomName) || made == *name {
        return None;
    }
    Some(Failure::to_fix(
        Reason::NameNotAllowed,
        format!(
            "{} names this key {made} in Azure, and not {name}: write {made} in spec.azure.name, or have CustomName added to tenants.allow of the store",
            offer.store
        ),
    ))
}

fn observation_is_not_allowed(
    offer: &Offer<'_>,
    limits: &Tenants,
    wanted: &Wanted,
) -> Option<Failure> {
    if limits.allow(Permission::Observe) || matches!(wanted, Wanted::Published(_)) {
        return None;
    }
    Some(Failure::to_fix(
        Reason::ObservationNotAllowed,
        format!(
            "{} does not let keys that are in Azure be followed: have Observe added to tenants.allow of the store, or create this SshKey again with another source than azureKey",
            offer.store
        ),
    ))
}

fn adoption_is_not_allowed(
    offer: &Offer<'_>,
    limits: &Tenants,
    azure: &AzureSpec,
) -> Option<Failure> {
    let asked = azure.conflict_policy.unwrap_or_default();
    if limits.allow(Permission::Adopt) || asked == AzureConflictPolicy::Refuse {
        return None;
    }
    Some(Failure::to_fix(
        Reason::AdoptionNotAllowed,
        format!(
            "{} does not let keys that are in Azure be taken over: write spec.azure.conflictPolicy: Refuse, or have Adopt added to tenants.allow of the store",
            offer.store
        ),
    ))
}

/// What the tenant asks for itself: the store's own default is its administrator's word.
fn creation_of_groups_is_not_allowed(
    offer: &Offer<'_>,
    limits: &Tenants,
    azure: &AzureSpec,
) -> Option<Failure> {
    let group = azure.resource_group.as_ref();
    let asked = group.and_then(|group| group.creation_policy);
    if limits.allow(Permission::CreateResourceGroup) || asked != Some(CreationPolicy::IfMissing) {
        return None;
    }
    Some(Failure::to_fix(
        Reason::ResourceGroupCreationNotAllowed,
        format!(
            "{} does not let resource groups be created: take spec.azure.resourceGroup.creationPolicy: IfMissing out, or have CreateResourceGroup added to tenants.allow of the store",
            offer.store
        ),
    ))
}
