//! Reads what a decision needs. The Secret is read live, but for a new object that probably has none, and for one whose Secret
//! has not changed while nothing is to be done. The object is read live where it matters.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

use crate::{
    api::{SshKey, names::FINALIZER},
    controller::{
        blocking::Asker,
        clock::now,
        scope::Scope,
        sshkey::observe::{
            at_rest::at_rest, beside_secret::observe_all, error::ObserveError,
            look_request::is_requested, new_object::without_secret, observation::Observation,
            purpose::Purpose, secret,
        },
    },
    kubernetes::{namespaced::Namespaced, secrets, sshkeys},
    plan::{SecretView, secret_name},
};

/// Observes one object; `None` when it is gone. `may_presume` says whether the Secret of a new one may be presumed absent.
pub(in crate::controller) async fn observe(
    scope: &Scope,
    seen: &SshKey,
    may_presume: bool,
) -> Result<Option<Observation>, ObserveError> {
    let is_requested = is_requested(&scope.context, seen).await;
    if !is_requested && let Some(observation) = at_rest(scope, seen).await? {
        return Ok(Some(observation));
    }
    let presumed = if may_presume && !is_requested {
        without_secret(scope, seen).await?
    } else {
        None
    };
    if presumed.as_ref().is_some_and(|one| one.presumes_no_secret) {
        return Ok(presumed);
    }
    let secret = look_at_secret(scope, seen, &Purpose::Work).await?;
    if presumed.is_some() && secret == SecretView::Absent {
        return Ok(presumed);
    }
    // Whether a key is lost, or what is to be deleted, is not decided upon a copy that may be old. A new object needs no
    // second read: its first step is a patch at the version that was read.
    let held = seen
        .finalizers()
        .iter()
        .any(|finalizer| finalizer == FINALIZER);
    let deleting = seen.metadata.deletion_timestamp.is_some();
    let has_custody = secret_name(&seen.spec, &seen.name_any()).is_some();
    if is_requested {
        // A person who asks also wants refused steps tried again.
        scope.context.memory.defer_steps(seen, Vec::new());
    }
    let is_live = deleting || is_requested || (held && has_custody && secret == SecretView::Absent);
    let object = if is_live {
        let (namespace, name) = (seen.namespace().unwrap_or_default(), seen.name_any());
        match sshkeys::read(Namespaced::new(&scope.context.client, &namespace), &name).await? {
            Some(live) if live.uid() == seen.uid() => {
                if live.resource_version() != seen.resource_version() {
                    // What was read before it may be older than what it asks for.
                    scope.context.memory.is_overtaken(&live);
                }
                live
            }
            _ => return Ok(None),
        }
    } else {
        seen.clone()
    };
    Box::pin(observe_all(scope, object, secret, is_live, &Purpose::Work))
        .await
        .map(Some)
}

/// Observes an object as it would be, for one who asks what would be done.
pub(in crate::controller) async fn observe_for(
    scope: &Scope,
    object: SshKey,
    asker: Asker,
) -> Result<Observation, ObserveError> {
    let purpose = Purpose::Question(asker);
    let secret = look_at_secret(scope, &object, &purpose).await?;
    Box::pin(observe_all(scope, object, secret, true, &purpose)).await
}

/// Observes what belongs to an object that is gone, as if it were being deleted with our finalizer on it.
pub(in crate::controller) async fn observe_gone(
    scope: &Scope,
    mut gone: SshKey,
) -> Result<Observation, ObserveError> {
    gone.metadata.deletion_timestamp = Some(Time(now()));
    gone.metadata.finalizers = Some(vec![FINALIZER.to_owned()]);
    let secret = look_at_secret(scope, &gone, &Purpose::Work).await?;
    Box::pin(observe_all(scope, gone, secret, true, &Purpose::Work)).await
}

async fn look_at_secret(
    scope: &Scope,
    object: &SshKey,
    purpose: &Purpose,
) -> Result<SecretView, ObserveError> {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let Some(secret_name) = secret_name(&object.spec, &name) else {
        return Ok(SecretView::Absent);
    };
    let found = secrets::read(
        Namespaced::new(&scope.context.client, &namespace),
        &secret_name,
    )
    .await?;
    let secret = secret::secret(found, &namespace, &name).await;
    if !purpose.is_question() {
        scope.context.memory.secret_was_read(object, &secret);
    }
    Ok(secret)
}
