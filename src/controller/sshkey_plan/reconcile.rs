//! One reconcile of an `SshKeyPlan`: the answer is written once, and the plan is deleted when its time is over.

use std::time::Duration;

use jiff::Timestamp;
use kube::{Resource, ResourceExt};

use crate::{
    api::{ErrorClass, Reason, SshKeyPlan, SshKeyPlanStatus},
    controller::{
        action::Action,
        blocking::Asker,
        clock::now,
        context::Context,
        failure,
        scope::Scope,
        sshkey::{
            act::read::read,
            observe::{error::ObserveError, look::observe_for, observation::Observation},
        },
        sshkey_plan::{
            answer::{complete, end_of, is_answered, not_complete},
            queue::{MOST_AT_WORK, Queue},
            subject::{Subject, subject},
            watched_plan::{Standing, WatchedPlan},
        },
    },
    kubernetes::{KubernetesError, plans},
    plan::{Beginning, Failure, Forecast, Foreseen, forecast},
};

/// The most reads for one answer, beside those of an observation.
const MOST_READS: usize = 32;

/// What came of a look.
enum Answer {
    /// The answer, or the reason why there can be none.
    Final(SshKeyPlanStatus),
    /// Something passes by itself: it is tried again.
    Later(Failure),
}

/// What needs no turn: a plan whose time is over is deleted, one that must wait is told so, and one that has its answer stays
/// as it is. `None` when it is to be answered.
pub(in crate::controller) async fn before_its_turn(
    context: &Context,
    plan: &WatchedPlan,
    standing: Standing,
    queue: &Queue,
) -> Result<Option<Action>, KubernetesError> {
    let now = now();
    let Some(left) = time_left(standing.ends, now) else {
        if plan.meta().deletion_timestamp.is_some() {
            return Ok(Some(Action::await_change()));
        }
        plans::delete(&context.client, plan).await?;
        // An API server that is starting knows of none, and says so.
        return Ok(Some(Action::requeue(context.memory.next_backoff(plan))));
    };
    if !plan.waits() {
        return Ok(Some(Action::requeue(left)));
    }
    if queue.may_begin(plan) {
        return Ok(None);
    }
    if !standing.is_queued
        && let Some(asked) = plans::read(&context.client, plan).await?
        && !is_answered(&asked)
    {
        write(context, &asked, queued(&asked, now)).await?;
    }
    Ok(Some(Action::requeue(left)))
}

fn queued(plan: &SshKeyPlan, now: Timestamp) -> SshKeyPlanStatus {
    let message = format!(
        "{MOST_AT_WORK} plans of this namespace, created before this one, have no answer yet; it begins by itself when one of them has"
    );
    let failure = Failure::new(ErrorClass::Transient, Reason::Queued, message);
    not_complete(plan, &failure, now)
}

/// Reads what one plan asks, and answers it.
pub(in crate::controller) async fn reconcile(
    plan: &WatchedPlan,
    scope: &Scope,
) -> Result<Action, KubernetesError> {
    let context = &scope.context;
    let Some(asked) = plans::read(&context.client, plan).await? else {
        // The watch tells of its end. An API server that is starting knows of none.
        return Ok(Action::requeue(context.memory.next_backoff(plan)));
    };
    let left = time_left(end_of(&asked), now()).unwrap_or_default();
    if is_answered(&asked) {
        return Ok(Action::requeue(left));
    }
    let plan = &asked;
    match Box::pin(answer(plan, scope)).await? {
        Answer::Final(status) => {
            write(context, plan, status).await?;
            context.memory.reset_backoff(plan);
            Ok(Action::requeue(left))
        }
        Answer::Later(failure) => {
            write(context, plan, not_complete(plan, &failure, now())).await?;
            let wait = context.memory.next_backoff(plan);
            Ok(Action::requeue(wait.min(left)))
        }
    }
}

/// How long a plan stays; `None` once its time is over.
fn time_left(ends: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    let left = ends?.duration_since(now);
    let left = Duration::try_from(left).ok()?;
    (!left.is_zero()).then_some(left)
}

async fn write(
    context: &Context,
    plan: &SshKeyPlan,
    status: SshKeyPlanStatus,
) -> Result<(), KubernetesError> {
    if plan.status.as_ref() == Some(&status) {
        return Ok(());
    }
    plans::write_status(&context.client, plan, &status).await
}

async fn answer(plan: &SshKeyPlan, scope: &Scope) -> Result<Answer, KubernetesError> {
    let refused = |failure: &Failure| Answer::Final(not_complete(plan, failure, now()));
    let subject = match subject(&scope.context, plan).await? {
        Ok(subject) => subject,
        Err(failure) => return Ok(refused(&failure)),
    };
    let asker = Asker::Plan {
        namespace: plan.namespace().unwrap_or_default(),
        name: plan.name_any(),
        uid: plan.uid().unwrap_or_default(),
    };
    let observed = observe_for(scope, subject.object.clone(), asker).await;
    let observation = match observed {
        Ok(observation) => observation,
        Err(ObserveError::Kubernetes(error)) if error.class() == ErrorClass::UserFixable => {
            return Ok(refused(&failure::kubernetes_failure(&error)));
        }
        Err(ObserveError::Kubernetes(error)) => return Err(error),
        Err(ObserveError::Invalid(why)) => {
            return Ok(refused(&Failure::to_fix(Reason::InvalidObject, why)));
        }
        Err(ObserveError::Waiting(waits_for)) => {
            let message: &str = waits_for.into();
            let failure = Failure::new(ErrorClass::Transient, Reason::Progressing, message);
            return Ok(Answer::Later(failure));
        }
    };
    Ok(match Box::pin(foresee(&scope.context, observation)).await {
        Ok(forecast) => of_forecast(plan, &subject, forecast),
        Err(failure) if failure.is_to_fix() => refused(&failure),
        Err(failure) => Answer::Later(failure),
    })
}

/// What could not be read now says nothing of what would be done.
fn of_forecast(plan: &SshKeyPlan, subject: &Subject, forecast: Forecast) -> Answer {
    match (forecast.obstacle, &forecast.ready) {
        (Some(class @ (ErrorClass::Transient | ErrorClass::Throttled(_))), Some(ready)) => {
            Answer::Later(Failure::new(class, ready.reason, ready.message.clone()))
        }
        _ => Answer::Final(complete(plan, subject, forecast, now())),
    }
}

/// The forecast for what was observed. What must be read first is read.
async fn foresee(context: &Context, mut observation: Observation) -> Result<Forecast, Failure> {
    let status = observation.object.own_status().cloned().unwrap_or_default();
    for _ in 0..MOST_READS {
        let beginning = Beginning {
            status: &status,
            generation: observation.caller.generation,
            orphan_after: context.options.orphan_after,
            now: now(),
            trusts: false,
        };
        match forecast(&observation.desired, &observation.observed, beginning) {
            Foreseen::Forecast(forecast) => return Ok(forecast),
            Foreseen::Read(place) => {
                let read = read(context, &mut observation, &place).await;
                let outcome = read.map_err(|error| error.failure())?;
                observation.lay_over(outcome);
            }
        }
    }
    Err(Failure::new(
        ErrorClass::Transient,
        Reason::Progressing,
        "what would be done changes while it is read; it will be read again",
    ))
}
