//! One reconcile of an `SshKey`: observe, then plan and act until no step is left or one fails, then report once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use kube::{ResourceExt, core::DeserializeGuard, runtime::controller::Action};

use super::{
    act::{StepError, act},
    azure_steps::read_azure,
    blocked::{refuse, write_blocked},
    companions,
    context::{Context, Scope},
    facts::{self, now},
    measure,
    observe::{Observation, ObserveError, observe},
    refusals::Refused,
    tell::{tell, tell_of_deletion, tell_store},
    vanished::put_away,
    waiting::{WaitsFor, wait},
};
use crate::{
    api::{ArmId, ErrorClass, Reason, SshKey},
    kubernetes::{KubernetesError, sshkeys},
    plan::{Companions, Failure, Freshness, KeyView, Outcome, Plan, Step, plan, report},
};

/// A plan that is not settled after so many steps never will be: an outcome does not change what it should.
const MAX_STEPS: usize = 64;
/// A turn that is no farther away is waited for in one go.
const NEAR: Duration = Duration::from_mins(1);

/// Why a reconcile has to be tried again.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReconcileError {
    /// The cluster can't be read or the status can't be written.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    /// The steps go in a circle.
    #[error("the plan did not settle after {MAX_STEPS} steps; the last was {0}")]
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
    let generation = at.caller.generation;
    let decided = loop {
        let decided = plan(
            &at.desired,
            &at.observed,
            context.options.orphan_after,
            now(),
        );
        let Some(step) = next_step(&at, &decided) else {
            break decided;
        };
        if taken.len() == MAX_STEPS {
            return Err(ReconcileError::Unsettled(step.name()));
        }
        let uid = &at.observed.object.uid;
        if let Some((failure, wait)) = context.refusals.of(uid, generation, &step, Instant::now()) {
            halt.at = Some((step, failure));
            halt.wait = Some(wait);
            break decided;
        }
        if let Some(failure) = was_undone(&taken, &step) {
            if let Some(output) = step.output() {
                at.observed.output_failed(output, failure);
                halt.output_failed = true;
                continue;
            }
            halt.at = Some((step, failure));
            break decided;
        }
        let outcome = match not_read_just_now(&at, &step) {
            _ if is_staged_unseen(&at, &step) => read_companions(context, &at).await,
            Some(id) => read_azure(&at, &id).await,
            None => act(scope, &mut at, &step).await.inspect(|_| {
                context.metrics.steps.count([step.name(), "done"]);
                taken.push(step.clone());
            }),
        };
        match outcome {
            Ok(outcome) => {
                at.observed = at.observed.clone().after(outcome);
                let uid = &at.observed.object.uid;
                let turned_back = context.tag_repairs.enough(uid, Instant::now());
                at.observed.tags_turned_back = turned_back;
            }
            // Somebody has changed the object since it was looked at: what to do now, the next look says.
            Err(error) if error.is_conflict() => {
                context.metrics.steps.count([step.name(), "conflict"]);
                let wait = context.backoffs.next(&at.observed.object.uid);
                return Ok(Action::requeue(wait));
            }
            Err(error) if error.is_waiting() => {
                return Ok(wait(context, &at.object, WaitsFor::Key).await?);
            }
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
                // An output that can't be had holds up no other, nor Azure: what it met is what is known of it.
                if let Some(output) = step.output() {
                    at.observed.output_failed(output, failure);
                    halt.output_failed = true;
                    continue;
                }
                halt.by_azure = matches!(error, StepError::Azure(_));
                halt.at = Some((step, failure));
                break decided;
            }
        }
    };
    for store in used.difference(&at.stores_in_use()) {
        context.store_uses.leave(store, &at.observed.object.uid);
    }
    match finish(context, &at, &decided, &taken, &halt).await? {
        Some(action) => Ok(action),
        None if at.observed.object.has_finalizer && !decided.deleting => {
            Ok(Box::pin(put_away(scope, at)).await)
        }
        None => {
            context.forget(&at.observed.object.uid);
            Ok(Action::await_change())
        }
    }
}

/// Where a reconcile has stopped before everything was done.
#[derive(Default)]
struct Halt {
    /// The step that did not work, and why.
    at: Option<(Step, Failure)>,
    /// It was Azure that refused it or did not answer.
    by_azure: bool,
    /// It was not even tried, since it was refused before: how long that holds.
    wait: Option<Duration>,
    /// An output could not be had.
    output_failed: bool,
}

impl Halt {
    fn failure(&self) -> Option<&Failure> {
        self.at.as_ref().map(|(_, failure)| failure)
    }
}

/// A change that is wanted again as soon as it was made was turned back, by a policy or a webhook. To fight over it would
/// cost writes and change nothing.
fn was_undone(taken: &[Step], step: &Step) -> Option<Failure> {
    // Tags have a memory of their own, which reaches farther back.
    let only_tags = matches!(
        step,
        Step::UpdateAzureKey {
            public_key: None,
            ..
        }
    );
    if only_tags
        || matches!(step, Step::Record { .. })
        || !taken.iter().any(|before| {
            before.name() == step.name()
                && before.azure_id() == step.azure_id()
                && before.output() == step.output()
                && before.kept_key() == step.kept_key()
        })
    {
        return None;
    }
    Some(Failure::to_fix(
        Reason::ChangeTurnedBack,
        format!(
            "what was just changed is as it was before: {}. Look for a policy in Azure or a webhook in the cluster that turns it back",
            step.describe()
        ),
    ))
}

/// The step to take now. A suspended object takes none, but for its deletion.
fn next_step(at: &Observation, decided: &Plan) -> Option<Step> {
    if at.desired.suspended && !decided.deleting {
        return None;
    }
    decided.steps.first().cloned()
}

/// Nothing is staged before it was looked whether something is: a rotation may be under way that nobody remembers.
fn is_staged_unseen(at: &Observation, step: &Step) -> bool {
    let stages = matches!(step, Step::StageKey { .. } | Step::StageImportedKey { .. });
    stages && at.observed.companions == Companions::Unread
}

async fn read_companions(context: &Context, at: &Observation) -> Result<Outcome, StepError> {
    let namespace = at.object.namespace().unwrap_or_default();
    let secret = at.desired.source.custody().map(|custody| &custody.name);
    let secret = secret.ok_or(StepError::SecretChanging)?;
    let sshkey = at.object.name_any();
    let found = companions::look(&context.client, &namespace, secret, &sshkey).await?;
    Ok(Outcome::Companions(found))
}

/// A list may be old, and another may have written since we did: good enough to see that nothing differs, not to write
/// upon.
fn not_read_just_now(at: &Observation, step: &Step) -> Option<ArmId> {
    if let Some(successor) = unconfirmed_successor(at, step) {
        return Some(successor);
    }
    let id = step.azure_id()?;
    match at.observed.azure.get(id) {
        Some(KeyView::Present { freshness, .. } | KeyView::Absent { freshness, .. }) => {
            (*freshness != Freshness::Live).then(|| id.clone())
        }
        _ => None,
    }
}

/// What is wanted no more goes only when what takes its place was seen there, and not only sent there.
fn unconfirmed_successor(at: &Observation, step: &Step) -> Option<ArmId> {
    let Step::DeleteAzureKey { id } = step else {
        return None;
    };
    let target = at.desired.azure.as_ref()?.target.as_ref().ok()?;
    let successor = target.id();
    let is_only_sent = matches!(
        at.observed.azure.get(successor),
        Some(KeyView::Present {
            freshness: Freshness::Written,
            ..
        })
    );
    (successor != id && is_only_sent).then(|| successor.clone())
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
    let before = at.object.status.clone().unwrap_or_default();
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
    if report.status != before {
        let written = sshkeys::write_status(&context.client, &at.object, &report.status).await?;
        let Some(written) = written else {
            return Ok(None);
        };
        context.own_writes.remember(written);
    }
    tell(context, at, &before, &report, taken).await;
    tell_store(context, at, &report).await;
    if let Some(wait) = halt.wait {
        return Ok(Some(Action::requeue(wait)));
    }
    let wait = next_look(context, at, decided, halt);
    match &halt.at {
        Some((step, failure)) if halt.by_azure && failure.reason != Reason::Throttled => {
            let refused = Refused {
                generation,
                step: step.clone(),
                failure: failure.clone(),
                due: Instant::now() + wait,
            };
            context.refusals.remember(uid, refused);
        }
        _ => context.refusals.forget(uid),
    }
    Ok(Some(Action::requeue(wait)))
}

fn next_look(context: &Context, at: &Observation, decided: &Plan, halt: &Halt) -> Duration {
    let uid = &at.observed.object.uid;
    let poll = context.options.intervals.poll;
    let class = halt
        .failure()
        .map(|failure| failure.class)
        .or_else(|| decided.obstacle());
    let refused = halt.output_failed || halt.at.is_some();
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
