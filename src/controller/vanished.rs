//! An object that is gone although our finalizer was on it. The API server looks for finalizers before it deletes and not
//! again while it does, so a deletion that comes together with the first finalizer takes the object away in spite of it.
//! What was made for it meanwhile nobody would ever look for again: it is put away at once, from what is in memory.
//! <https://github.com/kubernetes/kubernetes/blob/v1.37.2/staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go>

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{ResourceExt, runtime::controller::Action};

use super::{
    act::act,
    azure_steps::read_azure,
    context::Scope,
    facts::{self, now},
    observe::Observation,
    reconcile::read,
    tell::tell_of_deletion,
};
use crate::{
    api::ArmId,
    plan::{KeyView, Move, Step, next_move, plan},
};

/// How often it is tried, with the waits of any other error: there is no object any more on which it could be reported.
const TRIES: usize = 5;

/// Does what the object's deletion would have done.
pub(super) async fn put_away(scope: &Scope, mut at: Observation) -> Action {
    let context = &scope.context;
    let (namespace, name) = (at.object.namespace(), at.object.name_any());
    tracing::warn!(
        namespace,
        name,
        "deleted while it was created, in spite of its finalizer: what was made for it is put away"
    );
    at.object.metadata.deletion_timestamp = Some(Time(now()));
    at.observed.object = facts::object(&at.object);
    at.observed.object_is_live = true;
    let uid = at.observed.object.uid.clone();
    let mut taken = Vec::new();
    for attempt in 1..=TRIES {
        if attempt > 1 {
            tokio::time::sleep(context.backoffs.next(&uid)).await;
        }
        look_again(&mut at).await;
        if leave(scope, &mut at, &mut taken).await {
            break;
        }
    }
    if at.observed.object.has_finalizer {
        let orphans = published(&at);
        taken.push(Step::RemoveFinalizer { orphans });
    }
    tell_of_deletion(context, &at, &taken).await;
    context.forget(&uid);
    Action::await_change()
}

/// Each place in Azure, itself: what was just written there, and what was not answered.
async fn look_again(at: &mut Observation) {
    let known = at.observed.known.iter();
    let hints = at.observed.object.hints.iter().flatten();
    let is_asked = |id: &ArmId| at.observed.azure.contains_key(id);
    let ids: BTreeSet<ArmId> = known
        .chain(hints)
        .map(|record| record.id.clone())
        .filter(is_asked)
        .collect();
    for id in ids {
        match read_azure(at, &id).await {
            Ok(outcome) => at.lay_over(outcome),
            Err(error) => {
                let view = KeyView::Unknown(error.failure());
                at.observed.azure.insert(id, view);
            }
        }
    }
}

/// Takes the steps of the deletion; whether all are done.
async fn leave(scope: &Scope, at: &mut Observation, taken: &mut Vec<Step>) -> bool {
    let context = &scope.context;
    loop {
        let decided = plan(
            &at.desired,
            &at.observed,
            context.options.orphan_after,
            now(),
        );
        let made = match next_move(&at.desired, &at.observed, &decided, taken) {
            Move::Rest => return !at.observed.object.has_finalizer,
            Move::GiveUp { .. } => return false,
            Move::Read(place) => read(context, at, &place).await,
            Move::Take(step) => act(scope, at, &step).await.inspect(|_| taken.push(step)),
        };
        match made {
            Ok(outcome) => at.lay_over(outcome),
            Err(error) => {
                let cause = error.failure().message;
                tracing::info!(cause, "a step failed");
                return false;
            }
        }
    }
}

/// Where our key may be.
fn published(at: &Observation) -> Vec<ArmId> {
    let records = at.observed.known.iter();
    let there = |id: &ArmId| !matches!(at.observed.azure.get(id), Some(KeyView::Absent { .. }));
    records
        .map(|record| record.id.clone())
        .filter(there)
        .collect()
}
