//! The outputs: each by itself, so that one that can't be had holds up no other.

use std::collections::BTreeSet;

use crate::{
    api::{
        OutputKind, OutputRef, Reason,
        rotation::{previous_name, staging_name},
    },
    keys::PublicKey,
    plan::{
        authority::outputs::{another_has_it, is_in_namespace, is_ours, is_owned},
        decide::output_steps::{create, delete, trusted, update},
        decision::{Evaluation, Finding},
        desired::{
            outputs::{DesiredOutput, Shape},
            resolve::Desired,
            source::{Custody, KeySource},
        },
        failure::Failure,
        observed::{
            durability::finalizers,
            outputs::{Changeable, EntryFact, OutputFacts, OutputView},
            snapshot::Observed,
        },
        step::{kinds::Step, planned::Planned},
    },
};

/// What to do about the outputs. They hold `key`; without a key, the steps are a preview.
pub(crate) fn evaluate_outputs(
    desired: &Desired,
    observed: &Observed,
    key: Option<&PublicKey>,
) -> Evaluation {
    let recorded: BTreeSet<&OutputRef> = observed.object.all_outputs().collect();
    let mut steps = Vec::new();
    let mut troubles: Vec<(&OutputRef, Failure)> = Vec::new();
    for output in &desired.outputs {
        match one(desired, output, observed, key) {
            Ok(more) => steps.extend(more),
            Err(failure) => troubles.push((&output.object, failure)),
        }
    }
    for gone in recorded
        .into_iter()
        .filter(|gone| !is_wanted(desired, gone))
    {
        match leave_output(desired, observed, gone) {
            Ok(more) => steps.extend(more.into_iter().map(Planned::Step)),
            Err(failure) => troubles.push((gone, failure)),
        }
    }
    let finding = match first_of(troubles) {
        Some(failure) => Finding::Blocked(failure),
        None if steps.is_empty() => Finding::Good {
            reason: Reason::OutputsInStep,
            message: in_step(desired),
        },
        None => Finding::Pending,
    };
    Evaluation { steps, finding }
}

/// The first trouble, with the names of the others.
fn first_of(troubles: Vec<(&OutputRef, Failure)>) -> Option<Failure> {
    let mut troubles = troubles.into_iter();
    let (_, first) = troubles.next()?;
    let others: Vec<String> = troubles
        .map(|(object, failure)| format!("{object} ({})", failure.reason.as_str()))
        .collect();
    let message = match &others[..] {
        [] => first.message,
        others => format!(
            "{}. Something is wrong with other outputs, too: {}",
            first.message,
            others.join(", ")
        ),
    };
    Some(Failure { message, ..first })
}

fn in_step(desired: &Desired) -> String {
    let names: Vec<String> = desired
        .outputs
        .iter()
        .map(|output| output.object.to_string())
        .collect();
    if names.is_empty() {
        "no output is wanted".to_owned()
    } else {
        format!("outputs in step: {}", names.join(", "))
    }
}

fn is_wanted(desired: &Desired, object: &OutputRef) -> bool {
    desired
        .outputs
        .iter()
        .any(|output| output.object == *object)
}

/// The steps for one output, or what stands against it.
fn one(
    desired: &Desired,
    output: &DesiredOutput,
    observed: &Observed,
    key: Option<&PublicKey>,
) -> Result<Vec<Planned>, Failure> {
    let object = &output.object;
    let shape = output.shape.as_ref().map_err(Clone::clone)?;
    if let Some(place) = place_that_has_the_name(desired, object) {
        return Err(Failure::to_fix(
            Reason::OutputConflict,
            format!("{object} is {place}: give the output another name"),
        ));
    }
    let create = || create(observed, object, shape, key);
    match observed.outputs.get(object) {
        None => Ok(Vec::new()),
        Some(OutputView::Unknown(failure)) => Err(failure.clone()),
        Some(OutputView::Absent) => Ok(vec![create()]),
        Some(OutputView::Present(facts)) => {
            another_has_it(desired, observed, object, facts)?;
            if let Some(held_by) = &facts.held_by {
                return Err(is_going(object, held_by));
            }
            let holds = key.is_none_or(|key| holds(shape, facts, key, &trusted(observed, key)));
            // The type of a Secret can't be changed, nor what is immutable; and what another shape has left behind would
            // stay for ever.
            match facts.changeable {
                Changeable::Everything => {}
                Changeable::Metadata if holds => {}
                Changeable::Metadata | Changeable::Nothing => {
                    return Ok(vec![delete(object, facts).into(), create()]);
                }
            }
            let is_ours = facts.owner_uid.as_deref() == Some(observed.object.uid.as_str())
                && facts.owner_namespace.is_some();
            if holds && is_ours && facts.metadata_fits {
                return Ok(Vec::new());
            }
            Ok(vec![update(observed, object, shape, facts, key)])
        }
    }
}

fn is_going(object: &OutputRef, held_by: &[String]) -> Failure {
    Failure::to_fix(
        Reason::OutputTerminating,
        format!(
            "{object} is being deleted and is held only by {}: nothing is written into it. It is created again once it is gone",
            finalizers(held_by)
        ),
    )
}

/// Whether every entry is as it is wanted: keys are compared as keys, a text as the text that it is.
fn holds(shape: &Shape, facts: &OutputFacts, key: &PublicKey, trusted: &[PublicKey]) -> bool {
    let entries = shape.entries.keys().all(|name| {
        facts.entries.get(name).is_some_and(|entry| match entry {
            EntryFact::Key(found) => found == key,
            EntryFact::Keys(found) => found == trusted,
            EntryFact::Text(as_wanted) => *as_wanted,
            EntryFact::Other => false,
        })
    });
    entries && facts.superfluous.is_empty() && facts.recorded == Some(key.fingerprint())
}

fn place_that_has_the_name(desired: &Desired, object: &OutputRef) -> Option<&'static str> {
    if object.kind != OutputKind::Secret {
        return None;
    }
    let is = |name: &str| name == object.name;
    let beside =
        |custody: &Custody| is(&staging_name(&custody.name)) || is(&previous_name(&custody.name));
    if desired.source.custody().is_some_and(beside) {
        return Some("where a rotation keeps the next or the former keys");
    }
    match &desired.source {
        KeySource::Imported { secret, .. } if is(secret) => Some("where the key is imported from"),
        source => source
            .custody()
            .filter(|custody| is(&custody.name))
            .map(|_| "where the private key is kept"),
    }
}

/// What becomes of an output that is recorded and no longer wanted.
pub(crate) fn leave_output(
    desired: &Desired,
    observed: &Observed,
    object: &OutputRef,
) -> Result<Vec<Step>, Failure> {
    // What was an output and is the place of the private key by now is not to be deleted as an output.
    if place_that_has_the_name(desired, object).is_some() {
        return Ok(Vec::new());
    }
    match observed.outputs.get(object) {
        Some(OutputView::Unknown(failure)) => Err(failure.clone()),
        // What is being deleted goes by itself, once its finalizers are taken away.
        Some(OutputView::Present(facts))
            if facts.is_output
                && facts.held_by.is_none()
                && facts.owner_name.as_deref() == Some(desired.mark.object.as_str())
                && is_in_namespace(desired, facts)
                && is_owned(observed, facts) =>
        {
            Ok(vec![delete(object, facts)])
        }
        // Gone, or another object's.
        None | Some(OutputView::Absent | OutputView::Present(_)) => Ok(Vec::new()),
    }
}

/// The outputs that the object must record: those that may be there, before they are created, until they are gone.
pub(crate) fn to_record(
    desired: &Desired,
    observed: &Observed,
    steps: &[Planned],
) -> Vec<OutputRef> {
    let created: BTreeSet<&OutputRef> = steps.iter().filter_map(Planned::created_output).collect();
    let is_created = |object: &OutputRef| created.contains(object);
    let recorded: BTreeSet<&OutputRef> = observed.object.all_outputs().collect();
    let may_be_there = |object: &&OutputRef| match observed.outputs.get(object) {
        Some(OutputView::Absent) => is_created(object),
        _ => {
            is_wanted(desired, object) || leave_output(desired, observed, object) != Ok(Vec::new())
        }
    };
    let mut records: Vec<OutputRef> = recorded.into_iter().filter(may_be_there).cloned().collect();
    let wanted = desired.outputs.iter().map(|output| &output.object);
    let new = wanted.filter(|object| is_created(object) || is_ours(desired, observed, object));
    records.extend(new.cloned());
    records.sort();
    records.dedup();
    records
}
