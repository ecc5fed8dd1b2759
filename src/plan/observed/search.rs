//! Where to look for keys of an object that neither its metadata nor its status names: an object that was replaced or
//! restored may have forgotten them, and their marks name its UID.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    api::{ArmId, StoreKey, status::Origin},
    plan::{
        desired::{resolve::Desired, stores::StoreFact},
        observed::{azure::KeyView, object::ObjectFacts, secret::SecretView},
        records::{
            azure::AzureRecord,
            ownership::{Mark, Ownership},
        },
    },
};

/// The UIDs whose marks this object may answer for: its own, the one that it recorded, and the one that its Secret names.
/// Whether it does, the plan says.
pub fn uids_to_search<'a>(facts: &'a ObjectFacts, secret: &'a SecretView) -> BTreeSet<&'a String> {
    let in_secret = match secret {
        SecretView::Present(secret) => secret.owner_uid.as_ref(),
        SecretView::Absent => None,
    };
    let recorded = facts.recorded_uid.as_ref();
    [Some(&facts.uid), recorded, in_secret]
        .into_iter()
        .flatten()
        .collect()
}

/// The stores of the known places and the one that the spec means.
pub fn stores_to_search(facts: &ObjectFacts, desired: &Desired) -> BTreeSet<StoreKey> {
    let known = facts.places.iter().map(|place| &place.store);
    let wanted = desired.azure.iter().map(|azure| &azure.store);
    known.chain(wanted).cloned().collect()
}

/// Whether metadata and status do not agree on where the object has keys, or one of them is missing: as after a restore, a
/// replace or a lost status. A new object has neither, and no Secret.
pub fn is_in_doubt(facts: &ObjectFacts, secret: &SecretView) -> bool {
    let hints = facts.hints.as_deref().unwrap_or_default();
    if !facts.has_status {
        return facts.has_finalizer
            || !hints.is_empty()
            || facts.hints.is_err()
            || facts.recorded_uid.is_some()
            || matches!(secret, SecretView::Present(_));
    }
    let hinted: BTreeSet<String> = hints.iter().map(|hint| folded(&hint.id)).collect();
    // What only a list has shown is in no hint.
    let listed = facts.places.iter();
    let listed = listed.filter(|place| place.origin != Origin::Found);
    let listed: BTreeSet<String> = listed.map(|place| folded(&place.id)).collect();
    !facts.has_finalizer || hinted != listed
}

fn folded(id: &ArmId) -> String {
    id.to_string().to_lowercase()
}

/// The groups of a store in which an object of this namespace may have keys: the default, the allowed ones, and those of its
/// known places. Each is named by an ID in it.
pub fn groups_to_search(
    fact: &StoreFact,
    store: &StoreKey,
    facts: &ObjectFacts,
    desired: &Desired,
) -> Vec<ArmId> {
    let Some((subscription, mut names)) = fact.groups() else {
        return Vec::new();
    };
    let known = facts.places.iter().filter(|place| place.store == *store);
    names.extend(known.map(|place| place.id.resource_group.clone()));
    let azure = desired.azure.as_ref().filter(|azure| azure.store == *store);
    let target = azure.and_then(|azure| azure.target.as_ref().ok());
    names.extend(target.map(|target| target.id().resource_group.clone()));
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.to_lowercase()));
    let id = |resource_group| ArmId {
        subscription: subscription.to_owned(),
        resource_group,
        name: "any".to_owned(),
    };
    names.into_iter().map(id).collect()
}

/// What is known of the places of an object before it is known what is wanted: those of its status, and hints at keys that
/// carry its mark, or that of the object which it recorded to have been. A hint that nothing vouches for says nothing.
pub fn vouched(
    mark: &Mark,
    object: &ObjectFacts,
    azure: &BTreeMap<ArmId, KeyView>,
) -> Vec<AzureRecord> {
    let is_listed = |id: &ArmId| object.places.iter().any(|place| place.id == *id);
    let is_marked = |hint: &&AzureRecord| match azure.get(&hint.id) {
        Some(KeyView::Present { key, .. }) => match mark.ownership(&key.tags) {
            Ownership::Ours => true,
            Ownership::Namesake(uid) => object.recorded_uid.as_ref() == Some(&uid),
            Ownership::Foreign(_) | Ownership::Unmarked => false,
        },
        _ => false,
    };
    let hints = object.hints.iter().flatten();
    let hints = hints.filter(|hint| !is_listed(&hint.id)).filter(is_marked);
    hints.chain(&object.places).cloned().collect()
}
