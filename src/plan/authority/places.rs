//! The places in Azure where an object has a key.

use crate::{
    api::{
        ArmId,
        names::tag,
        sshkey::DeletionPolicy,
        status::{Origin, Phase},
    },
    plan::{
        authority::azure::{Right, is_our_key, right_to},
        desired::resolve::Desired,
        observed::{
            azure::{AzureKey, KeyView},
            snapshot::Observed,
        },
        records::{
            azure::{AzureRecord, PLACES_MAX},
            ownership::{Ownership, value},
        },
    },
};

/// What was observed, with the places in Azure where this object has a key.
#[must_use]
pub fn with_places(observed: Observed, desired: &Desired) -> Observed {
    let known = places(desired, &observed);
    Observed { known, ..observed }
}

/// Every place in Azure where this object has a key: those that its status lists and to which there still is a right, and
/// those where its mark was found on the key.
///
/// A place that was read is listed while the object has a right to it, and not otherwise: a forged status adds no place of
/// another object.
fn places(desired: &Desired, observed: &Observed) -> Vec<AzureRecord> {
    let wanted = desired
        .azure
        .as_ref()
        .and_then(|azure| azure.target.as_ref().ok()?.published());
    let phase = |id: &ArmId| match wanted {
        Some(target) if target.id == *id => Phase::Published,
        // What can't be resolved now says nothing of what is wanted.
        None if desired.azure.is_some() => Phase::Published,
        _ => Phase::Leaving,
    };
    let listed = observed.object.places.iter().filter(|place| {
        match observed.azure.get(&place.id) {
            Some(KeyView::Present { key, .. }) => {
                // Without its mark, the very key stays listed while its store does not let it be touched.
                let is_unmarked = desired.mark.ownership(&key.tags) == Ownership::Unmarked;
                let may_be_kept =
                    desired.source.private_secret().is_some() && is_our_key(desired, observed, key);
                right_to(desired, observed, &place.id, key) != Right::Nothing
                    || (is_unmarked && may_be_kept)
            }
            // A place that nobody could look at, or whose key is missing, is kept: it may only be late.
            _ => true,
        }
    });
    let says_adopted = |id: &ArmId| match observed.azure.get(id) {
        Some(KeyView::Present { key, .. }) => is_tagged_adopted(key),
        _ => false,
    };
    let mut places: Vec<AzureRecord> = listed
        .map(|place| AzureRecord {
            phase: match (place.phase, phase(&place.id)) {
                (Phase::Leaving, _) if wanted.is_none() => Phase::Leaving,
                (_, phase) => phase,
            },
            // Where the key and the status disagree, the key stays in Azure.
            ..if place.origin != Origin::Adopted && says_adopted(&place.id) {
                as_adopted(place)
            } else {
                place.clone()
            }
        })
        .collect();
    for (id, view) in &observed.azure {
        let KeyView::Present { key, .. } = view else {
            continue;
        };
        let is_known = places.iter().any(|place| place.id == *id);
        if is_known || !right_to(desired, observed, id, key).may_change() {
            continue;
        }
        let found = found(desired, observed, id, key, phase(id));
        // What only a list has shown displaces nothing, and is this object's only with this object's key.
        let is_taken = |place: &AzureRecord| {
            place.origin != Origin::Found
                || (places.len() < PLACES_MAX && is_our_key(desired, observed, key))
        };
        places.extend(found.filter(is_taken));
    }
    places
}

/// A place that the status does not list, where the key carries our mark.
fn found(
    desired: &Desired,
    observed: &Observed,
    id: &ArmId,
    key: &AzureKey,
    phase: Phase,
) -> Option<AzureRecord> {
    let hint = observed.object.hint(id);
    let wanted = desired.azure.as_ref().filter(|azure| {
        let target = azure.target.as_ref().ok();
        target.is_some_and(|wanted| wanted.id() == id)
    });
    let store = observed
        .stores_of_places
        .get(id)
        .or_else(|| hint.map(|hint| &hint.store))
        .or_else(|| wanted.map(|azure| &azure.store))?;
    let was_adopted = hint.is_some_and(|hint| hint.origin == Origin::Adopted);
    let origin = if is_tagged_adopted(key) || was_adopted {
        Origin::Adopted
    } else if wanted.is_some() || hint.is_some() {
        Origin::Created
    } else {
        Origin::Found
    };
    let asked = wanted.and_then(|azure| azure.deletion_policy);
    let hinted = hint.map(|hint| hint.deletion_policy);
    let is_retained = origin == Origin::Adopted || hinted == Some(DeletionPolicy::Retain);
    let unless_asked = if is_retained {
        DeletionPolicy::Retain
    } else {
        DeletionPolicy::Delete
    };
    Some(AzureRecord {
        id: id.clone(),
        location: key.location.clone(),
        store: store.clone(),
        deletion_policy: asked.unwrap_or(unless_asked),
        origin,
        phase,
        tags: hint.map(|hint| hint.tags.clone()).unwrap_or_default(),
        in_step: hint.and_then(|hint| hint.in_step.clone()),
    })
}

/// The place of a key that was there before its object and stays unless the spec says otherwise.
fn as_adopted(place: &AzureRecord) -> AzureRecord {
    AzureRecord {
        origin: Origin::Adopted,
        deletion_policy: DeletionPolicy::Retain,
        ..place.clone()
    }
}

/// Whether the key says of itself that it was there before its object.
fn is_tagged_adopted(key: &AzureKey) -> bool {
    value(&key.tags, tag::ADOPTED).is_some()
}
