//! When an object is reconciled again.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::{
    api::{ErrorClass, Reason},
    controller::{
        clock::now,
        context::Context,
        memory::deferred_steps::DeferredStep,
        sshkey::{halt::Halt, observe::observation::Observation},
    },
    plan::{Failure, Plan, Step},
};

/// A turn that is no farther away is waited for in one go.
const NEAR: Duration = Duration::from_mins(1);

/// The same request is not sent to Azure again before its time, whatever wakes the object meanwhile.
pub(in crate::controller) fn remember_deferred(
    context: &Context,
    observation: &Observation,
    halt: &Halt,
    wait: Duration,
) {
    let is_refused = |(_, failure): &&(Step, Failure)| failure.reason != Reason::Throttled;
    let new = halt.by_azure.iter().filter(is_refused);
    let new = new.map(|(step, failure)| DeferredStep {
        generation: observation.caller.generation,
        step: step.clone(),
        failure: failure.clone(),
        due: Instant::now() + wait,
    });
    let all = halt.deferred.iter().cloned().chain(new).collect();
    context.memory.defer_steps(&observation.object, all);
}

/// How long the object waits for its next reconcile.
pub(in crate::controller) fn next_look(
    context: &Context,
    observation: &Observation,
    decided: &Plan,
    halt: &Halt,
) -> Duration {
    let poll = context.options.intervals.poll;
    let refused = observation.observed.refused.first();
    let class = halt
        .failure()
        .or(refused.map(|(_, failure)| failure))
        .map(|failure| failure.class)
        .or_else(|| decided.obstacle());
    let refused = halt.is_held_up || halt.at.is_some();
    if !matches!(class, Some(ErrorClass::Throttled(_))) {
        context.budget.withdraw(&observation.observed.object.uid);
    }
    match class {
        None => {}
        // A write that is refused costs a write each time: it is tried again with increasing delays.
        Some(ErrorClass::UserFixable) if refused => {
            return context.memory.next_backoff(&observation.object).max(poll);
        }
        Some(ErrorClass::UserFixable) => return context.memory.next_patience(&observation.object),
        Some(ErrorClass::Throttled(Some(until))) => return turn(until, now()),
        Some(ErrorClass::Transient | ErrorClass::Throttled(None)) => {
            return context.memory.next_backoff(&observation.object);
        }
    }
    context.memory.reset_backoff(&observation.object);
    context.memory.end_patience(&observation.object);
    context
        .options
        .intervals
        .next_look(decided, &observation.observed, now())
        .unwrap_or(context.options.intervals.sweep)
}

/// A turn that is far away may come sooner than expected, when others leave the line: half the way is waited then.
fn turn(until: Timestamp, now: Timestamp) -> Duration {
    let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    if wait > 2 * NEAR { wait / 2 } else { wait }
}
