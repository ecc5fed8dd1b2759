//! What is recorded of the places in Azure where the key is wanted or was.

use crate::{
    api::{
        sshkey::{DeletionPolicy, DriftPolicy},
        status::{Origin, Phase},
    },
    keys::PublicKey,
    plan::{
        authority::azure::is_adoption,
        decide::azure::{
            difference::{difference, digest_of, is_elsewhere},
            situation::Situation,
        },
        desired::{
            azure::DesiredAzure,
            resolve::{Desired, published_target},
        },
        observed::{
            azure::{AzureKey, Freshness, KeyView},
            snapshot::Observed,
        },
        records::{
            azure::{AzureRecord, PLACES_MAX},
            ownership::value,
        },
    },
};

/// What is to be known of the place that is wanted, once the key is there as it is wanted.
pub(crate) fn wanted_record(situation: &Situation<'_>, azure: &DesiredAzure) -> AzureRecord {
    let Situation {
        desired,
        observed,
        target,
        ..
    } = *situation;
    let before = situation
        .record()
        .or_else(|| observed.object.hint(&target.id));
    let mut tags: Vec<String> = target.tags.keys().cloned().collect();
    if let Some(before) = before {
        let key = situation.key();
        let still_there = |name: &&String| key.is_none_or(|key| value(&key.tags, name).is_some());
        tags.extend(before.tags.iter().filter(still_there).cloned());
    }
    tags.sort();
    tags.dedup();
    let known = situation.record().map(|known| known.origin);
    let origin = match situation.view() {
        Some(KeyView::Present { key, .. }) if is_adoption(desired, observed, target, key) => {
            Origin::Adopted
        }
        // Created again, it is this object's own.
        Some(KeyView::Absent { .. }) => Origin::Created,
        _ => match known {
            Some(Origin::Adopted) => Origin::Adopted,
            _ => Origin::Created,
        },
    };
    // What was there before this object stays when it goes, unless the spec says otherwise.
    let unless_asked = match origin {
        Origin::Adopted => DeletionPolicy::Retain,
        Origin::Created | Origin::Found => DeletionPolicy::Delete,
    };
    AzureRecord {
        id: before.map_or_else(|| target.id.clone(), |before| before.id.clone()),
        location: target.location.clone(),
        store: azure.store.clone(),
        deletion_policy: azure.deletion_policy.unwrap_or(unless_asked),
        origin,
        phase: Phase::Published,
        tags,
        in_step: in_step(situation, before),
    }
}

/// What was last seen in Azure as it was wanted, where what changes after that is only to be reported.
fn in_step(situation: &Situation<'_>, before: Option<&AzureRecord>) -> Option<String> {
    let target = situation.target;
    if target.drift == DriftPolicy::Repair {
        return None;
    }
    let stored = situation.stored?;
    let is_as_wanted =
        |key: &&AzureKey| !is_elsewhere(target, key) && difference(situation, key).is_none();
    match situation.key().filter(is_as_wanted) {
        Some(_) => Some(digest_of(situation.desired, target, stored)),
        None => before?.in_step.clone(),
    }
}

/// The places that a status lists: those that are known, the wanted one as it is wanted, and none that a read has shown to
/// be empty and that is not wanted.
pub(crate) fn places_to_report(
    desired: &Desired,
    observed: &Observed,
    published: Option<&PublicKey>,
) -> Vec<AzureRecord> {
    let wanted = published_target(desired);
    let is_gone = |place: &AzureRecord| {
        let freshness = match observed.azure.get(&place.id) {
            Some(KeyView::Absent { freshness, .. }) => Some(*freshness),
            _ => None,
        };
        let is_wanted = wanted.is_some_and(|(_, target)| target.id == place.id);
        freshness == Some(Freshness::Live) && !is_wanted
    };
    let is_seen = |place: &AzureRecord| {
        !matches!(
            observed.azure.get(&place.id),
            None | Some(KeyView::Unknown(_))
        )
    };
    let places = observed.known.iter().filter(|place| !is_gone(place));
    let mut places: Vec<AzureRecord> = places
        .map(|place| match wanted {
            Some((azure, target)) if target.id == place.id && is_seen(place) => wanted_record(
                &Situation {
                    desired,
                    observed,
                    target,
                    stored: published,
                },
                azure,
            ),
            _ => place.clone(),
        })
        .collect();
    // The one that is wanted comes last: what a spec leaves open is filled in from it.
    places.sort_by_key(|place| place.phase == Phase::Published);
    places.truncate(PLACES_MAX);
    places
}
