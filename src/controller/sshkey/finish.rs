//! The end of a pass: the status, the events, and when to reconcile again.

use kube::runtime::controller::Action;

use crate::{
    controller::{
        clock::now,
        context::Context,
        sshkey::{
            events::{tell, tell_of_deletion, tell_store},
            halt::Halt,
            observe::{observation::Observation, own_status},
            reconcile_error::ReconcileError,
            requeue::{next_look, remember_refusals},
        },
    },
    kubernetes::sshkeys,
    plan::{Plan, Step, report},
};

/// Reports, and says when to look again; `None` when there is no object any more to report on.
pub(in crate::controller) async fn finish(
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
    let before = own_status::own_status(&at.object)
        .cloned()
        .unwrap_or_default();
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
