//! Wrong about what is refused for good.

use sshkey_operator::plan::Move;

use crate::{
    mutants::kinds::{Mutant, moves, plans},
    promises::kinds::Promise,
};

pub(crate) const MUTANTS: &[Mutant] = &[
    moves(
        "stops at the first refusal",
        Promise::OnlyDependents,
        "refusals",
        |observed, _, next| {
            if observed.refused.is_empty() {
                next
            } else {
                Move::Rest
            }
        },
    ),
    moves(
        "goes on with what rests on a step that was refused",
        Promise::ConfirmedFirst,
        "refusals",
        |observed, plan, next| {
            let was_refused = |name: &str| {
                let mut refused = observed.refused.iter();
                refused.any(|(step, _)| step.name() == name)
            };
            let mut others = plan.steps.iter().filter(|step| !was_refused(step.name()));
            match (next, others.next()) {
                (Move::Rest, Some(step)) if !observed.refused.is_empty() => {
                    Move::Take(step.clone())
                }
                (next, _) => next,
            }
        },
    ),
    moves(
        "lets the object go while its key can't be deleted",
        Promise::NothingLeft,
        "refusals",
        |observed, plan, next| {
            let last = plan.steps.last();
            match (next, last) {
                (Move::Rest, Some(step)) if plan.deleting && !observed.refused.is_empty() => {
                    Move::Take(step.clone())
                }
                (next, _) => next,
            }
        },
    ),
    moves(
        "tries a step again that was refused for good",
        Promise::ComesToRest,
        "refusals",
        |observed, _, next| match (next, observed.refused.first()) {
            (Move::Rest, Some((step, _))) => Move::Take(step.clone()),
            (next, _) => next,
        },
    ),
    plans(
        "leaves Azure alone while anything is refused",
        Promise::OnlyDependents,
        "refusals",
        |_, observed, mut plan| {
            if !observed.refused.is_empty() {
                plan.steps.retain(|step| step.azure_id().is_none());
            }
            plan
        },
    ),
];
