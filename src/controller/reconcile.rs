//! One reconcile of an `SshKey`: observe, then plan and act until no step is left or one fails, then report once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use kube::{ResourceExt, core::DeserializeGuard, runtime::controller::Action};

use super::{
    act::{act, read_object},
    azure_steps::read_azure,
    blocked::{refuse, write_blocked},
    companions,
    context::{Context, Scope},
    facts::{self, now},
    measure,
    observe::{Observation, ObserveError, observe},
    outcome_check,
    refusals::Refused,
    step_error::StepError,
    tell::{tell, tell_of_deletion, tell_store},
    vanished::put_away_observed,
    waiting::{WaitsFor, wait},
};
use crate::{
    api::{ErrorClass, Reason, SshKey},
    kubernetes::{KubernetesError, sshkeys},
    plan::{
        Failure, MOST_STEPS, Move, Observed, Outcome, Place, Plan, Step, next_move, next_step,
        plan, report,
    },
};

/// A turn that is no farther away is waited for in one go.
const NEAR: Duration = Duration::from_mins(1);

/// Why a reconcile has to be tried again.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReconcileError {
    /// The cluster can't be read or the status can't be written.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    /// The steps go in a circle.
    #[error("the plan did not settle after {MOST_STEPS} steps; the last was {0}")]
    Unsettled(&'static str),
}

/// Reconciles one object.
pub(super) async fn reconcile(
    object: Arc<DeserializeGuard<SshKey>>,
    scope: Arc<Scope>,
) -> Result<Action, ReconcileError> {
    let context = &scope.context;
    let seen = match &object.0 {
        Ok(seen) => context.own_writes.newest(seen),
        Err(invalid) => return refuse(context, invalid).await,
    };
    let observation = match observe(&scope, &seen).await {
        Ok(Some(observation)) => observation,
        Ok(None) => {
            context.forget(&seen.uid().unwrap_or_default());
            return Ok(Action::await_change());
        }
        Err(ObserveError::Kubernetes(error)) if error.class() == ErrorClass::UserFixable => {
            write_blocked(context, &seen, &facts::kubernetes_failure(&error)).await?;
            return Ok(Action::requeue(context.patience_for(&seen)));
        }
        Err(ObserveError::Kubernetes(error)) => return Err(error.into()),
        Err(ObserveError::Invalid(why)) => {
            let failure = Failure::to_fix(Reason::InvalidObject, why);
            write_blocked(context, &seen, &failure).await?;
            return Ok(Action::requeue(context.patience_for(&seen)));
        }
        Err(ObserveError::Waiting(waits_for)) => {
            return Ok(wait(context, &seen, waits_for).await?);
        }
    };
    let uid = observation.observed.object.uid.clone();
    let done = Box::pin(carry_out(&scope, observation)).await;
    context.store_uses.held(&uid);
    done
}

/// Plans and acts until nothing is left to do, and reports.
async fn carry_out(scope: &Scope, mut at: Observation) -> Result<Action, ReconcileError> {
    let context = &scope.context;
    let used = at.stores_in_use();
    let mut taken: Vec<Step> = Vec::new();
    let mut halt = Halt::default();
    let decided = loop {
        let orphan_after = context.options.orphan_after;
        let decided = plan(&at.desired, &at.observed, orphan_after, now());
        match advance(scope, &mut at, &decided, &mut taken, &mut halt).await? {
            Advance::On => {}
            Advance::Halted => break decided,
            Advance::Overtaken => {
                let wait = context.backoffs.next(&at.observed.object.uid);
                return Ok(Action::requeue(wait));
            }
            Advance::Waits => return Ok(wait(context, &at.object, WaitsFor::Key).await?),
        }
    };
    for store in used.difference(&at.stores_in_use()) {
        context.store_uses.leave(store, &at.observed.object.uid);
    }
    match finish(context, &at, &decided, &taken, &halt).await? {
        Some(action) => Ok(action),
        None if at.observed.object.has_finalizer && !decided.deleting => {
            Ok(Box::pin(put_away_observed(scope, at)).await)
        }
        None => {
            context.forget(&at.observed.object.uid);
            Ok(Action::await_change())
        }
    }
}

/// What came of one move.
enum Advance {
    /// It changed what is known: the plan is made again.
    On,
    /// Nothing more is done in this pass.
    Halted,
    /// Somebody has changed the object since it was looked at: what to do now, the next look says.
    Overtaken,
    /// Work outside of this reconcile has to be done first; it wakes the object.
    Waits,
}

/// Makes the next move, and lays what came of it over what was observed.
async fn advance(
    scope: &Scope,
    at: &mut Observation,
    decided: &Plan,
    taken: &mut Vec<Step>,
    halt: &mut Halt,
) -> Result<Advance, ReconcileError> {
    let context = &scope.context;
    let uid = at.observed.object.uid.clone();
    let next = next_move(&at.desired, &at.observed, decided, taken);
    let step = match next {
        Move::GiveUp { step, failure } => {
            return Ok(halt.stop(&mut at.observed, step, failure));
        }
        Move::Rest => return Ok(Advance::Halted),
        Move::Read(_) | Move::Take(_) => next_step(decided, &at.observed).cloned(),
    };
    let Some(step) = step else {
        return Ok(Advance::Halted);
    };
    let generation = at.caller.generation;
    let refused = context.refusals.of(&uid, generation, &step, Instant::now());
    if let Some(refused) = refused {
        halt.refused.push(refused.clone());
        return Ok(halt.stop(&mut at.observed, step, refused.failure));
    }
    if taken.len() + at.observed.refused.len() >= MOST_STEPS {
        return Err(ReconcileError::Unsettled(step.name()));
    }
    let is_read = matches!(next, Move::Read(_));
    let outcome = match next {
        Move::Read(place) => read(context, at, &place).await,
        _ => act(scope, at, &step).await,
    };
    match outcome {
        Ok(outcome) => {
            if !is_read {
                if cfg!(debug_assertions) {
                    outcome_check::compare(&step, &at.desired, &at.observed, &outcome);
                }
                context.metrics.steps.count([step.name(), "done"]);
                taken.push(step);
            }
            at.lay_over(outcome);
            at.observed.tags_turned_back = context.tag_repairs.enough(&uid, Instant::now());
            Ok(Advance::On)
        }
        Err(error) if error.is_conflict() => {
            context.metrics.steps.count([step.name(), "conflict"]);
            Ok(Advance::Overtaken)
        }
        Err(error) if error.is_waiting() => Ok(Advance::Waits),
        // A read goes before a step, and fails in its name.
        Err(error) => {
            let failure = error.failure();
            let outcome = measure::outcome(failure.class);
            context.metrics.steps.count([step.name(), outcome]);
            tracing::info!(
                namespace = at.object.namespace(),
                name = at.object.name_any(),
                step = step.name(),
                reason = failure.reason.as_str(),
                cause = failure.message,
                request_ids = failure.request_ids,
                "a step failed"
            );
            if matches!(error, StepError::Azure(_)) {
                halt.by_azure.push((step.clone(), failure.clone()));
            }
            Ok(halt.stop(&mut at.observed, step, failure))
        }
    }
}

/// Reads what a step is about to rest on.
pub(super) async fn read(
    context: &Context,
    at: &mut Observation,
    place: &Place,
) -> Result<Outcome, StepError> {
    match place {
        Place::Azure(id) => read_azure(at, id).await,
        Place::RotationSecrets => read_companions(context, at).await,
        Place::Object => read_object(context, at).await,
    }
}

/// Where a reconcile has stopped before everything was done.
#[derive(Default)]
struct Halt {
    /// The step that ended the pass, and why.
    at: Option<(Step, Failure)>,
    /// The steps that Azure refused, or did not answer, in this pass.
    by_azure: Vec<(Step, Failure)>,
    /// Those that were not even tried, since they were refused before.
    refused: Vec<Refused>,
    /// A step that nothing but itself waits for could not be had.
    is_held_up: bool,
}

impl Halt {
    fn failure(&self) -> Option<&Failure> {
        self.at.as_ref().map(|(_, failure)| failure)
    }

    /// A step can't be had. An output holds up no other, nor Azure: what it met is what is known of it. One that is refused
    /// for good stops those that rest on it; the others go on. All else is tried again, with all that comes after it.
    fn stop(&mut self, observed: &mut Observed, step: Step, failure: Failure) -> Advance {
        if let Some(output) = step.output() {
            observed.output_failed(output, failure);
            self.is_held_up = true;
            return Advance::On;
        }
        if failure.is_to_fix() {
            observed.refuse(step, failure);
            self.is_held_up = true;
            return Advance::On;
        }
        self.at = Some((step, failure));
        Advance::Halted
    }

    /// How long nothing has to be tried again, if nothing was but what was refused before.
    fn wait(&self) -> Option<Duration> {
        let is_new = self.at.is_some() || !self.by_azure.is_empty();
        let due = self.refused.iter().map(|refused| refused.due).min()?;
        (!is_new).then(|| due.saturating_duration_since(Instant::now()))
    }
}

async fn read_companions(context: &Context, at: &Observation) -> Result<Outcome, StepError> {
    let secret = at.desired.source.custody().map(|custody| &custody.name);
    let secret = secret.ok_or(StepError::SecretChanging)?;
    let found = companions::look(&context.client, at.owner(), secret).await?;
    Ok(Outcome::RotationSecrets(found))
}

/// Reports, and says when to look again; `None` when there is no object any more to report on.
async fn finish(
    context: &Context,
    at: &Observation,
    decided: &Plan,
    taken: &[Step],
    halt: &Halt,
) -> Result<Option<Action>, ReconcileError> {
    let uid = &at.observed.object.uid;
    if decided.deleting && !at.observed.object.has_finalizer {
        tell_of_deletion(context, at, taken).await;
        context.forget(uid);
        return Ok(Some(Action::await_change()));
    }
    let written = at.object.status.clone().unwrap_or_default();
    // What a status says of another object is not carried over.
    let before = facts::own_status(&at.object).cloned().unwrap_or_default();
    let generation = at.object.metadata.generation.unwrap_or_default();
    let failed = halt.at.as_ref().map(|(step, failure)| (step, failure));
    let report = report(
        &at.desired,
        &at.observed,
        decided,
        failed,
        &before,
        generation,
        now(),
    );
    let mut report = report;
    if at.observed.crd_is_outdated {
        report.status = report.status.without_newer_fields();
    }
    if report.status != written {
        let written = sshkeys::write_status(&context.client, &at.object, &report.status).await?;
        let Some(written) = written else {
            return Ok(None);
        };
        if !at.observed.crd_is_outdated {
            context.definitions.learn(&written);
        }
        context.own_writes.remember(written);
    }
    tell(context, at, &before, &report, taken).await;
    tell_store(context, at, &report).await;
    if let Some(wait) = halt.wait() {
        return Ok(Some(Action::requeue(wait)));
    }
    let wait = next_look(context, at, decided, halt);
    remember_refusals(context, at, halt, wait);
    Ok(Some(Action::requeue(wait)))
}

/// The same request is not sent to Azure again before its time, whatever wakes the object meanwhile.
fn remember_refusals(context: &Context, at: &Observation, halt: &Halt, wait: Duration) {
    let is_refused = |(_, failure): &&(Step, Failure)| failure.reason != Reason::Throttled;
    let new = halt.by_azure.iter().filter(is_refused);
    let new = new.map(|(step, failure)| Refused {
        generation: at.caller.generation,
        step: step.clone(),
        failure: failure.clone(),
        due: Instant::now() + wait,
    });
    let all = halt.refused.iter().cloned().chain(new).collect();
    context.refusals.remember(&at.observed.object.uid, all);
}

fn next_look(context: &Context, at: &Observation, decided: &Plan, halt: &Halt) -> Duration {
    let uid = &at.observed.object.uid;
    let poll = context.options.intervals.poll;
    let refused = at.observed.refused.first();
    let class = halt
        .failure()
        .or(refused.map(|(_, failure)| failure))
        .map(|failure| failure.class)
        .or_else(|| decided.obstacle());
    let refused = halt.is_held_up || halt.at.is_some();
    if !matches!(class, Some(ErrorClass::Throttled(_))) {
        context.budget.withdraw(uid);
    }
    match class {
        None => {}
        // A write that is refused costs a write each time: more and more seldom.
        Some(ErrorClass::UserFixable) if refused => {
            return context.backoffs.next(uid).max(poll);
        }
        Some(ErrorClass::UserFixable) => return context.patience_for(&at.object),
        Some(ErrorClass::Throttled(Some(until))) => return turn(until, now()),
        Some(ErrorClass::Transient | ErrorClass::Throttled(None)) => {
            return context.backoffs.next(uid);
        }
    }
    context.backoffs.reset(uid);
    context.patience.forget(uid);
    context
        .options
        .intervals
        .next_look(decided, &at.observed, now())
        .unwrap_or(context.options.intervals.sweep)
}

/// A turn that is far away may come sooner than expected, when others leave the line: half the way is waited then.
fn turn(until: Timestamp, now: Timestamp) -> Duration {
    let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    if wait > 2 * NEAR { wait / 2 } else { wait }
}
