//! The end of a pass: the status, the events, and when to reconcile again.

use crate::{
    api::{SshKey, SshKeyStatus, condition::is_own, names::manager, planned_step::PendingPlan},
    controller::{
        action::Action,
        clock::now,
        context::Context,
        sshkey::{
            audit::Taken,
            events::{tell, tell_of_deletion, tell_store},
            halt::Halt,
            observe::{look_request::look_request, observation::Observation},
            reconcile_error::ReconcileError,
            requeue::{next_look, remember_deferred},
        },
    },
    kubernetes::sshkeys,
    plan::{Beginning, Failure, Plan, Step, pending, report},
};

/// The steps that are not being taken, where the definitions keep them.
fn pending_steps(
    context: &Context,
    observation: &Observation,
    decided: &Plan,
    failed: Option<(&Step, &Failure)>,
    status: &SshKeyStatus,
) -> Option<PendingPlan> {
    if !context.definitions.keep_plans() {
        return None;
    }
    let beginning = Beginning {
        status,
        generation: observation.caller.generation,
        orphan_after: context.options.orphan_after,
        now: now(),
        trusts: true,
    };
    let Observation {
        desired, observed, ..
    } = observation;
    pending(desired, observed, decided, failed, status, beginning)
}

/// Nothing more is to be done about this state of the object, unless the plan goes on at once.
fn decide(context: &Context, state: &SshKey, decided: &Plan) {
    if decided.wake_at.is_none_or(|time| time > now()) {
        context.memory.has_decided(state);
    }
}

/// Reports, and says when to look again; `None` when there is no object any more to report on.
pub(in crate::controller) async fn finish(
    context: &Context,
    observation: &Observation,
    decided: &Plan,
    taken: &Taken,
    halt: &Halt,
) -> Result<Option<Action>, ReconcileError> {
    if decided.deleting && !observation.observed.object.has_finalizer {
        tell_of_deletion(context, observation, &taken.lines).await;
        context.forget(&observation.object);
        return Ok(Some(Action::await_change()));
    }
    let mut written = observation.object.status.clone().unwrap_or_default();
    written
        .conditions
        .retain(|condition| is_own(&condition.type_));
    // What a status says of another object is not carried over.
    let before = observation.object.own_status().cloned().unwrap_or_default();
    let generation = observation.object.metadata.generation.unwrap_or_default();
    let failed = halt.at.as_ref().map(|(step, failure)| (step, failure));
    let report = report(
        &observation.desired,
        &observation.observed,
        decided,
        failed,
        &before,
        generation,
        now(),
    );
    let mut report = report;
    let request = look_request(context, &observation.object);
    report.status.last_handled_reconcile_at = request.map(str::to_owned);
    report.status.plan = pending_steps(context, observation, decided, failed, &report.status);
    if observation.observed.crd_is_outdated {
        report.status = report.status.without_newer_fields();
    }
    let is_at_rest = decided.is_fulfilled() && halt.is_empty();
    let settle = |state: &SshKey| {
        if is_at_rest {
            context.memory.settle(state, &observation.observed.secret);
        }
    };
    if report.status == written {
        settle(&observation.object);
        decide(context, &observation.object, decided);
    } else {
        let written =
            sshkeys::write_status(&context.client, &observation.object, &report.status).await?;
        let Some(mut written) = written else {
            return Ok(None);
        };
        if !observation.observed.crd_is_outdated {
            context.definitions.learn(&written.live);
            if !written.is_overtaken {
                let api = observation.within(&context.client).api::<SshKey>();
                written.live = context
                    .clear_status(&api, written.live, &report.status, manager::STATUS)
                    .await;
            }
        }
        let live = context.memory.remember_status(written);
        settle(&live);
        // Definitions of an older version drop it: then the next look says so.
        let recorded_for = live
            .status
            .as_ref()
            .and_then(|status| status.recorded_for.as_ref());
        if recorded_for == report.status.recorded_for.as_ref() {
            decide(context, &live, decided);
        }
    }
    tell(context, observation, &before, &report, taken).await;
    tell_store(context, observation, &report).await;
    if let Some(wait) = halt.wait() {
        return Ok(Some(Action::requeue(wait)));
    }
    let wait = next_look(context, observation, decided, halt);
    remember_deferred(context, observation, halt, wait);
    Ok(Some(Action::requeue(wait)))
}
