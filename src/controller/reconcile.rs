//! One reconcile of an `SshKey`: observe, then plan and act until no step is left or one fails, then report once.

use std::sync::Arc;

use kube::{ResourceExt, core::DeserializeGuard, runtime::controller::Action};

use super::{
    blocked::{refuse, write_blocked},
    clock::now,
    context::Context,
    failure,
    halt::Halt,
    observation::Observation,
    observe::observe,
    observe_error::ObserveError,
    own_status,
    pass::carry_out,
    requeue::{next_look, remember_refusals},
    scope::Scope,
    tell::{tell, tell_of_deletion, tell_store},
    waiting::wait,
};
use crate::{
    api::{ErrorClass, Reason, SshKey},
    kubernetes::{KubernetesError, sshkeys},
    plan::{Failure, MOST_STEPS, Plan, Step, report},
};

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
            write_blocked(context, &seen, &failure::kubernetes_failure(&error)).await?;
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

/// Reports, and says when to look again; `None` when there is no object any more to report on.
pub(super) async fn finish(
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
