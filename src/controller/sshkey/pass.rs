//! One pass: plans and acts until nothing is left to do.

use std::time::Instant;

use crate::{
    controller::{
        action::Action,
        clock::now,
        context::Context,
        scope::Scope,
        sshkey::{
            act::{dispatch::act, error::StepError, outcome_check, read::read},
            audit::{Taken, log_failure},
            finish::finish,
            halt::{Advance, Halt},
            observe::{error::WaitsFor, observation::Observation},
            reconcile_error::ReconcileError,
            vanished::put_away_observed,
            waiting::wait,
        },
    },
    plan::{MOST_STEPS, Move, Plan, Step, next_move, next_step, plan},
};

/// Plans and acts until nothing is left to do, and reports. `None` when the managed Secret was presumed absent and was not
/// created: all is to be observed again, with the Secret.
pub(in crate::controller) async fn carry_out(
    scope: &Scope,
    mut observation: Observation,
) -> Result<Option<Action>, ReconcileError> {
    let context = &scope.context;
    let used = observation.stores_in_use();
    let mut taken = Taken::default();
    let mut halt = Halt::default();
    let decided = loop {
        let orphan_after = context.options.orphan_after;
        let decided = plan(
            &observation.desired,
            &observation.observed,
            orphan_after,
            now(),
        );
        match advance(scope, &mut observation, &decided, &mut taken, &mut halt).await? {
            Advance::On => {}
            Advance::Halted | Advance::Overtaken if observation.presumes_no_secret => {
                return Ok(None);
            }
            Advance::Halted => break decided,
            Advance::Overtaken => {
                let wait = context.memory.next_backoff(&observation.object);
                return Ok(Some(Action::requeue(wait)));
            }
            Advance::Waits => {
                let waits = wait(context, &observation.object, WaitsFor::Key).await?;
                return Ok(Some(waits));
            }
        }
    };
    let in_use = observation.stores_in_use();
    let uid = &observation.observed.object.uid;
    let is_shown = || context.caches.shows(&observation.object);
    context
        .store_uses
        .leave(used.difference(&in_use), uid, is_shown);
    match finish(context, &observation, &decided, &taken, &halt).await? {
        Some(action) => Ok(Some(action)),
        None if observation.observed.object.has_finalizer && !decided.deleting => {
            let put_away = Box::pin(put_away_observed(scope, observation)).await;
            Ok(Some(put_away))
        }
        None => {
            context.forget(&observation.object);
            Ok(Some(Action::await_change()))
        }
    }
}

/// Makes the next move, and lays what came of it over what was observed.
async fn advance(
    scope: &Scope,
    observation: &mut Observation,
    decided: &Plan,
    taken: &mut Taken,
    halt: &mut Halt,
) -> Result<Advance, ReconcileError> {
    let context = &scope.context;
    let next = next_move(
        &observation.desired,
        &observation.observed,
        decided,
        &taken.steps,
    );
    let step = match next {
        Move::GiveUp { step, failure } => {
            return Ok(halt.stop(&mut observation.observed, step, failure));
        }
        Move::Rest => return Ok(Advance::Halted),
        Move::Read(_) | Move::Take(_) => next_step(decided, &observation.observed).cloned(),
    };
    let Some(step) = step else {
        return Ok(Advance::Halted);
    };
    let generation = observation.caller.generation;
    let deferred =
        context
            .memory
            .deferred_step(&observation.object, generation, &step, Instant::now());
    if let Some(deferred) = deferred {
        halt.deferred.push(deferred.clone());
        return Ok(halt.stop(&mut observation.observed, step, deferred.failure));
    }
    if taken.steps.len() + observation.observed.refused.len() >= MOST_STEPS {
        return Err(ReconcileError::Unsettled(step.name()));
    }
    let is_read = matches!(next, Move::Read(_));
    let outcome = match next {
        Move::Read(place) => read(context, observation, &place).await,
        _ => act(scope, observation, &step).await,
    };
    match outcome {
        Ok(outcome) => {
            if !is_read {
                if cfg!(debug_assertions) {
                    outcome_check::compare(
                        &step,
                        &observation.desired,
                        &observation.observed,
                        &outcome,
                    );
                }
                context.metrics.steps.count([step.name(), "done"]);
            }
            let before = observation.lay_over(outcome);
            if !is_read {
                taken.push(observation, &before, step);
            }
            observation.observed.tags_turned_back = context
                .memory
                .tags_turned_back(&observation.object, Instant::now());
            Ok(Advance::On)
        }
        Err(error) if error.is_conflict() => {
            context.metrics.steps.count([step.name(), "conflict"]);
            Ok(Advance::Overtaken)
        }
        Err(error) if error.is_waiting() => Ok(Advance::Waits),
        // A read goes before a step, and fails in its name.
        Err(error) => Ok(stop(context, observation, halt, step, &error)),
    }
}

/// A step has failed: counts it, logs why, and says whether others may still be taken.
fn stop(
    context: &Context,
    observation: &mut Observation,
    halt: &mut Halt,
    step: Step,
    error: &StepError,
) -> Advance {
    let failure = error.failure();
    let outcome = failure.class.outcome();
    context.metrics.steps.count([step.name(), outcome]);
    log_failure(observation, Some(&step), &failure);
    if matches!(error, StepError::Azure(_)) {
        halt.by_azure.push((step.clone(), failure.clone()));
    }
    halt.stop(&mut observation.observed, step, failure)
}
