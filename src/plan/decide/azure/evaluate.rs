//! The key in Azure: facts in order, the first that holds decides.

use crate::{
    api::{
        Reason,
        sshkey::{AzureConflictPolicy, CreationPolicy, DeletionPolicy, ReplacePolicy},
        status::Origin,
    },
    keys::PublicKey,
    plan::{
        authority::azure::{is_adoption, may_adopt, right_to},
        decide::azure::difference::{
            difference, is_elsewhere, is_only_reported, listed, wanted_tags,
        },
        decision::{Evaluation, Finding},
        desired::{azure::Target, resolve::Desired},
        observed::{
            azure::{AzureKey, Group, KeyView},
            snapshot::Observed,
        },
        records::{azure::PLACES_MAX, ownership::Ownership},
        step::kinds::Step,
    },
};

/// What to do about our key at its place in Azure. `stored` is the key that is to be published; while there is none, the
/// steps are a preview and none of them may be taken.
pub(crate) fn evaluate_azure(
    desired: &Desired,
    target: &Target,
    observed: &Observed,
    stored: Option<&PublicKey>,
) -> Evaluation {
    if let Some(refusal) = stored.and_then(|key| key.azure_accepts().err()) {
        return Evaluation::finding(Finding::needs_user(Reason::KeyRefused, refusal.to_string()));
    }
    if let Some(finding) = the_pair_would_be_torn(desired, observed, target) {
        return Evaluation::finding(finding);
    }
    let record = observed.record(&target.id);
    if record.is_none() && observed.known.len() >= PLACES_MAX {
        return Evaluation::finding(too_many_places(target));
    }
    match observed.azure.get(&target.id) {
        None => Evaluation::steps(Vec::new()),
        Some(KeyView::Unknown(failure)) => Evaluation::finding(Finding::Blocked(failure.clone())),
        Some(KeyView::Absent { group, .. }) => {
            if is_only_reported(desired, target, record, stored) {
                return Evaluation::finding(drifted(&format!("{} is gone", target.id)));
            }
            publish(desired, target, *group, stored)
        }
        Some(KeyView::Present { key, .. }) => {
            key_is_not_ours(desired, observed, target, key, stored)
                .or_else(|| key_is_in_another_location(target, key))
                .map_or_else(
                    || {
                        if !is_elsewhere(target, key) {
                            keep(desired, observed, target, key, stored)
                        } else if is_only_reported(desired, target, record, stored) {
                            let what = format!("{} is in {} now", target.id, key.location);
                            Evaluation::finding(drifted(&what))
                        } else {
                            recreate(desired, target, stored)
                        }
                    },
                    Evaluation::finding,
                )
        }
    }
}

fn publish(
    desired: &Desired,
    target: &Target,
    group: Group,
    stored: Option<&PublicKey>,
) -> Evaluation {
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
            return Evaluation::finding(Finding::needs_user(
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
    Evaluation::steps(steps)
}

/// The key is there and this object has no right to it.
fn key_is_not_ours(
    desired: &Desired,
    observed: &Observed,
    target: &Target,
    key: &AzureKey,
    stored: Option<&PublicKey>,
) -> Option<Finding> {
    let id = &target.id;
    if right_to(desired, observed, id, key).may_change() {
        return None;
    }
    let is_the_stored_one = stored.is_some() && key.public_key.as_ref().ok() == stored;
    let (whose, remedy) = match desired.mark.ownership(&key.tags) {
        Ownership::Unmarked if may_adopt(target.conflict, is_the_stored_one) => return None,
        Ownership::Ours => return None,
        Ownership::Unmarked => {
            let why = match target.conflict {
                AzureConflictPolicy::AdoptMatching => {
                    "exists with another public key, and spec.azure.conflictPolicy: AdoptMatching takes over only the same one"
                }
                _ => {
                    "exists and is not this SshKey's (spec.azure.conflictPolicy: AdoptMatching or Adopt would take it over)"
                }
            };
            (why.to_owned(), OTHER_NAME_OR_DELETE)
        }
        Ownership::Namesake(uid) => (
            format!(
                "carries the mark of an SshKey of this name with the UID {uid}: one that is gone, with another key; or one that lives in a cluster with the same cluster ID"
            ),
            "Write another name in spec.azure.name, give each cluster a --cluster-id of its own; or, once you know that nobody needs that key, delete it in Azure",
        ),
        Ownership::Foreign(mark) => (
            format!(
                "carries the mark of SshKey {}/{} of cluster {}",
                mark.namespace, mark.object, mark.cluster
            ),
            "Write another name in spec.azure.name",
        ),
    };
    Some(Finding::needs_user(
        Reason::AzureKeyConflict,
        format!("{id} {whose}; it was left alone. {remedy}"),
    ))
}

const OTHER_NAME_OR_DELETE: &str = "Write another name in spec.azure.name; or, once you know that nobody needs that key, delete it in Azure";

/// The Secret would go with the object and the public key would stay, which then lets in nobody: what a rule of the schema
/// refuses where both are written, refused where the policy comes from elsewhere.
fn the_pair_would_be_torn(
    desired: &Desired,
    observed: &Observed,
    target: &Target,
) -> Option<Finding> {
    let azure = desired.azure.as_ref()?;
    let custody = desired.source.custody()?;
    let known = observed.record(&target.id);
    let adopts = match observed.azure.get(&target.id) {
        Some(KeyView::Present { key, .. }) => is_adoption(desired, observed, target, key),
        _ => false,
    };
    let is_adopted = adopts || known.is_some_and(|known| known.origin == Origin::Adopted);
    let stays = azure.deletion_policy.unwrap_or(if is_adopted {
        DeletionPolicy::Retain
    } else {
        DeletionPolicy::Delete
    }) == DeletionPolicy::Retain;
    (stays && custody.deletion == DeletionPolicy::Delete).then(|| {
        Finding::needs_user(
            Reason::DeletionPolicyConflict,
            format!(
                "{} was there before this SshKey and would stay in Azure when it goes, while spec.secret.deletionPolicy: Delete would destroy its private key: write spec.secret.deletionPolicy: Retain, or spec.azure.deletionPolicy: Delete",
                target.id
            ),
        )
    })
}

fn key_is_in_another_location(target: &Target, key: &AzureKey) -> Option<Finding> {
    (is_elsewhere(target, key) && target.replace == ReplacePolicy::Refuse).then(|| {
        Finding::needs_user(
            Reason::LocationConflict,
            format!(
                "{} is stored in {} and {} is asked for, and Azure moves no key: write the location that it has; or azure.replacePolicy: Recreate, to have it deleted and created again; or another azure.name, to have it created there first",
                target.id, key.location, target.location
            ),
        )
    })
}

/// The name is taken by the key itself, so it has to go first.
fn recreate(desired: &Desired, target: &Target, stored: Option<&PublicKey>) -> Evaluation {
    let mut evaluation = publish(desired, target, Group::Exists, stored);
    let id = target.id.clone();
    evaluation.steps.insert(0, Step::DeleteAzureKey { id });
    evaluation
}

fn keep(
    desired: &Desired,
    observed: &Observed,
    target: &Target,
    key: &AzureKey,
    stored: Option<&PublicKey>,
) -> Evaluation {
    let id = &target.id;
    let difference = difference(desired, observed, target, key, stored);
    if difference.is_none() {
        return Evaluation::finding(Finding::Good {
            reason: Reason::KeyPublished,
            message: format!("published as {id}"),
        });
    }
    let record = observed.record(id);
    if is_only_reported(desired, target, record, stored) {
        let what = format!(
            "{} of {id} differ from what is wanted",
            difference.describe()
        );
        return Evaluation::finding(drifted(&what));
    }
    if difference.key.is_some() || difference.tags.is_some() {
        return Evaluation::steps(vec![Step::UpdateAzureKey {
            id: id.clone(),
            public_key: difference.key,
            tags: difference.tags,
        }]);
    }
    Evaluation::finding(Finding::needs_user(
        Reason::TagOverridden,
        format!(
            "somebody turns back the tags {} of {id} whenever they are put right; they are left as they are. Look for a policy in Azure that changes them, and exempt the key; or ask for what it wants",
            listed(&difference.overridden)
        ),
    ))
}

/// What somebody has changed in Azure, and the spec asks only to be told of.
fn drifted(what: &str) -> Finding {
    Finding::needs_user(
        Reason::DriftDetected,
        format!(
            "{what}; nothing was changed, since spec.azure.driftPolicy is Report. Write Repair to have it put right, or ask for what is there"
        ),
    )
}

/// The status has no room for another place.
pub(crate) fn too_many_places(target: &Target) -> Finding {
    Finding::needs_user(
        Reason::TooManyPlaces,
        format!(
            "this SshKey has keys at {PLACES_MAX} places in Azure already, and {} would be one more: delete in Azure those that are to go and were kept by azure.deletionPolicy: Retain; status.azure.places names them",
            target.id
        ),
    )
}
