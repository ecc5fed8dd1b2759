//! The single way to a key pair.

use kube::ResourceExt;

use crate::{
    api::rotation::staging_name,
    controller::{
        blocking::{self, off_thread},
        context::Context,
        source::read,
        sshkey::{act::error::StepError, observe::observation::Observation},
    },
    keys::{Algorithm, Comment, KeyPair, KeySpec, PublicKey},
    kubernetes::{rotation_secrets as stored, secrets},
    plan::KeptFrom,
};

/// The pair that the user gives, if it is still the one that was looked at.
pub(in crate::controller) async fn given_pair(
    context: &Context,
    at: &Observation,
    public_key: &PublicKey,
) -> Result<KeyPair, StepError> {
    let pair = read::pair(&context.source, &at.object).await?;
    if pair.public_key() == *public_key {
        Ok(pair)
    } else {
        Err(StepError::Changing)
    }
}

/// Generates and proves a pair. An RSA key takes seconds: it waits for its turn.
pub(in crate::controller) async fn generate(
    context: &Context,
    at: &Observation,
    key: KeySpec,
    comment: Comment,
) -> Result<KeyPair, StepError> {
    let what = format!("{key:?} {comment:?}");
    let work = move || KeyPair::generate(key, &comment);
    if key.algorithm() != Algorithm::Rsa {
        return Ok(blocking::off_thread(work).await?);
    }
    let generated = context.blocking.ask(&read::asker(&at.object), &what, work);
    Ok(generated.ok_or(StepError::Waiting)??)
}

/// The key pair in one of the Secrets of a managed one, if it is still the one that was looked at.
pub(in crate::controller) async fn held(
    context: &Context,
    namespace: &str,
    from: KeptFrom,
    managed: &str,
    public_key: &PublicKey,
) -> Result<KeyPair, StepError> {
    let client = &context.client;
    let private = match from {
        KeptFrom::Managed => {
            let found = secrets::read(client, namespace, managed).await?;
            found.and_then(|found| found.private)
        }
        KeptFrom::Staging => {
            let found = stored::read(client, namespace, &staging_name(managed)).await?;
            found.and_then(|found| found.keys.into_values().next())
        }
    };
    let private = private.ok_or(StepError::SecretChanging)?;
    let pair = off_thread(move || KeyPair::from_openssh(&private)).await;
    pair.ok()
        .filter(|pair| pair.public_key() == *public_key)
        .ok_or(StepError::SecretChanging)
}

/// The pair that the outputs are made from, if it is still the one that was looked at.
pub(in crate::controller) async fn pair(
    context: &Context,
    at: &Observation,
    public_key: &PublicKey,
) -> Result<KeyPair, StepError> {
    let pair = match at.desired.source.custody() {
        Some(custody) => {
            let namespace = at.object.namespace().unwrap_or_default();
            let found = secrets::read(&context.client, &namespace, &custody.name).await?;
            let private = found.and_then(|found| found.private);
            let private = private.ok_or(StepError::Changing)?;
            blocking::off_thread(move || KeyPair::from_openssh(&private)).await?
        }
        None => read::pair(&context.source, &at.object).await?,
    };
    if pair.public_key() == *public_key {
        Ok(pair)
    } else {
        Err(StepError::Changing)
    }
}
