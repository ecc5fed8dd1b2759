//! An object that is gone although this operator did not let it go. A tool that replaces an object drops its finalizer, and
//! the deletion that follows waits for nobody. And the API server looks for finalizers before it deletes and not again
//! while it does, so a deletion that comes together with the first finalizer takes the object away in spite of it.
//! Nobody would ever look again for what was made for it: it is put away at once, from the object's last state.
//! <https://github.com/kubernetes/kubernetes/blob/v1.37.2/staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go>

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

use crate::{
    api::{ArmId, ErrorClass, SshKey, sshkey::DeletionPolicy},
    controller::{
        action::Action,
        clock::now,
        scope::Scope,
        sshkey::{
            act::{dispatch::act, read::read, read_azure::read_azure},
            audit::{Taken, log_failure},
            events::tell_of_deletion,
            observe::{error::ObserveError, look::observe_gone, object, observation::Observation},
        },
    },
    kubernetes::{namespaced::Namespaced, sshkeys},
    plan::{KeyView, Move, ObjectStep, Outcome, RotationStep, SecretStep, Step, next_move, plan},
};

/// How often it is tried, with the waits of any other error: there is no object any more on which it could be reported.
const TRIES: usize = 5;

/// Does what the deletion of an object would have done that the watch shows to be gone. Each attempt observes again and is a turn
/// of its namespace; no turn is held while it waits for the next, or for the list of stores.
pub(in crate::controller) async fn put_away_gone(scope: &Scope, last: SshKey) {
    let context = &scope.context;
    let namespace = last.namespace().unwrap_or_default();
    // What failed while it was there does not make its end longer.
    let mut backoff = context.memory.begin_backoff();
    let (mut taken, mut looked) = (Taken::default(), None);
    for attempt in 1..=TRIES {
        if attempt > 1 {
            tokio::time::sleep(backoff.next()).await;
        }
        scope.stores_listed.clone().await;
        let _turn = context.turns.take(&namespace).await;
        match Box::pin(observe_if_gone(scope, &last)).await {
            Ok(None) => return,
            Ok(Some(mut observation)) => {
                let left = leave(scope, &mut observation, &mut taken).await;
                looked = Some(observation);
                if !matches!(left, Left::NotYet) {
                    break;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "what belongs to an SshKey that is gone could not be read");
            }
        }
    }
    match looked {
        Some(observation) => end(scope, observation, taken).await,
        None => context.forget(&last),
    }
}

/// What belongs to it; `None` when it still exists after all. The Secrets of a name that another object has by now are that
/// one's: it takes them up.
async fn observe_if_gone(
    scope: &Scope,
    last: &SshKey,
) -> Result<Option<Observation>, ObserveError> {
    let (namespace, name) = (last.namespace().unwrap_or_default(), last.name_any());
    let live = sshkeys::read(Namespaced::new(&scope.context.client, &namespace), &name).await?;
    let mut last = last.clone();
    match (live, &mut last.spec.secret) {
        (Some(live), _) if live.uid() == last.metadata.uid => return Ok(None),
        (Some(_), Some(secret)) => secret.deletion_policy = Some(DeletionPolicy::Retain),
        _ => {}
    }
    observe_gone(scope, last).await.map(Some)
}

/// Does the same for an object that was gone when its reconcile came to an end. If that does not do it, the rest is done as for
/// any other that is gone: a reconcile that waited here would keep the turn of another.
pub(in crate::controller) async fn put_away_observed(
    scope: &Scope,
    mut observation: Observation,
) -> Action {
    observation.object.metadata.deletion_timestamp = Some(Time(now()));
    observation.observed.object = object::object(&observation.object);
    observation.observed.object_is_live = true;
    let mut taken = Taken::default();
    look_again(&mut observation).await;
    match leave(scope, &mut observation, &mut taken).await {
        Left::All | Left::ForAPerson => end(scope, observation, taken).await,
        Left::NotYet => {
            tell_of_deletion(&scope.context, &observation, &taken.lines).await;
            // Fails only when the watch ends, and everything with it.
            let _ = scope.departed.unbounded_send(observation.object);
        }
    }
    Action::await_change()
}

/// Tells what was done, and what is left, of an object of which nothing is kept any more.
async fn end(scope: &Scope, observation: Observation, mut taken: Taken) {
    tracing::warn!(
        namespace = observation.object.namespace(),
        name = observation.object.name_any(),
        "the SshKey was gone before this operator let it go: what was made for it was put away"
    );
    if observation.observed.object.has_finalizer {
        let orphans = published(&observation);
        let released = Step::Object(ObjectStep::RemoveFinalizer { orphans });
        taken.push(&observation, &observation.observed, released);
    }
    tell_of_deletion(&scope.context, &observation, &taken.lines).await;
    scope.context.forget(&observation.object);
}

/// What came of an attempt to put everything away.
enum Left {
    /// Nothing is left.
    All,
    /// Something may work the next time.
    NotYet,
    /// Only a person can change what stands against it.
    ForAPerson,
}

/// Each place in Azure, itself: what was just written there, and what was not answered.
async fn look_again(observation: &mut Observation) {
    let known = observation.observed.known.iter();
    let hints = observation.observed.object.hints.iter().flatten();
    let is_asked = |id: &ArmId| observation.observed.azure.contains_key(id);
    let ids: BTreeSet<ArmId> = known
        .chain(hints)
        .map(|record| record.id.clone())
        .filter(is_asked)
        .collect();
    for id in ids {
        match read_azure(observation, &id).await {
            Ok(outcome) => drop(observation.lay_over(outcome)),
            Err(error) => {
                let view = KeyView::Unknown(error.failure());
                observation.observed.azure.insert(id, view);
            }
        }
    }
}

/// Takes the steps of the deletion.
async fn leave(scope: &Scope, observation: &mut Observation, taken: &mut Taken) -> Left {
    let context = &scope.context;
    loop {
        let decided = plan(
            &observation.desired,
            &observation.observed,
            context.options.orphan_after,
            now(),
        );
        let (desired, observed) = (&observation.desired, &observation.observed);
        let (made, step) = match next_move(desired, observed, &decided, &taken.steps) {
            Move::Rest if !observation.observed.object.has_finalizer => return Left::All,
            Move::Rest => {
                let is_to_fix = decided.obstacle() == Some(ErrorClass::UserFixable);
                return if is_to_fix {
                    Left::ForAPerson
                } else {
                    Left::NotYet
                };
            }
            Move::GiveUp { .. } => return Left::NotYet,
            Move::Read(place) => (read(context, observation, &place).await, None),
            // There is no object any more.
            Move::Take(step @ Step::Object(ObjectStep::RemoveFinalizer { .. })) => {
                (Ok(Outcome::Released), Some(step))
            }
            // One that was made again under this name goes on with the Secrets.
            Move::Take(step) if destroys_keys(&step) && is_back(scope, observation).await => {
                return Left::NotYet;
            }
            Move::Take(step) => (act(scope, observation, &step).await, Some(step)),
        };
        match made {
            Ok(outcome) => {
                let before = observation.lay_over(outcome);
                if let Some(step) = step {
                    taken.push(observation, &before, step);
                }
            }
            Err(error) => {
                log_failure(observation, step.as_ref(), &error.failure());
                return Left::NotYet;
            }
        }
    }
}

/// Whether a step destroys private keys.
fn destroys_keys(step: &Step) -> bool {
    matches!(
        step,
        Step::Secret(SecretStep::DeleteSecret { .. })
            | Step::Rotation(
                RotationStep::DropStagedKey { .. } | RotationStep::DeletePreviousKeys { .. }
            )
    )
}

/// Whether an object of this name exists again, or that can't be said.
async fn is_back(scope: &Scope, observation: &Observation) -> bool {
    let within = observation.within(&scope.context.client);
    let live = sshkeys::read(within, &observation.object.name_any()).await;
    !matches!(live, Ok(None))
}

/// Where our key may be.
fn published(observation: &Observation) -> Vec<ArmId> {
    let records = observation.observed.known.iter();
    let there = |id: &ArmId| {
        !matches!(
            observation.observed.azure.get(id),
            Some(KeyView::Absent { .. })
        )
    };
    records
        .map(|record| record.id.clone())
        .filter(there)
        .collect()
}
