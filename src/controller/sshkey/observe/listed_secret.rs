//! The first look at an `SshKey` after a start, by what a list said of its Secret. It may be some seconds old, so it serves
//! only to say that all is as it is wanted: for all else the Secret is read.

use kube::ResourceExt;

use crate::{
    api::{SshKey, names::FINALIZER},
    controller::{clock::now, scope::Scope, sshkey::observe::observation::Observation},
    plan::{Move, SecretView, next_move, plan, secret_name},
};

/// What a list said of the Secret of an object that has one, once; `None` when it is to be read.
pub(super) async fn listed(scope: &Scope, object: &SshKey) -> Option<SecretView> {
    let meta = &object.metadata;
    let is_held = object.finalizers().iter().any(|one| one == FINALIZER);
    if !is_held || meta.deletion_timestamp.is_some() {
        return None;
    }
    let (namespace, name) = (object.namespace()?, object.name_any());
    let secret = secret_name(&object.spec, &name)?;
    let facts = scope.listed_secrets.take(&namespace, &secret).await?;
    let is_own = facts.owner_name.as_ref() == Some(&name);
    is_own.then(|| SecretView::Present(Box::new(facts)))
}

/// Whether nothing is to be done, nor to be said: all is as it is wanted.
pub(super) fn is_at_rest(scope: &Scope, observation: &Observation) -> bool {
    let (desired, observed) = (&observation.desired, &observation.observed);
    let decided = plan(desired, observed, scope.context.options.orphan_after, now());
    let next = next_move(desired, observed, &decided, &[]);
    decided.is_fulfilled() && matches!(next, Move::Rest)
}
