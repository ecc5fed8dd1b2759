//! The steps that change the managed Secret.

use jiff::Timestamp;
use kube::{Client, ResourceExt};

use crate::{
    controller::{
        blocking,
        context::Context,
        sshkey::{
            act::error::StepError,
            observe::{observation::Observation, secret},
        },
    },
    keys::KeyPair,
    kubernetes::secrets::{self, FoundSecret, SecretOwner},
    plan::{Outcome, SecretRecord, SecretView},
};

pub(in crate::controller) async fn record_secret(
    client: &Client,
    namespace: &str,
    secret: &SecretRecord,
    owner: SecretOwner<'_>,
    anew: Option<(u32, Timestamp)>,
) -> Result<FoundSecret, StepError> {
    let rewritten = if secret.rewrites {
        Some(pair_in(client, namespace, secret).await?)
    } else {
        None
    };
    let repair = secrets::Repair {
        name: &secret.name,
        resource_version: &secret.resource_version,
        public: &secret.public_key,
        recorded_as: anew,
        rewritten: rewritten.as_ref(),
    };
    Ok(secrets::record(client, namespace, owner, repair).await?)
}

/// The pair that a Secret holds, if it still is what was looked at.
pub(in crate::controller) async fn pair_in(
    client: &Client,
    namespace: &str,
    secret: &SecretRecord,
) -> Result<KeyPair, StepError> {
    let found = secrets::read(client, namespace, &secret.name).await?;
    let is_same = |found: &FoundSecret| {
        found.meta.resource_version.as_ref() == Some(&secret.resource_version)
    };
    let private = found.filter(is_same).and_then(|found| found.private);
    let private = private.ok_or(StepError::SecretChanging)?;
    let pair = blocking::off_thread(move || KeyPair::from_openssh_amid(&private)).await?;
    if pair.public_key() == secret.public_key {
        Ok(pair)
    } else {
        Err(StepError::SecretChanging)
    }
}

/// The Secret that was created. If there was one of that name, somebody was faster, or it is somebody's: what it is, it
/// says itself.
pub(in crate::controller) async fn created_or_there(
    context: &Context,
    at: &Observation,
    name: &str,
    created: Option<FoundSecret>,
) -> Result<Outcome, StepError> {
    let namespace = at.object.namespace().unwrap_or_default();
    let found = match created {
        Some(created) => Some(created),
        None => secrets::read(&context.client, &namespace, name).await?,
    };
    Ok(seen(context, at, found).await)
}

/// The Secret as it is now.
pub(in crate::controller) async fn seen(
    context: &Context,
    at: &Observation,
    found: Option<FoundSecret>,
) -> Outcome {
    Outcome::Secret(secret_outcome(context, at, found).await)
}

/// What the Secret says now.
pub(in crate::controller) async fn secret_outcome(
    context: &Context,
    at: &Observation,
    found: Option<FoundSecret>,
) -> SecretView {
    let uid = &at.observed.object.uid;
    context.key_ages.read(uid, found.as_ref());
    let namespace = at.object.namespace().unwrap_or_default();
    secret::secret(found, &namespace, &at.object.name_any()).await
}
