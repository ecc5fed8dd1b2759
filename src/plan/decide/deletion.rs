//! What leaves Azure and the cluster: the keys that are no longer wanted, and everything when the object goes.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::{
    api::{
        ArmId, ErrorClass, OutputRef, Reason, StoreKind,
        rotation::{previous_name, staging_name},
        sshkey::DeletionPolicy,
    },
    plan::{
        authority::azure::keeps,
        decide::{
            azure::leaving::{Leaving, leave_place, policy_now},
            outputs::leave_output,
        },
        decision::Finding,
        desired::{resolve::Desired, stores::StoreFact},
        observed::{
            azure::KeyView,
            secret::{SecretFacts, SecretView},
            snapshot::Observed,
        },
        records::azure::AzureRecord,
        step::{
            azure::AzureStep, kinds::Step, object::ObjectStep, rotation::RotationStep,
            secret::SecretStep,
        },
    },
};

/// What the end of an object starts from.
#[derive(Clone, Copy)]
struct Situation<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
    /// How long an object of a namespace in deletion waits for an Azure that nothing can reach any more.
    orphan_after: SignedDuration,
    now: Timestamp,
}

/// What an end takes, as far as it was decided.
#[derive(Default)]
struct Ending {
    steps: Vec<Step>,
    /// What is left behind in Azure.
    orphans: Vec<ArmId>,
}

type Stage = fn(&Situation<'_>, &mut Ending) -> Result<(), Finding>;

/// What goes before the Secrets, stage by stage. What stands against one stops all that comes after it.
const STAGES: [Stage; 3] = [keys_in_azure, hints_at_keys, outputs];

/// The deletion of the object itself, and how it stands: Azure first, then the outputs, then the Secrets, then the finalizer.
pub(crate) fn evaluate_deletion(
    desired: &Desired,
    observed: &Observed,
    orphan_after: SignedDuration,
    now: Timestamp,
) -> (Vec<Step>, Finding) {
    if !observed.object.has_finalizer {
        return (Vec::new(), deleted());
    }
    if desired.protected {
        let finding = Finding::needs_user(
            Reason::DeletionProtected,
            "spec.deletionProtection is true: nothing was deleted, in Azure or in the cluster. Set it to false to let the deletion go on",
        );
        return (Vec::new(), finding);
    }
    let situation = Situation {
        desired,
        observed,
        orphan_after,
        now,
    };
    let mut ending = Ending::default();
    for stage in STAGES {
        if let Err(finding) = stage(&situation, &mut ending) {
            return (ending.steps, finding);
        }
    }
    let Ending { mut steps, orphans } = ending;
    steps.extend(rotation_secrets_to_delete(desired, observed));
    steps.extend(managed_secret_to_delete(desired, observed));
    steps.push(Step::Object(ObjectStep::RemoveFinalizer { orphans }));
    (steps, Finding::Pending)
}

fn keys_in_azure(situation: &Situation<'_>, ending: &mut Ending) -> Result<(), Finding> {
    let Situation {
        desired, observed, ..
    } = *situation;
    for place in &observed.known {
        let id = place.id.clone();
        match leave_place(
            desired,
            observed,
            place,
            policy_now(desired, observed, place),
        ) {
            Leaving::Gone => {}
            // A person who gives up on Azure does so on what can be reached as well: it may be what refuses to go.
            Leaving::Delete | Leaving::Blocked(_) if observed.object.abandoned => {
                ending.orphans.push(id);
            }
            Leaving::Delete => ending
                .steps
                .push(Step::Azure(AzureStep::DeleteAzureKey { id })),
            Leaving::Blocked(finding)
                if !passes_by_itself(&finding) && is_out_of_reach(situation) =>
            {
                ending.orphans.push(id);
            }
            Leaving::Blocked(finding) => return Err(finding),
        }
    }
    Ok(())
}

fn hints_at_keys(situation: &Situation<'_>, ending: &mut Ending) -> Result<(), Finding> {
    let Situation {
        desired, observed, ..
    } = *situation;
    match hints_to_wait_for(desired, observed) {
        Some(finding)
            if !observed.object.abandoned
                && (passes_by_itself(&finding) || !is_out_of_reach(situation)) =>
        {
            return Err(finding);
        }
        _ => {}
    }
    ending.orphans.extend(unreachable_hints(desired, observed));
    Ok(())
}

fn outputs(situation: &Situation<'_>, ending: &mut Ending) -> Result<(), Finding> {
    let observed = situation.observed;
    let outputs: BTreeSet<&OutputRef> = observed.object.all_outputs().collect();
    for object in outputs {
        match leave_output(situation.desired, observed, object) {
            Ok(more) => ending.steps.extend(more),
            // A person who gives up, gives up on what can't be read or deleted.
            Err(_) if observed.object.abandoned => {}
            Err(failure) => return Err(Finding::Blocked(failure)),
        }
    }
    Ok(())
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

/// Whether the operator could ask Azure, and Azure refused for now or did not answer. It has credentials then, so the key is
/// not out of reach.
fn passes_by_itself(finding: &Finding) -> bool {
    let Finding::Blocked(failure) = finding else {
        return false;
    };
    matches!(failure.class, ErrorClass::Throttled(_))
        || matches!(
            failure.reason,
            Reason::AzureUnavailable | Reason::AzureAnswerInvalid
        )
}

/// A namespace in deletion has lost its credentials for good: waiting longer would only hold the namespace.
fn is_out_of_reach(situation: &Situation<'_>) -> bool {
    let observed = situation.observed;
    let waited = observed
        .object
        .deleting_since
        .map(|since| situation.now.duration_since(since));
    observed.namespace_terminating && waited.is_some_and(|waited| waited >= situation.orphan_after)
}

fn managed_secret_to_delete(desired: &Desired, observed: &Observed) -> Option<Step> {
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
            Some(Step::Secret(SecretStep::DeleteSecret {
                name: custody.name.clone(),
                uid: facts.uid.clone(),
                resource_version: facts.resource_version.clone(),
            }))
        }
        _ => None,
    }
}

/// Whether the public key of this object stays in Azure, or that can't be said: its private half is not destroyed then.
fn public_key_stays(desired: &Desired, observed: &Observed) -> bool {
    let is_there = |place: &AzureRecord| match observed.azure.get(&place.id) {
        Some(KeyView::Present { key, .. }) => keeps(desired, observed, key),
        Some(KeyView::Absent { .. }) => false,
        Some(KeyView::Unknown(_)) | None => true,
    };
    let stays =
        |place: &&AzureRecord| policy_now(desired, observed, place) == DeletionPolicy::Retain;
    observed.known.iter().filter(stays).any(is_there)
}

/// The Secrets of other keys go with the managed one, and first. Where it is gone already, those that name this very object.
fn rotation_secrets_to_delete(desired: &Desired, observed: &Observed) -> Vec<Step> {
    let custody = desired.source.custody();
    let Some(custody) = custody.filter(|custody| custody.deletion == DeletionPolicy::Delete) else {
        return Vec::new();
    };
    let goes_with_managed = managed_secret_to_delete(desired, observed).is_some();
    let is_left_alone =
        observed.secret == SecretView::Absent && !public_key_stays(desired, observed);
    let goes = |is_exact| goes_with_managed || (is_left_alone && is_exact);
    let staged = observed.rotation_secrets.staged();
    let staged = staged.filter(|facts| goes(facts.is_exact)).map(|facts| {
        Step::Rotation(RotationStep::DropStagedKey {
            name: staging_name(&custody.name),
            uid: facts.uid.clone(),
            resource_version: facts.resource_version.clone(),
        })
    });
    let previous = observed.rotation_secrets.previous();
    let previous = previous.filter(|facts| goes(facts.is_exact)).map(|facts| {
        Step::Rotation(RotationStep::DeletePreviousKeys {
            name: previous_name(&custody.name),
            uid: facts.uid.clone(),
            resource_version: facts.resource_version.clone(),
        })
    });
    staged.into_iter().chain(previous).collect()
}

fn deleted() -> Finding {
    Finding::Good {
        reason: Reason::Deleting,
        message: "nothing is left to delete".to_owned(),
    }
}
