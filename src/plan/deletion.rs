//! What leaves Azure and the cluster: the keys that are no longer wanted, and everything when the object goes.

use jiff::{SignedDuration, Timestamp};

use super::{
    AzureRecord, Custody, Desired, Failure, KeyView, Observed, Ownership, SecretFacts, SecretView,
    Step, StoreFact,
    decide::{Finding, Judgement},
    outputs,
};
use crate::api::{
    ArmId, ErrorClass, Reason, StoreKind,
    names::annotation,
    rotation::{previous_name, staging_name},
    sshkey::DeletionPolicy,
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
    let records = match &observed.object.records {
        Ok(records) => records.as_slice(),
        Err(_) if observed.object.abandoned => &[],
        Err(why) => return Judgement::finding(records_are_unreadable(why)),
    };
    for record in records {
        let id = || record.id.clone();
        let leaving = leave(desired, observed, record, policy_now(desired, record));
        match leaving {
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
    for object in &observed.object.outputs {
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

/// The keys that are recorded and wanted no more, while the object stays: the steps to be rid of them, and the records
/// that remain once they are gone. `Err` is what stands against it.
pub(super) fn obsolete(
    desired: &Desired,
    observed: &Observed,
    wanted: Option<&ArmId>,
) -> Result<Vec<Step>, Finding> {
    let records = match &observed.object.records {
        Ok(records) => records,
        Err(why) => return Err(records_are_unreadable(why)),
    };
    let (kept, gone): (Vec<&AzureRecord>, Vec<&AzureRecord>) = records
        .iter()
        .partition(|record| Some(&record.id) == wanted);
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    let mut steps = Vec::new();
    for record in gone {
        match leave(desired, observed, record, record.deletion_policy) {
            Leaving::Gone => {}
            Leaving::Delete => steps.push(Step::DeleteAzureKey {
                id: record.id.clone(),
            }),
            Leaving::Blocked(finding) => return Err(finding),
        }
    }
    steps.push(Step::Record {
        records: kept.into_iter().cloned().collect(),
        outputs: observed.object.outputs.clone(),
        rotation: observed.object.rotation.clone(),
    });
    Ok(steps)
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
        Some(KeyView::Absent { .. }) => Leaving::Gone,
        Some(KeyView::Present { key, .. }) => {
            // What this very object published, or has taken over with the Secret and not marked yet, or lost its tags.
            // Another key belongs to whoever came before or after.
            let same_key = key
                .public_key
                .as_ref()
                .is_ok_and(|key| observed.is_own_key(desired, key));
            match desired.mark.ownership(&key.tags) {
                Ownership::Ours => Leaving::Delete,
                Ownership::FormerIncarnation if same_key => Leaving::Delete,
                Ownership::Unmarked if same_key && lets_take_unmarked(desired, record) => {
                    Leaving::Delete
                }
                _ => Leaving::Gone,
            }
        }
        Some(KeyView::Unknown(failure)) => Leaving::Blocked(Finding::Blocked(failure.clone())),
        None => Leaving::Blocked(out_of_reach(desired, record)),
    }
}

/// A record alone proves nothing: it can be written by whoever may write the object. Through a store of the cluster it
/// must not reach a key that nobody's mark protects.
fn lets_take_unmarked(desired: &Desired, record: &AzureRecord) -> bool {
    match record.store.kind {
        StoreKind::AzureStore => true,
        StoreKind::ClusterAzureStore => desired
            .stores
            .get(&record.store)
            .is_some_and(StoreFact::lets_adopt),
    }
}

/// A recorded place that no store reaches.
pub(super) fn out_of_reach(desired: &Desired, record: &AzureRecord) -> Finding {
    let store = &record.store;
    let (id, object) = (&record.id, &desired.mark.object);
    let (failure, why) = match desired.stores.get(store).and_then(StoreFact::problem) {
        Some(failure) => (
            Failure {
                reason: Reason::StoreNotReady,
                ..failure.clone()
            },
            format!("{store} is not ready: {}", failure.message),
        ),
        None => (
            Failure::to_fix(Reason::StoreNotFound, ""),
            format!("{store} does not exist"),
        ),
    };
    Finding::Blocked(Failure {
        message: format!(
            "{id} can't be reached: {why}. Bring the store back; or, to leave in Azure what is there and let this SshKey go, delete it and annotate it: kubectl annotate sshkey {object} {}={}",
            annotation::ABANDON,
            desired.mark.uid
        ),
        ..failure
    })
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
    match &observed.secret {
        SecretView::Present(facts)
            if custody.deletion == DeletionPolicy::Delete
                && facts.owner_name.as_deref() == Some(desired.mark.object.as_str())
                && facts.owner_uid.as_deref() == Some(observed.object.uid.as_str()) =>
        {
            Some((custody, facts))
        }
        _ => None,
    }
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

pub(super) fn records_are_unreadable(why: &str) -> Finding {
    Finding::held(
        Reason::InvalidObject,
        format!(
            "the annotation {} can't be read ({why}): it says where this key is in Azure. Put it back as it was; once it is right, this goes on",
            annotation::AZURE_KEYS
        ),
    )
}

fn deleted() -> Finding {
    Finding::Good {
        reason: Reason::Deleting,
        message: "nothing is left to delete".to_owned(),
    }
}
