//! A look at an `SshKey` without a read of its Secret: after a start, by what a list said of that; later, by what it said when
//! it was read last, as long as the watch shows no other version. Both may be old, as the watch may be late, so they serve only
//! to say that all is as it is wanted: for all else the Secret is read.

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;

use crate::{
    api::{SshKey, names::FINALIZER},
    controller::{
        memory::identity::{Identity, Place},
        scope::Scope,
        sshkey::observe::{
            beside_secret::observe_all, error::ObserveError, observation::Observation,
            purpose::Purpose,
        },
    },
    plan::{Move, SecretFacts, SecretView, secret_name},
};

/// The object by what is known of its Secret, where that says that nothing is to be done. `None` when the Secret is to be read.
pub(super) async fn at_rest(
    scope: &Scope,
    object: &SshKey,
) -> Result<Option<Observation>, ObserveError> {
    let Some(place) = place(object) else {
        return Ok(None);
    };
    let Some(secret) = scope.listed_secrets.find(&place).await else {
        return match unchanged(scope, object, &place) {
            Some(secret) => by(scope, object, secret).await,
            None => Ok(None),
        };
    };
    let is_own = secret.owner_name.as_ref() == Some(&object.name_any());
    let observation = if is_own {
        let view = SecretView::Present(Box::new(secret.clone()));
        scope.context.memory.secret_was_read(object, &view);
        // Who waits for a store or a key asks again, and the list still says the same then.
        by(scope, object, secret).await?
    } else {
        None
    };
    scope.listed_secrets.forget(&place);
    Ok(observation)
}

/// The object with what is known of its Secret; `None` where something is to be done.
async fn by(
    scope: &Scope,
    object: &SshKey,
    secret: SecretFacts,
) -> Result<Option<Observation>, ObserveError> {
    let secret = SecretView::Present(Box::new(secret));
    let observed = observe_all(scope, object.clone(), secret, false, &Purpose::Work);
    let observation = Box::pin(observed).await?;
    Ok(is_at_rest(scope, &observation).then_some(observation))
}

/// What the Secret said when it was read last, if the watch shows that it has not changed. After an edit something is to be
/// done.
fn unchanged(scope: &Scope, object: &SshKey, place: &Place) -> Option<SecretFacts> {
    let reported = object.own_status()?.observed_generation;
    if reported != object.metadata.generation {
        return None;
    }
    let is_shown = |version, read| scope.shown_secrets.shows_at(place, version, read);
    scope.context.memory.settled_secret(object, is_shown)
}

/// Where the Secret of an object is that has one: none of an object that is new, or that goes.
fn place(object: &SshKey) -> Option<Place> {
    let meta = &object.metadata;
    let is_held = object.finalizers().iter().any(|one| one == FINALIZER);
    if !is_held || meta.deletion_timestamp.is_some() {
        return None;
    }
    let secret = secret_name(&object.spec, &object.name_any())?;
    Some(Identity::of::<Secret>(&object.namespace()?, &secret, "").place)
}

/// Whether nothing is to be done, nor to be said: all is as it is wanted.
fn is_at_rest(scope: &Scope, observation: &Observation) -> bool {
    let (decided, next) = observation.decide(scope.context.options.orphan_after);
    decided.is_fulfilled() && matches!(next, Move::Rest)
}
