//! The key in Azure: facts in order, the first that holds decides.

use crate::{
    api::{
        Reason,
        sshkey::{AzureConflictPolicy, CreationPolicy, DeletionPolicy, ReplacePolicy},
        status::Origin,
    },
    plan::{
        authority::azure::{is_adoption, may_adopt, right_to},
        decide::azure::{
            difference::{difference, is_elsewhere, is_only_reported, listed, wanted_tags},
            situation::Situation,
        },
        decision::{Evaluation, Finding},
        desired::azure::Target,
        observed::azure::{AzureKey, Group, KeyView},
        records::{azure::PLACES_MAX, ownership::Ownership},
        step::{
            azure::{AzureStep, PublishKey, UpdateAzureKey},
            kinds::Step,
            planned::{Planned, Preview},
        },
    },
};

/// The facts of a place where the key is wanted.
const FACTS: [fn(&Situation<'_>) -> Option<Evaluation>; 8] = [
    // Azure takes no key of this kind.
    key_is_refused,
    // The private half would go in the end, and the public one stay.
    the_pair_would_be_torn,
    // The status has no room for another place.
    there_is_no_room,
    // Nobody can tell what is there.
    can_not_be_read,
    // There is no key.
    is_missing,
    // There is a key, and no right to it.
    is_not_ours,
    // It is in another location than the one that is wanted.
    is_elsewhere_for_good,
    // The same, and it may be created again.
    is_to_be_moved,
];

/// What to do about our key at its place in Azure. While there is no key to be published, the steps are a preview and none
/// of them may be taken.
pub(crate) fn evaluate_azure(situation: Situation<'_>) -> Evaluation {
    let situation = &situation;
    let decided = FACTS.iter().find_map(|fact| fact(situation));
    decided.unwrap_or_else(|| match situation.key() {
        Some(key) => keep(situation, key),
        // It was not asked about.
        None => Evaluation::steps(Vec::new()),
    })
}

fn key_is_refused(situation: &Situation<'_>) -> Option<Evaluation> {
    let refusal = situation.stored?.azure_accepts().err()?;
    let finding = Finding::needs_user(Reason::KeyRefused, refusal.to_string());
    Some(Evaluation::finding(finding))
}

fn there_is_no_room(situation: &Situation<'_>) -> Option<Evaluation> {
    let is_full = situation.observed.known.len() >= PLACES_MAX;
    (situation.record().is_none() && is_full)
        .then(|| Evaluation::finding(too_many_places(situation.target)))
}

fn can_not_be_read(situation: &Situation<'_>) -> Option<Evaluation> {
    match situation.view()? {
        KeyView::Unknown(failure) => Some(Evaluation::finding(Finding::Blocked(failure.clone()))),
        KeyView::Absent { .. } | KeyView::Present { .. } => None,
    }
}

fn is_missing(situation: &Situation<'_>) -> Option<Evaluation> {
    match situation.view()? {
        KeyView::Absent { .. } if is_only_reported(situation) => {
            Some(drifted(&format!("{} is gone", situation.target.id)))
        }
        KeyView::Absent { group, .. } => Some(publish(situation, *group)),
        KeyView::Present { .. } | KeyView::Unknown(_) => None,
    }
}

fn publish(situation: &Situation<'_>, group: Group) -> Evaluation {
    let Situation {
        desired,
        target,
        stored,
        ..
    } = *situation;
    let mut steps = Vec::new();
    match (group, target.group_creation) {
        (Group::Exists, _) => {}
        (Group::Missing, CreationPolicy::IfMissing) => {
            let group = AzureStep::CreateResourceGroup {
                id: target.id.clone(),
                location: target.location.clone(),
            };
            steps.push(Planned::Step(group.into()));
        }
        (Group::Missing, CreationPolicy::Never) => {
            return Evaluation::finding(Finding::needs_user(
                Reason::ResourceGroupNotFound,
                format!(
                    "resource group {group} does not exist in subscription {subscription}: create it (az group create --subscription {subscription} --name {group} --location {}), or write resourceGroup.creationPolicy: IfMissing",
                    target.location,
                    group = target.id.resource_group,
                    subscription = target.id.subscription,
                ),
            ));
        }
    }
    steps.push(match stored {
        Some(key) => {
            let publish = PublishKey {
                id: target.id.clone(),
                location: target.location.clone(),
                tags: wanted_tags(desired, target),
                public_key: key.clone(),
            };
            Planned::Step(AzureStep::PublishKey(publish).into())
        }
        None => Planned::Preview(Preview::PublishKey {
            id: target.id.clone(),
        }),
    });
    Evaluation::planned(steps)
}

fn is_not_ours(situation: &Situation<'_>) -> Option<Evaluation> {
    let Situation {
        desired,
        observed,
        target,
        stored,
    } = *situation;
    let key = situation.key()?;
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
    Some(Evaluation::finding(Finding::needs_user(
        Reason::AzureKeyConflict,
        format!("{id} {whose}; it was left alone. {remedy}"),
    )))
}

const OTHER_NAME_OR_DELETE: &str = "Write another name in spec.azure.name; or, once you know that nobody needs that key, delete it in Azure";

/// The Secret would go with the object and the public key would stay, which then lets in nobody: what a rule of the schema
/// refuses where both are written, refused where the policy comes from elsewhere.
fn the_pair_would_be_torn(situation: &Situation<'_>) -> Option<Evaluation> {
    let Situation {
        desired,
        observed,
        target,
        ..
    } = *situation;
    let azure = desired.azure.as_ref()?;
    let custody = desired.source.custody()?;
    let known = situation.record();
    let key = situation.key();
    let adopts = key.is_some_and(|key| is_adoption(desired, observed, target, key));
    let is_adopted = adopts || known.is_some_and(|known| known.origin == Origin::Adopted);
    let stays = azure.deletion_policy.unwrap_or(if is_adopted {
        DeletionPolicy::Retain
    } else {
        DeletionPolicy::Delete
    }) == DeletionPolicy::Retain;
    (stays && custody.deletion == DeletionPolicy::Delete).then(|| {
        Evaluation::finding(Finding::needs_user(
            Reason::DeletionPolicyConflict,
            format!(
                "{} was there before this SshKey and would stay in Azure when it goes, while spec.secret.deletionPolicy: Delete would destroy its private key: write spec.secret.deletionPolicy: Retain, or spec.azure.deletionPolicy: Delete",
                target.id
            ),
        ))
    })
}

fn is_elsewhere_for_good(situation: &Situation<'_>) -> Option<Evaluation> {
    let (target, key) = (situation.target, situation.key()?);
    (is_elsewhere(target, key) && target.replace == ReplacePolicy::Refuse).then(|| {
        Evaluation::finding(Finding::needs_user(
            Reason::LocationConflict,
            format!(
                "{} is stored in {} and {} is asked for, and Azure moves no key: write the location that it has; or azure.replacePolicy: Recreate, to have it deleted and created again; or another azure.name, to have it created there first",
                target.id, key.location, target.location
            ),
        ))
    })
}

/// The name is taken by the key itself, so it has to go first.
fn is_to_be_moved(situation: &Situation<'_>) -> Option<Evaluation> {
    let (target, key) = (situation.target, situation.key()?);
    if !is_elsewhere(target, key) {
        return None;
    }
    if is_only_reported(situation) {
        let what = format!("{} is in {} now", target.id, key.location);
        return Some(drifted(&what));
    }
    let mut evaluation = publish(situation, Group::Exists);
    let id = target.id.clone();
    evaluation
        .steps
        .insert(0, Planned::Step(AzureStep::DeleteAzureKey { id }.into()));
    Some(evaluation)
}

/// The key is ours, and where it is wanted: what differs is put right.
fn keep(situation: &Situation<'_>, key: &AzureKey) -> Evaluation {
    let id = &situation.target.id;
    let difference = difference(situation, key);
    if difference.is_none() {
        return Evaluation::finding(Finding::Good {
            reason: Reason::KeyPublished,
            message: format!("published as {id}"),
        });
    }
    if is_only_reported(situation) {
        let what = format!(
            "{} of {id} differ from what is wanted",
            difference.describe()
        );
        return drifted(&what);
    }
    if difference.key.is_some() || difference.tags.is_some() {
        return Evaluation::steps(vec![Step::Azure(AzureStep::UpdateAzureKey(
            UpdateAzureKey {
                id: id.clone(),
                public_key: difference.key,
                tags: difference.tags,
            },
        ))]);
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
fn drifted(what: &str) -> Evaluation {
    Evaluation::finding(Finding::needs_user(
        Reason::DriftDetected,
        format!(
            "{what}; nothing was changed, since spec.azure.driftPolicy is Report. Write Repair to have it put right, or ask for what is there"
        ),
    ))
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
