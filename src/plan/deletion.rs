//! What leaves Azure and the cluster: the keys that are no longer wanted, and everything when the object goes.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{
    AzureRecord, Custody, Desired, Failure, KeyView, Mark, Observed, SecretFacts, SecretView, Step,
    StoreFact,
    authority::{keeps, may_delete},
    decide::{Finding, Judgement},
    outputs,
};
use crate::api::{
    ArmId, ErrorClass, OutputRef, Reason, StoreKind,
    names::annotation,
    rotation::{previous_name, staging_name},
    sshkey::DeletionPolicy,
    status::Origin,
};

/// The deletion of the object itself: Azure first, then the outputs, then the Secret, then the finalizer.
pub(super) fn judge(
    desired: &Desired,
    observed: &Observed,
    orphan_after: SignedDuration,
    now: Timestamp,
) -> Judgement {
    if !observed.object.has_finalizer {
        return Judgement::finding(deleted());
    }
    if desired.protected {
        return Judgement::finding(Finding::held(
            Reason::DeletionProtected,
            "spec.deletionProtection is true: nothing was deleted, in Azure or in the cluster. Set it to false to let the deletion go on",
        ));
    }
    let mut steps = Vec::new();
    let mut orphans = Vec::new();
    for place in &observed.known {
        let id = || place.id.clone();
        match leave(desired, observed, place, policy_now(desired, place)) {
            Leaving::Gone => {}
            // Whoever gives up on Azure does so on what can be reached as well: it may be what refuses to go.
            Leaving::Delete | Leaving::Blocked(_) if observed.object.abandoned => {
                orphans.push(id());
            }
            Leaving::Delete => steps.push(Step::DeleteAzureKey { id: id() }),
            Leaving::Blocked(finding)
                if !waits_its_turn(&finding) && is_out_of_reach(observed, orphan_after, now) =>
            {
                orphans.push(id());
            }
            Leaving::Blocked(finding) => return Judgement { steps, finding },
        }
    }
    match hints_to_wait_for(desired, observed) {
        Some(_) if observed.object.abandoned || is_out_of_reach(observed, orphan_after, now) => {}
        Some(finding) => return Judgement { steps, finding },
        None => {}
    }
    orphans.extend(unreachable_hints(desired, observed));
    let outputs: BTreeSet<&OutputRef> = observed.object.all_outputs().collect();
    for object in outputs {
        match outputs::leave(desired, observed, object) {
            Ok(more) => steps.extend(more),
            // Whoever gives up, gives up on what can't be looked at or deleted.
            Err(_) if observed.object.abandoned => {}
            Err(failure) => {
                let finding = Finding::Blocked(failure);
                return Judgement { steps, finding };
            }
        }
    }
    steps.extend(companions_to_delete(desired, observed));
    if let Some((custody, secret)) = secret_to_delete(desired, observed) {
        steps.push(Step::DeleteSecret {
            name: custody.name.clone(),
            uid: secret.uid.clone(),
        });
    }
    steps.push(Step::RemoveFinalizer { orphans });
    Judgement::steps(steps)
}

/// The keys at places that are no longer wanted, while the object stays: the steps to be rid of them. `Err` is what stands
/// against it. What only a list has shown stays until the object goes, or has no other place.
pub(super) fn obsolete(
    desired: &Desired,
    observed: &Observed,
    wanted: Option<&ArmId>,
) -> Result<Vec<Step>, Finding> {
    let mut steps = Vec::new();
    let is_found = |place: &AzureRecord| place.origin == Origin::Found;
    let has_another = wanted.is_some() || observed.known.iter().any(|place| !is_found(place));
    let left = observed
        .known
        .iter()
        .filter(|place| Some(&place.id) != wanted && !(is_found(place) && has_another));
    for place in left {
        match leave(desired, observed, place, place.deletion_policy) {
            Leaving::Gone => {}
            Leaving::Delete => steps.push(Step::DeleteAzureKey {
                id: place.id.clone(),
            }),
            Leaving::Blocked(finding) => return Err(finding),
        }
    }
    Ok(steps)
}

/// A hint that may be asked about and could not be: our key may be there after a crash. It is waited for while that helps.
fn hints_to_wait_for(desired: &Desired, observed: &Observed) -> Option<Finding> {
    let hints = observed.object.hints.iter().flatten();
    let mut unknown = hints
        .filter(|hint| observed.record(&hint.id).is_none())
        .filter_map(|hint| match observed.azure.get(&hint.id) {
            Some(KeyView::Unknown(failure)) => Some(failure),
            // Nothing could be asked, since its store can't be used at this moment.
            None => desired
                .stores
                .get(&hint.store)
                .filter(|fact| fact.is_open_to(&desired.mark.namespace))
                .and_then(StoreFact::problem),
            Some(_) => None,
        })
        .filter(|failure| !failure.is_to_fix());
    unknown
        .next()
        .map(|failure| Finding::Blocked(failure.clone()))
}

/// Hints that name a store of this namespace that is gone: nothing can say any longer what is there.
fn unreachable_hints<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
) -> impl Iterator<Item = ArmId> + 'a {
    let hints = observed.object.hints.iter().flatten();
    let is_gone = |hint: &&AzureRecord| {
        hint.store.kind == StoreKind::AzureStore
            && observed.record(&hint.id).is_none()
            && matches!(
                desired.stores.get(&hint.store),
                None | Some(StoreFact::NotFound)
            )
    };
    hints.filter(is_gone).map(|hint| hint.id.clone())
}

enum Leaving {
    /// Nothing of ours is there, or it is to stay.
    Gone,
    /// Our key is there and is to go.
    Delete,
    /// It can't be said or done now.
    Blocked(Finding),
}

/// What the spec says now, while it still asks for the key; what was recorded otherwise.
fn policy_now(desired: &Desired, record: &AzureRecord) -> DeletionPolicy {
    let asked = desired
        .azure
        .as_ref()
        .and_then(|azure| azure.deletion_policy);
    asked.unwrap_or(record.deletion_policy)
}

fn leave(
    desired: &Desired,
    observed: &Observed,
    record: &AzureRecord,
    policy: DeletionPolicy,
) -> Leaving {
    if policy == DeletionPolicy::Retain {
        return Leaving::Gone;
    }
    match observed.azure.get(&record.id) {
        Some(KeyView::Present { key, .. }) if may_delete(desired, observed, record, key) => {
            Leaving::Delete
        }
        // Another key belongs to an object that came before or after.
        Some(KeyView::Absent { .. } | KeyView::Present { .. }) => Leaving::Gone,
        Some(KeyView::Unknown(failure)) => {
            Leaving::Blocked(Finding::Blocked(with_way_out(desired, failure)))
        }
        None => Leaving::Blocked(out_of_reach(desired, record)),
    }
}

/// A recorded place that no store reaches.
pub(super) fn out_of_reach(desired: &Desired, record: &AzureRecord) -> Finding {
    let store = &record.store;
    let id = &record.id;
    let (failure, why) = match desired.stores.get(store).and_then(StoreFact::problem) {
        Some(failure) => (
            Failure {
                reason: Reason::StoreNotReady,
                ..failure.clone()
            },
            format!("{store} is not ready: {}", failure.message),
        ),
        None if matches!(
            desired.stores.get(store),
            Some(StoreFact::Shared(_) | StoreFact::Ready(_))
        ) =>
        {
            (
                Failure::to_fix(Reason::NamespaceNotAllowed, ""),
                format!("{store} does not let this SshKey ask about it"),
            )
        }
        None => (
            Failure::to_fix(Reason::StoreNotFound, ""),
            format!("{store} does not exist"),
        ),
    };
    Finding::Blocked(Failure {
        message: format!(
            "{id} can't be reached: {why}. Bring the store back; or, to leave in Azure what is there and let this SshKey go, delete it and annotate it: {}",
            abandon(&desired.mark)
        ),
        ..failure
    })
}

/// A failure that a person has to mend, with the way to do without Azure: what is refused may be so for good.
pub(super) fn with_way_out(desired: &Desired, failure: &Failure) -> Failure {
    let message = &failure.message;
    if !failure.is_to_fix() || message.contains(annotation::ABANDON) {
        return failure.clone();
    }
    Failure {
        message: format!(
            "{message}. Or, to leave in Azure what is there and let this SshKey go once it is deleted: {}",
            abandon(&desired.mark)
        ),
        ..failure.clone()
    }
}

/// The command by which a person gives up what is in Azure.
fn abandon(mark: &Mark) -> String {
    format!(
        "kubectl annotate sshkey {} --namespace {} {}={}",
        mark.object,
        mark.namespace,
        annotation::ABANDON,
        mark.uid
    )
}

/// What only waits until Azure takes more requests is not out of reach.
fn waits_its_turn(finding: &Finding) -> bool {
    matches!(finding, Finding::Blocked(failure) if matches!(failure.class, ErrorClass::Throttled(_)))
}

/// A namespace in deletion has lost its credentials for good: waiting longer would only hold the namespace.
fn is_out_of_reach(observed: &Observed, orphan_after: SignedDuration, now: Timestamp) -> bool {
    let waited = observed
        .object
        .deleting_since
        .map(|since| now.duration_since(since));
    observed.namespace_terminating && waited.is_some_and(|waited| waited >= orphan_after)
}

fn secret_to_delete<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
) -> Option<(&'a Custody, &'a SecretFacts)> {
    let custody = desired.source.custody()?;
    let is_of_another_namespace = |facts: &SecretFacts| {
        let recorded = facts.owner_namespace.as_ref();
        recorded.is_some_and(|namespace| *namespace != desired.mark.namespace)
    };
    match &observed.secret {
        SecretView::Present(facts)
            if custody.deletion == DeletionPolicy::Delete
                && facts.is_well_formed
                && !public_key_stays(desired, observed)
                && facts.owner_name.as_deref() == Some(desired.mark.object.as_str())
                && !is_of_another_namespace(facts)
                && facts.owner_uid.as_deref() == Some(observed.object.uid.as_str()) =>
        {
            Some((custody, facts))
        }
        _ => None,
    }
}

/// Whether the public key of this object stays in Azure: its private half is not destroyed then.
fn public_key_stays(desired: &Desired, observed: &Observed) -> bool {
    let is_there = |place: &AzureRecord| match observed.azure.get(&place.id) {
        Some(KeyView::Present { key, .. }) => keeps(desired, observed, key),
        _ => false,
    };
    let stays = |place: &&AzureRecord| policy_now(desired, place) == DeletionPolicy::Retain;
    observed.known.iter().filter(stays).any(is_there)
}

/// What is beside the managed Secret goes with it, and first.
fn companions_to_delete(desired: &Desired, observed: &Observed) -> Vec<Step> {
    let custody = desired.source.custody();
    let Some(custody) = custody.filter(|custody| custody.deletion == DeletionPolicy::Delete) else {
        return Vec::new();
    };
    let staged = observed.companions.staged();
    let staged = staged.map(|facts| Step::DropStagedKey {
        name: staging_name(&custody.name),
        uid: facts.uid.clone(),
    });
    let previous = observed.companions.previous();
    let previous = previous.map(|facts| Step::DeletePreviousKeys {
        name: previous_name(&custody.name),
        uid: facts.uid.clone(),
    });
    staged.into_iter().chain(previous).collect()
}

fn deleted() -> Finding {
    Finding::Good {
        reason: Reason::Deleting,
        message: "nothing is left to delete".to_owned(),
    }
}
