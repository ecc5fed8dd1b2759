//! One reconcile of an `SshKey`: observe, then plan and act until no step is left or one fails, then report once.

use std::sync::Arc;

use kube::core::error_boundary::InvalidObject;

use crate::{
    api::{ErrorClass, Reason, SshKey},
    controller::{
        action::Action,
        failure,
        scope::Scope,
        sshkey::{
            invalid::{refuse, write_blocked},
            observe::{error::ObserveError, look::observe},
            pass::carry_out,
            reconcile_error::ReconcileError,
            waiting::wait,
        },
    },
    plan::Failure,
};

/// Reconciles one object, from its newest state that is known.
pub(in crate::controller) async fn reconcile(
    seen: Result<SshKey, Box<InvalidObject>>,
    scope: Arc<Scope>,
) -> Result<Action, ReconcileError> {
    let context = &scope.context;
    let seen = match seen {
        Ok(seen) => seen,
        Err(invalid) => return refuse(context, &invalid).await,
    };
    let done = match observe_and_act(&scope, &seen, true).await {
        Ok(None) => {
            // It may have our finalizer by now.
            let newest = context.memory.last_write(&seen);
            let newest = newest.as_deref().unwrap_or(&seen);
            observe_and_act(&scope, newest, false).await
        }
        done => done,
    };
    context.memory.end_hold(&seen);
    // The second never presumes.
    let retry = || Action::requeue(context.memory.next_backoff(&seen));
    done.map(|action| action.unwrap_or_else(retry))
}

/// `None` when the Secret of a new object was presumed absent, which `may_presume` allows, and was not created.
async fn observe_and_act(
    scope: &Scope,
    seen: &SshKey,
    may_presume: bool,
) -> Result<Option<Action>, ReconcileError> {
    let context = &scope.context;
    let observation = match observe(scope, seen, may_presume).await {
        Ok(Some(observation)) => observation,
        Ok(None) => {
            context.forget(seen);
            return Ok(Some(Action::await_change()));
        }
        Err(ObserveError::Kubernetes(error)) if error.class() == ErrorClass::UserFixable => {
            write_blocked(context, seen, &failure::kubernetes_failure(&error)).await?;
            return Ok(Some(Action::requeue(context.memory.next_patience(seen))));
        }
        Err(ObserveError::Kubernetes(error)) => return Err(error.into()),
        Err(ObserveError::Invalid(why)) => {
            let failure = Failure::to_fix(Reason::InvalidObject, why);
            write_blocked(context, seen, &failure).await?;
            return Ok(Some(Action::requeue(context.memory.next_patience(seen))));
        }
        Err(ObserveError::Waiting(waits_for)) => {
            return Ok(Some(wait(context, seen, waits_for).await?));
        }
    };
    Box::pin(carry_out(scope, observation)).await
}
