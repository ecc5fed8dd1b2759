//! Wrong about moves, deletions, and what is read before a step.

use sshkey_operator::plan::{AzureStep, Finding, KeyView, Move, ObjectStep, Place, Step};

use crate::{
    mutants::{
        kinds::{Mutant, moves, plans},
        steps::{delete, without},
    },
    promises::kinds::Promise,
    view::keys::place,
};

const USERS: &str = "two operators and users";

pub(crate) const MUTANTS: &[Mutant] = &[
    moves(
        "writes to Azure upon a list",
        Promise::ReadFirst,
        USERS,
        |_, plan, next| match (next, plan.steps.first()) {
            (Move::Read(Place::Azure(id)), Some(step)) if step.azure_id() == Some(&id) => {
                Move::Take(step.clone())
            }
            (next, _) => next,
        },
    ),
    moves(
        "deletes the old place before the new one was seen",
        Promise::ConfirmedFirst,
        USERS,
        |_, plan, next| match (next, plan.steps.first()) {
            (
                Move::Read(Place::Azure(id)),
                Some(step @ Step::Azure(AzureStep::DeleteAzureKey { id: old })),
            ) if *old != id => Move::Take(step.clone()),
            (next, _) => next,
        },
    ),
    moves(
        "stages a key before it was looked whether one is staged",
        Promise::BeginsWhatCanEnd,
        USERS,
        |_, plan, next| match (next, plan.steps.first()) {
            (Move::Read(Place::RotationSecrets), Some(step)) => Move::Take(step.clone()),
            (next, _) => next,
        },
    ),
    moves(
        "fights what turns its changes back",
        Promise::ComesToRest,
        USERS,
        |_, _, next| match next {
            Move::GiveUp { step, .. } => Move::Take(step),
            next => next,
        },
    ),
    plans(
        "does not record the place in Azure",
        Promise::Recorded,
        USERS,
        |_, _, mut plan| {
            let is_more = plan.steps.len() > 1;
            plan.steps
                .retain(|step| !is_more || step.name() != "Record");
            for step in &mut plan.steps {
                if let Step::Object(ObjectStep::Record(record)) = step {
                    record.records.clear();
                }
            }
            plan
        },
    ),
    plans(
        "lets go of the object before Azure",
        Promise::NothingLeft,
        USERS,
        |_, _, mut plan| {
            if plan.deleting {
                plan.steps.reverse();
            }
            plan
        },
    ),
    plans(
        "leaves the key in Azure behind",
        Promise::NothingLeft,
        USERS,
        |_, _, plan| without(plan, "DeleteAzureKey"),
    ),
    plans(
        "leaves the key at the place where it was",
        Promise::AsWanted,
        USERS,
        |_, _, plan| {
            if plan.deleting {
                plan
            } else {
                without(plan, "DeleteAzureKey")
            }
        },
    ),
    plans(
        "puts right in Azure what it has lost itself",
        Promise::StaysPublished,
        USERS,
        |_, observed, mut plan| {
            let is_lost = matches!(plan.secret, Finding::Blocked(_));
            let there = observed.azure.get(place(0));
            if is_lost && matches!(there, Some(KeyView::Present { .. })) {
                plan.steps.push(delete(0));
            }
            plan
        },
    ),
    plans(
        "deletes the Secret before the key in Azure",
        Promise::LastCopy,
        "custody",
        |_, _, mut plan| {
            let is_secret = |step: &Step| step.name() == "DeleteSecret";
            plan.steps.sort_by_key(|step| !is_secret(step));
            plan
        },
    ),
];
