//! The key in Azure: facts in order, the first that holds decides.

use super::{
    AzureKey, AzureRecord, Desired, DesiredAzure, Group, KeyView, Observed, Ownership, Step,
    Target,
    decide::{Finding, Judgement},
    difference::{difference, digest_of, is_only_reported, listed, short_location, wanted_tags},
    ownership::value,
};
use crate::{
    api::{
        Reason,
        sshkey::{AzureConflictPolicy, CreationPolicy, DeletionPolicy, DriftPolicy, ReplacePolicy},
    },
    keys::PublicKey,
};

/// What to do about our key at its place in Azure. `stored` is the key that is to be published; while there is none, the
/// steps are a preview and none of them may be taken.
pub(super) fn judge(
    desired: &Desired,
    target: &Target,
    observed: &Observed,
    stored: Option<&PublicKey>,
) -> Judgement {
    if let Some(refusal) = stored.and_then(|key| key.azure_accepts().err()) {
        return Judgement::finding(Finding::held(Reason::KeyRefused, refusal.to_string()));
    }
    let record = observed.object.record(&target.id);
    match observed.azure.get(&target.id) {
        None => Judgement::steps(Vec::new()),
        Some(KeyView::Unknown(failure)) => Judgement::finding(Finding::Blocked(failure.clone())),
        Some(KeyView::Absent { group, .. }) => {
            if is_only_reported(desired, target, record, stored) {
                return Judgement::finding(drifted(&format!("{} is gone", target.id)));
            }
            publish(desired, target, *group, stored)
        }
        Some(KeyView::Present { key, .. }) => {
            key_is_not_ours(desired, target, key, stored, record.is_some())
                .or_else(|| key_is_in_another_location(target, key))
                .map_or_else(
                    || {
                        if !is_elsewhere(target, key) {
                            keep(desired, observed, target, key, stored)
                        } else if is_only_reported(desired, target, record, stored) {
                            let what = format!("{} is in {} now", target.id, key.location);
                            Judgement::finding(drifted(&what))
                        } else {
                            recreate(desired, target, stored)
                        }
                    },
                    Judgement::finding,
                )
        }
    }
}

fn publish(
    desired: &Desired,
    target: &Target,
    group: Group,
    stored: Option<&PublicKey>,
) -> Judgement {
    let mut steps = Vec::new();
    match (group, target.group_creation) {
        (Group::Exists, _) => {}
        (Group::Missing, CreationPolicy::IfMissing) => {
            steps.push(Step::CreateResourceGroup {
                id: target.id.clone(),
                location: target.location.clone(),
            });
        }
        (Group::Missing, CreationPolicy::Never) => {
            return Judgement::finding(Finding::held(
                Reason::ResourceGroupNotFound,
                format!(
                    "resource group {} does not exist in subscription {}: create it (az group create --name {} --location {}), or write resourceGroup.creationPolicy: IfMissing",
                    target.id.resource_group,
                    target.id.subscription,
                    target.id.resource_group,
                    target.location
                ),
            ));
        }
    }
    steps.push(Step::PublishKey {
        id: target.id.clone(),
        location: target.location.clone(),
        tags: wanted_tags(desired, target),
        public_key: stored.cloned(),
    });
    Judgement::steps(steps)
}

/// Without our mark it is somebody's; under a former incarnation's mark only with the key that our Secret holds.
fn key_is_not_ours(
    desired: &Desired,
    target: &Target,
    key: &AzureKey,
    stored: Option<&PublicKey>,
    is_recorded: bool,
) -> Option<Finding> {
    let id = &target.id;
    let is_the_stored_one = stored.is_some() && key.public_key.as_ref().ok() == stored;
    let whose = match desired.mark.ownership(&key.tags) {
        Ownership::Ours => return None,
        Ownership::FormerIncarnation if is_the_stored_one => return None,
        // Our key in our place, from which somebody took the tags: the mark is put back.
        Ownership::Unmarked if is_recorded && is_the_stored_one => return None,
        Ownership::Unmarked => match target.conflict {
            AzureConflictPolicy::Adopt => return None,
            AzureConflictPolicy::AdoptMatching if is_the_stored_one => return None,
            AzureConflictPolicy::AdoptMatching => {
                "exists with another public key, and spec.azure.conflictPolicy: AdoptMatching takes over only the same one".to_owned()
            }
            AzureConflictPolicy::Refuse => {
                "exists and is not this SshKey's (spec.azure.conflictPolicy: AdoptMatching or Adopt would take it over)".to_owned()
            }
        },
        Ownership::FormerIncarnation => {
            "carries the mark of an earlier SshKey of this name, with another key".to_owned()
        }
        Ownership::Foreign(mark) => {
            format!(
                "belongs to SshKey {}/{} of cluster {}",
                mark.namespace, mark.object, mark.cluster
            )
        }
    };
    Some(Finding::held(
        Reason::AzureKeyConflict,
        format!(
            "{id} {whose}; it was left alone. Write another name in spec.azure.name, or delete that key in Azure"
        ),
    ))
}

fn key_is_in_another_location(target: &Target, key: &AzureKey) -> Option<Finding> {
    (is_elsewhere(target, key) && target.replace == ReplacePolicy::Refuse).then(|| {
        Finding::held(
            Reason::LocationConflict,
            format!(
                "{} is stored in {} and {} is asked for, and Azure moves no key: write the location that it has; or azure.replacePolicy: Recreate, to have it deleted and created again; or another azure.name, to have it created there first",
                target.id, key.location, target.location
            ),
        )
    })
}

fn is_elsewhere(target: &Target, key: &AzureKey) -> bool {
    short_location(&key.location) != short_location(&target.location)
}

/// The name is taken by the key itself, so it has to go first.
fn recreate(desired: &Desired, target: &Target, stored: Option<&PublicKey>) -> Judgement {
    let mut judgement = publish(desired, target, Group::Exists, stored);
    let id = target.id.clone();
    judgement.steps.insert(0, Step::DeleteAzureKey { id });
    judgement
}

fn keep(
    desired: &Desired,
    observed: &Observed,
    target: &Target,
    key: &AzureKey,
    stored: Option<&PublicKey>,
) -> Judgement {
    let id = &target.id;
    let difference = difference(desired, observed, target, key, stored);
    if difference.is_none() {
        return Judgement::finding(Finding::Good {
            reason: Reason::KeyPublished,
            message: format!("published as {id}"),
        });
    }
    let record = observed.object.record(id);
    if is_only_reported(desired, target, record, stored) {
        let what = format!(
            "{} of {id} differ from what is wanted",
            difference.describe()
        );
        return Judgement::finding(drifted(&what));
    }
    if difference.key.is_some() || difference.tags.is_some() {
        return Judgement::steps(vec![Step::UpdateAzureKey {
            id: id.clone(),
            public_key: difference.key,
            tags: difference.tags,
        }]);
    }
    Judgement::finding(Finding::held(
        Reason::TagOverridden,
        format!(
            "somebody turns back the tags {} of {id} whenever they are put right; they are left as they are. Look for a policy in Azure that changes them, and exempt the key; or ask for what it wants",
            listed(&difference.overridden)
        ),
    ))
}

/// What somebody has changed in Azure, and the spec asks only to be told of.
fn drifted(what: &str) -> Finding {
    Finding::held(
        Reason::DriftDetected,
        format!(
            "{what}; nothing was changed, since spec.azure.driftPolicy is Report. Write Repair to have it put right, or ask for what is there"
        ),
    )
}

/// The records that the object must carry before the key may be written: the target's beside all others.
/// `None` when they are so already.
pub(super) fn records_to_write(
    desired: &Desired,
    azure: &DesiredAzure,
    target: &Target,
    observed: &Observed,
    published: Option<&PublicKey>,
) -> Option<Vec<AzureRecord>> {
    let records = observed.object.records.as_deref().ok()?;
    let before = observed.object.record(&target.id);
    let wanted: Vec<String> = target.tags.keys().cloned().collect();
    let mut tags = wanted.clone();
    if let Some(before) = before {
        let still_there = |name: &&String| match observed.azure.get(&target.id) {
            Some(KeyView::Present { key, .. }) => value(&key.tags, name).is_some(),
            _ => true,
        };
        tags.extend(before.tags.iter().filter(still_there).cloned());
    }
    tags.sort();
    tags.dedup();
    let adopted = match observed.azure.get(&target.id) {
        Some(KeyView::Present { key, .. }) => {
            before.is_some_and(|before| before.adopted)
                || (target.conflict != AzureConflictPolicy::Refuse
                    && is_adoption(desired, observed, key, before))
        }
        Some(KeyView::Absent { .. }) => false,
        Some(KeyView::Unknown(_)) | None => before.is_some_and(|before| before.adopted),
    };
    // What was there before this object stays when it goes, unless the spec says otherwise.
    let unless_asked = if adopted {
        DeletionPolicy::Retain
    } else {
        DeletionPolicy::Delete
    };
    let record = AzureRecord {
        id: before.map_or_else(|| target.id.clone(), |before| before.id.clone()),
        location: target.location.clone(),
        store: azure.store.clone(),
        deletion_policy: azure.deletion_policy.unwrap_or(unless_asked),
        adopted,
        tags,
        in_step: in_step(desired, target, observed, published, before),
    };
    if before == Some(&record) {
        return None;
    }
    let mut records: Vec<AzureRecord> = records
        .iter()
        .filter(|other| other.id != target.id)
        .cloned()
        .collect();
    records.push(record);
    Some(records)
}

/// What was last seen in Azure as it was wanted, where what changes after that is only to be reported.
fn in_step(
    desired: &Desired,
    target: &Target,
    observed: &Observed,
    published: Option<&PublicKey>,
    before: Option<&AzureRecord>,
) -> Option<String> {
    if target.drift == DriftPolicy::Repair {
        return None;
    }
    let stored = published?;
    match observed.azure.get(&target.id) {
        Some(KeyView::Present { key, .. })
            if !is_elsewhere(target, key)
                && difference(desired, observed, target, key, Some(stored)).is_none() =>
        {
            Some(digest_of(desired, target, stored))
        }
        _ => before?.in_step.clone(),
    }
}

/// Whether the key there is about to be taken over: it is nobody's, and not our own without its tags.
fn is_adoption(
    desired: &Desired,
    observed: &Observed,
    key: &AzureKey,
    before: Option<&AzureRecord>,
) -> bool {
    let ours = before.is_some()
        && key
            .public_key
            .as_ref()
            .is_ok_and(|key| observed.is_own_key(desired, key));
    desired.mark.ownership(&key.tags) == Ownership::Unmarked && !ours
}
