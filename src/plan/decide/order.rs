//! The order of the whole: bookkeeping, Secret, Azure, and what is no longer wanted.

use jiff::{SignedDuration, Timestamp};

use crate::{
    api::{Reason, StoreKey},
    keys::PublicKey,
    plan::{
        authority::{own_keys::current_key, places::with_places},
        decide::{
            azure::{evaluate::evaluate_azure, leaving::obsolete, situation::Situation},
            bookkeeping::definitions_are_outdated,
            deletion::evaluate_deletion,
            outputs::evaluate_outputs,
            parts::{Obsolete, Parts},
            rotation::{
                evaluate::evaluate_rotation,
                gate::{AzureStands, Gate},
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
        step::{azure::AzureStep, kinds::Step},
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
        return deletion(evaluate_deletion(desired, observed, orphan_after, now));
    }
    let key = evaluate_source(desired, observed, now);
    let is_replacing = is_being_replaced(desired, observed);
    let is_sound = key.finding.is_good() || is_replacing;
    let rotation = is_sound.then(|| evaluate_rotation(desired, observed, now));
    let Rotation { stage, wake_at } = rotation.unwrap_or_default();
    let published = published_key(desired, observed, &stage, is_replacing);
    let published = published.as_ref();
    let outputs = outputs(desired, observed, &key.finding, is_replacing);
    let azure = in_azure(desired, observed, &key.finding, published);
    let obsolete = obsolete_places(desired, observed, azure.as_ref());
    let gate = Gate {
        azure: azure_stands(azure.as_ref(), &obsolete),
        outputs: outputs.iter().all(|outputs| outputs.steps.is_empty()),
        is_replacing,
    };
    let parts = Parts {
        rotation: gate.let_through(stage),
        key,
        is_replacing,
        outputs,
        azure,
        obsolete,
    };
    let records = parts.records(desired, observed, published);
    let places = parts.places(desired, observed, published);
    parts.in_order(records, places, wake_at)
}

/// The plan for an object that goes.
fn deletion((steps, finding): (Vec<Step>, Finding)) -> Plan {
    Plan {
        steps,
        later: Vec::new(),
        secret: finding,
        outputs: None,
        azure: None,
        rotation: None,
        wake_at: None,
        deleting: true,
    }
}

/// The key that is to be in Azure. The next key goes first: it is stored already, and those who read it there are to know
/// it when it takes over.
fn published_key(
    desired: &Desired,
    observed: &Observed,
    stage: &Stage,
    is_replacing: bool,
) -> Option<PublicKey> {
    let current = current_key(desired, observed).filter(|_| !is_replacing);
    match stage {
        Stage::Publish { key, .. } => Some(key.clone()),
        _ => current.cloned(),
    }
}

fn obsolete_places(desired: &Desired, observed: &Observed, azure: Option<&Evaluation>) -> Obsolete {
    let may_go = azure.is_none_or(|azure| match &azure.finding {
        // What leaves makes room for the place that is wanted.
        Finding::Blocked(failure) => failure.reason == Reason::TooManyPlaces,
        Finding::Good { .. } | Finding::Pending => true,
    });
    if !may_go {
        return Obsolete::NotNow;
    }
    let target = published_target(desired);
    match obsolete(desired, observed, target.map(|(_, target)| &target.id)) {
        Ok(steps) => Obsolete::Steps(steps),
        Err(finding) => Obsolete::Blocked(finding),
    }
}

fn azure_stands(azure: Option<&Evaluation>, obsolete: &Obsolete) -> AzureStands {
    let is_there = azure.is_none_or(|azure| azure.finding.is_good());
    match obsolete {
        Obsolete::NotNow => AzureStands::Refused,
        Obsolete::Steps(steps) if steps.is_empty() && is_there => AzureStands::AsWanted,
        Obsolete::Steps(_) | Obsolete::Blocked(_) => AzureStands::UnderWay,
    }
}

/// Why the store can't be held for the key.
fn hold_refused<'a>(observed: &'a Observed, store: &StoreKey) -> Option<&'a Failure> {
    let holds_it = |step: &Step| matches!(step, Step::Azure(AzureStep::HoldStore { store: held, .. }) if held == store);
    observed.refusal(holds_it)
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
            evaluate_azure(Situation {
                desired,
                observed,
                target,
                stored: published,
            })
        }
        // Without a sound key nothing in Azure may change; while it is still to be made, its steps are a preview.
        (_, Finding::Blocked(failure)) => Evaluation::finding(Finding::Blocked(Failure {
            message: "Azure is left alone while KeyAvailable is False".to_owned(),
            ..failure.clone()
        })),
    })
}

/// What to do about the outputs; `None` when none is wanted and none is left.
fn outputs(
    desired: &Desired,
    observed: &Observed,
    key: &Finding,
    is_replacing: bool,
) -> Option<Evaluation> {
    if desired.outputs.is_empty() && observed.object.all_outputs().next().is_none() {
        return None;
    }
    Some(match key {
        Finding::Blocked(failure) => Evaluation::finding(Finding::Blocked(Failure {
            message: "the outputs are left alone while KeyAvailable is False".to_owned(),
            ..failure.clone()
        })),
        _ if is_replacing => Evaluation::finding(Finding::Pending),
        _ => evaluate_outputs(desired, observed, current_key(desired, observed)),
    })
}
