//! The keys in Azure that are no longer wanted: which of them may go, and what stands against it.

use crate::{
    api::{
        ArmId, Reason,
        names::annotation,
        sshkey::DeletionPolicy,
        status::{Origin, Phase},
    },
    plan::{
        authority::azure::may_delete,
        decision::Finding,
        desired::{resolve::Desired, stores::StoreFact},
        failure::Failure,
        observed::{azure::KeyView, snapshot::Observed},
        records::{azure::AzureRecord, ownership::Mark},
        step::{azure::AzureStep, kinds::Step},
    },
};

/// The keys at places that are no longer wanted, while the object stays: the steps to be rid of them. `Err` is what stands
/// against it. What only a list has shown stays until the object goes, or has no other place.
pub(crate) fn obsolete(
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
        match leave_place(desired, observed, place, place.deletion_policy) {
            Leaving::Gone => {}
            Leaving::Delete => steps.push(Step::Azure(AzureStep::DeleteAzureKey {
                id: place.id.clone(),
            })),
            Leaving::Blocked(finding) => return Err(finding),
        }
    }
    Ok(steps)
}

pub(crate) enum Leaving {
    /// Nothing of ours is there, or it is to stay.
    Gone,
    /// Our key is there and is to go.
    Delete,
    /// It can't be said or done now.
    Blocked(Finding),
}

/// What the spec says now of the place that it asks for, and what was recorded of others: to delete the key is meant for that
/// one alone, to retain it for all. Where it can't be said which place is asked for, it is the only one that is not left.
pub(crate) fn policy_now(
    desired: &Desired,
    observed: &Observed,
    record: &AzureRecord,
) -> DeletionPolicy {
    let Some(azure) = &desired.azure else {
        return record.deletion_policy;
    };
    let is_asked_for = if let Ok(wanted) = &azure.target {
        *wanted.id() == record.id
    } else {
        let is_kept = |place: &AzureRecord| place.phase == Phase::Published;
        let kept = observed.known.iter().filter(|place| is_kept(place));
        is_kept(record) && kept.count() == 1
    };
    match azure.deletion_policy {
        Some(DeletionPolicy::Delete) if !is_asked_for => record.deletion_policy,
        asked => asked.unwrap_or(record.deletion_policy),
    }
}

pub(crate) fn leave_place(
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
pub(crate) fn out_of_reach(desired: &Desired, record: &AzureRecord) -> Finding {
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
pub(crate) fn with_way_out(desired: &Desired, failure: &Failure) -> Failure {
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
    let Mark {
        object,
        namespace,
        uid,
        ..
    } = mark;
    format!(
        "kubectl annotate sshkey {object} --namespace {namespace} {}={uid}, or kubectl sshkey abandon {object} --namespace {namespace}",
        annotation::ABANDON
    )
}
