//! What is written on the object itself, and when: hints in its annotations before the first thing that they speak of, and
//! into the status what must be known before Azure is written to.

use std::collections::BTreeSet;

use crate::{
    api::{
        ArmId, Reason, StoreKey,
        sshkey::DeletionPolicy,
        status::{Origin, Phase},
    },
    keys::PublicKey,
    plan::{
        authority::{
            azure::{is_a_copy, is_adoption},
            secret::{SecretOwner, secret_owner},
        },
        decide::azure::{
            record::{places_to_report, wanted_record},
            situation::Situation,
        },
        decision::Finding,
        desired::{
            azure::Target,
            resolve::{Desired, published_target},
        },
        observed::{azure::KeyView, object::ObjectFacts, secret::SecretView, snapshot::Observed},
        records::{
            azure::{AzureRecord, PLACES_MAX},
            ownership::Ownership,
        },
        step::{
            azure::AzureStep,
            kinds::Step,
            object::{ObjectStep, Record},
            planned::Planned,
        },
    },
};

/// The hints that the object must carry: every place that is known, the one that is about to be written to, and those that
/// nobody could read yet. What was read and is not this object's is no longer one.
pub(crate) fn hints_to_write(
    desired: &Desired,
    observed: &Observed,
    azure_steps: &[Planned],
    published: Option<&PublicKey>,
) -> Vec<AzureRecord> {
    let target = published_target(desired);
    let is_target = |id: &ArmId| target.is_some_and(|(_, target)| target.id == *id);
    let is_written_to = |target: &Target| {
        let mut ids = azure_steps.iter().filter_map(Planned::azure_id);
        ids.any(|id| *id == target.id)
    };
    let mut places = places_to_report(desired, observed, published);
    // One that is left and where nothing was seen is read once more, and then forgotten. What only a list has shown, lists
    // show again.
    places.retain(|place| {
        let is_absent = matches!(observed.azure.get(&place.id), Some(KeyView::Absent { .. }));
        is_target(&place.id) || (!is_absent && place.origin != Origin::Found)
    });
    let has_no_key = never_had_a_key(desired, observed);
    let unseen = observed.object.hints.iter().flatten().filter(|hint| {
        let view = observed.azure.get(&hint.id);
        let is_unknown = matches!(view, Some(KeyView::Unknown(_)));
        let is_empty = matches!(view, Some(KeyView::Absent { .. }));
        // Where the key is wanted, another operator may be about to create it.
        let is_awaited = is_target(&hint.id) && !(is_empty && has_no_key);
        (is_unknown || is_awaited) && !places.iter().any(|place| place.id == hint.id)
    });
    let mut hints: Vec<AzureRecord> = unseen.cloned().collect();
    hints.extend(places);
    if let Some((wanted, target)) = target
        && !hints.iter().any(|hint| is_target(&hint.id))
        && is_written_to(target)
    {
        hints.push(wanted_record(
            &Situation {
                desired,
                observed,
                target,
                stored: published,
            },
            wanted,
        ));
    }
    let first = hints.len().saturating_sub(PLACES_MAX);
    hints.drain(..first);
    hints
}

/// Whether nobody can be about to publish a key of this object: its Secret is another's, and it has reported none.
fn never_had_a_key(desired: &Desired, observed: &Observed) -> bool {
    let is_anothers = match (&observed.secret, desired.source.custody()) {
        (SecretView::Present(facts), Some(custody)) => {
            let owner = secret_owner(desired, custody, observed, facts);
            matches!(owner, SecretOwner::Another(_))
        }
        _ => false,
    };
    is_anothers && observed.object.reported_fingerprint.is_none()
}

/// A store is held before a hint names it, and as long as one does.
pub(crate) fn holds(observed: &Observed, hints: &[AzureRecord]) -> Vec<Step> {
    let named: BTreeSet<&StoreKey> = hints.iter().map(|hint| &hint.store).collect();
    let unheld = observed.unheld_stores.iter();
    unheld
        .filter(|(store, _)| named.contains(store))
        .map(|(store, uid)| {
            Step::Azure(AzureStep::HoldStore {
                store: store.clone(),
                uid: uid.clone(),
            })
        })
        .collect()
}

/// The step that writes places into the status before Azure is written to: when the key leaves a place for another one, and
/// when one is taken over. Otherwise the status follows, since the mark is in the request itself.
pub(crate) fn places_to_record(
    desired: &Desired,
    observed: &Observed,
    azure_steps: &[Planned],
    published: Option<&PublicKey>,
) -> Option<Step> {
    let (_, target) = published_target(desired)?;
    let writes = azure_steps
        .iter()
        .any(|step| step.azure_id() == Some(&target.id));
    let leaves = observed.known.iter().any(|place| place.id != target.id);
    let adopts = match observed.azure.get(&target.id) {
        Some(KeyView::Present { key, .. }) => is_adoption(desired, observed, target, key),
        _ => false,
    };
    if !writes || !(leaves || adopts) {
        return None;
    }
    let mut places = places_to_report(desired, observed, published);
    if adopts && !places.iter().any(|place| place.id == target.id) {
        let (wanted, target) = published_target(desired)?;
        places.push(wanted_record(
            &Situation {
                desired,
                observed,
                target,
                stored: published,
            },
            wanted,
        ));
    }
    let listed = |places: &[AzureRecord]| -> BTreeSet<(String, bool, bool)> {
        let key = |place: &AzureRecord| {
            let is_leaving = place.phase == Phase::Leaving;
            (
                place.id.to_string().to_lowercase(),
                is_leaving,
                place.origin == Origin::Adopted,
            )
        };
        places.iter().map(key).collect()
    };
    (listed(&places) != listed(&observed.object.places))
        .then_some(Step::Object(ObjectStep::RecordPlaces { places }))
}

/// The UID that the object is to record: that of a predecessor until all that it left is marked again, its own then. An
/// object that was copied from another of another name has no predecessor.
pub(crate) fn uid_to_record(desired: &Desired, observed: &Observed, is_in_step: bool) -> String {
    let own = || observed.object.uid.clone();
    let recorded = observed
        .object
        .recorded_uid
        .as_ref()
        .filter(|uid| **uid != own() && !is_a_copy(desired, observed));
    let in_secret = match (&observed.secret, desired.source.custody()) {
        (SecretView::Present(facts), Some(custody)) => {
            let owner = secret_owner(desired, custody, observed, facts);
            let is_taken = matches!(owner, SecretOwner::Ours | SecretOwner::TakenUp);
            facts
                .owner_uid
                .as_ref()
                .filter(|uid| is_taken && **uid != own())
        }
        _ => None,
    };
    let is_marked_by = |uid: &String| {
        observed.azure.values().any(|view| match view {
            KeyView::Present { key, .. } => {
                desired.mark.ownership(&key.tags) == Ownership::Namesake(uid.clone())
            }
            _ => false,
        })
    };
    match recorded.or(in_secret) {
        Some(predecessor) if !is_in_step || is_marked_by(predecessor) => predecessor.clone(),
        _ => own(),
    }
}

/// Whether the annotations of the object say anything else than they would with these records.
pub(crate) fn says_something_else(object: &ObjectFacts, wanted: &Record) -> bool {
    let Record {
        records,
        outputs,
        rotation,
        recorded_uid,
    } = wanted;
    let key = |record: &AzureRecord| {
        let adopted = record.origin == Origin::Adopted;
        let retained = record.deletion_policy == DeletionPolicy::Retain;
        (
            record.id.to_string().to_lowercase(),
            record.location.clone(),
            record.store.clone(),
            (adopted, retained),
            record.tags.clone(),
            record.in_step.clone(),
        )
    };
    let same_hints = object.hints.as_ref().is_ok_and(|hints| {
        let mut there: Vec<_> = hints.iter().map(key).collect();
        let mut wanted: Vec<_> = records.iter().map(key).collect();
        there.sort();
        wanted.sort();
        there == wanted
    });
    !same_hints
        || object.outputs != *outputs
        || object.rotation != *rotation
        || (object.recorded_uid.as_ref() != Some(recorded_uid) && object.has_finalizer)
}

/// What is published must be remembered, and the API server keeps only what its definitions name.
pub(crate) fn definitions_are_outdated() -> Finding {
    Finding::needs_user(
        Reason::CrdOutdated,
        "the custom resource definitions in the cluster are older than the operator: the API server drops where keys are in Azure from the status, so nothing is published. Upgrade the definitions: kubectl apply --server-side -f crds/, or helm upgrade of the chart sshkey-operator-crds",
    )
}
