//! The order of the whole: bookkeeping, Secret, Azure, and what is no longer wanted.

use jiff::{SignedDuration, Timestamp};

use crate::{
    api::{OutputRef, Reason, StoreKey},
    keys::PublicKey,
    plan::{
        authority::{own_keys::current_key, places::with_places},
        decide::{
            azure::{evaluate::evaluate_azure, leaving::obsolete},
            bookkeeping::{
                definitions_are_outdated, hints_to_write, holds, places_to_record,
                says_something_else, uid_to_record,
            },
            deletion::evaluate_deletion,
            outputs::{evaluate_outputs, to_record},
            rotation::{
                evaluate::evaluate_rotation,
                gate::{AzureStands, Gate, rotation_to_record},
                stage::{Rotation, Stage},
            },
            secret::replacement::is_being_replaced,
            source::evaluate_source,
        },
        decision::{Evaluation, Finding, Plan},
        desired::{
            azure::Wanted,
            resolve::{Desired, published_target},
        },
        failure::Failure,
        observed::snapshot::Observed,
        step::kinds::Step,
    },
};

/// The plan for one object. `orphan_after` is how long an object of a namespace in deletion waits for an Azure that
/// nothing can reach any more.
pub fn plan(
    desired: &Desired,
    observed: &Observed,
    orphan_after: SignedDuration,
    now: Timestamp,
) -> Plan {
    let observed = &with_places(observed.clone(), desired);
    if observed.object.deleting_since.is_some() {
        let evaluation = evaluate_deletion(desired, observed, orphan_after, now);
        return Plan {
            steps: evaluation.steps,
            secret: evaluation.finding,
            outputs: None,
            azure: None,
            rotation: None,
            wake_at: None,
            deleting: true,
        };
    }
    let mut secret = evaluate_source(desired, observed, now);
    let is_replacing = is_being_replaced(desired, observed);
    let is_sound = secret.finding.is_good() || is_replacing;
    let rotation = is_sound.then(|| evaluate_rotation(desired, observed, now));
    let Rotation { stage, wake_at } = rotation.unwrap_or_default();
    let current = current_key(desired, observed).filter(|_| !is_replacing);
    // The next key goes first: it is stored already, and whoever reads it there shall know it when it takes over.
    let published = match &stage {
        Stage::Publish { key, .. } => Some(key.clone()),
        _ => current.cloned(),
    };
    let published = published.as_ref();
    let (mut outputs, outputs_recorded) = outputs(desired, observed, &secret.finding, is_replacing);
    let mut azure = in_azure(desired, observed, &secret.finding, published);
    let target = published_target(desired);
    // What is wanted goes before what is wanted no more: while it can't be had, nothing is taken away.
    let may_go = azure.as_ref().is_none_or(|azure| match &azure.finding {
        // What leaves makes room for the place that is wanted.
        Finding::Blocked(failure) => failure.reason == Reason::TooManyPlaces,
        Finding::Good { .. } | Finding::Pending => true,
    });
    let obsolete = if may_go {
        obsolete(desired, observed, target.map(|(_, target)| &target.id))
    } else {
        Ok(Vec::new())
    };

    let is_there = azure.as_ref().is_none_or(|azure| azure.finding.is_good());
    let gate = Gate {
        azure: match &obsolete {
            _ if !may_go => AzureStands::Refused,
            Ok(steps) if steps.is_empty() && is_there => AzureStands::AsWanted,
            _ => AzureStands::UnderWay,
        },
        outputs: outputs.iter().all(|outputs| outputs.steps.is_empty()),
        is_replacing,
    };
    let gated = gate.let_through(stage);
    let rotation = rotation_to_record(observed, is_sound, &gated);
    let is_in_step = secret.finding.is_good() && is_there && gated.first.is_none();

    let mut steps = Vec::new();
    let azure_steps = azure.as_ref().map_or(&[][..], |azure| &azure.steps);
    let records = hints_to_write(desired, observed, azure_steps, published);
    steps.extend(holds(observed, &records));
    let record = Step::Record {
        recorded_uid: uid_to_record(desired, observed, is_in_step),
        records,
        outputs: outputs_recorded,
        rotation,
    };
    if !observed.object.has_finalizer || says_something_else(&observed.object, &record) {
        steps.push(record);
    }
    steps.append(&mut secret.steps);
    steps.extend(gated.first);
    if let Some(outputs) = &mut outputs {
        steps.append(&mut outputs.steps);
    }
    if let Some(azure) = &mut azure {
        steps.extend(places_to_record(desired, observed, &azure.steps, published));
        steps.append(&mut azure.steps);
    }
    match obsolete {
        Ok(mut more) => steps.append(&mut more),
        Err(finding) => azure = Some(Evaluation::finding(finding)),
    }
    steps.extend(gated.last);
    Plan {
        steps,
        secret: secret.finding,
        outputs: outputs.map(|evaluation| evaluation.finding),
        azure: azure.map(|evaluation| evaluation.finding),
        rotation: gated.blocked,
        wake_at,
        deleting: false,
    }
}

/// Why the store can't be held for the key.
fn hold_refused<'a>(observed: &'a Observed, store: &StoreKey) -> Option<&'a Failure> {
    observed.refusal(|step| matches!(step, Step::HoldStore { store: held, .. } if held == store))
}

/// What to do about the key in Azure; `None` when none is wanted.
fn in_azure(
    desired: &Desired,
    observed: &Observed,
    key: &Finding,
    published: Option<&PublicKey>,
) -> Option<Evaluation> {
    let wanted = desired.azure.as_ref()?;
    Some(match (&wanted.target, key) {
        // What is followed stands in Azure as it stands at all.
        (Ok(Wanted::Followed(_)), finding) => Evaluation::finding(finding.clone()),
        (Err(problem), Finding::Good { .. } | Finding::Pending) => {
            Evaluation::finding(Finding::Blocked(problem.clone()))
        }
        // Nothing may be published through a store that could be gone before the key is.
        (Ok(Wanted::Published(_)), Finding::Good { .. } | Finding::Pending)
            if hold_refused(observed, &wanted.store).is_some() =>
        {
            let failure = hold_refused(observed, &wanted.store).cloned();
            Evaluation::finding(failure.map_or(Finding::Pending, Finding::Blocked))
        }
        (Ok(Wanted::Published(_)), Finding::Good { .. } | Finding::Pending)
            if observed.crd_is_outdated =>
        {
            Evaluation::finding(definitions_are_outdated())
        }
        (Ok(Wanted::Published(target)), Finding::Good { .. } | Finding::Pending) => {
            evaluate_azure(desired, target, observed, published)
        }
        // Without a sound key nothing in Azure may change; while it is still to be made, its steps are a preview.
        (_, Finding::Blocked(failure)) => Evaluation::finding(Finding::Blocked(Failure {
            message: "Azure is left alone while KeyAvailable is False".to_owned(),
            ..failure.clone()
        })),
    })
}

/// What to do about the outputs, and what the object shall record of them.
fn outputs(
    desired: &Desired,
    observed: &Observed,
    key: &Finding,
    is_replacing: bool,
) -> (Option<Evaluation>, Vec<OutputRef>) {
    let recorded = || observed.object.outputs.clone();
    if desired.outputs.is_empty() && observed.object.all_outputs().next().is_none() {
        return (None, Vec::new());
    }
    if let Finding::Blocked(failure) = key {
        let finding = Finding::Blocked(Failure {
            message: "the outputs are left alone while KeyAvailable is False".to_owned(),
            ..failure.clone()
        });
        return (Some(Evaluation::finding(finding)), recorded());
    }
    if is_replacing {
        return (Some(Evaluation::finding(Finding::Pending)), recorded());
    }
    let evaluation = evaluate_outputs(desired, observed, current_key(desired, observed));
    let records = to_record(desired, observed, &evaluation.steps);
    (Some(evaluation), records)
}
