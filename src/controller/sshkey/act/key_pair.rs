//! The single way to a key pair: it is generated, or loaded from where it is kept.

use kube::ResourceExt;
use zeroize::Zeroizing;

use crate::{
    api::{SshKey, rotation::staging_name},
    controller::{
        blocking::off_thread,
        context::Context,
        source::read,
        sshkey::{act::error::StepError, observe::observation::Observation},
    },
    keys::{Algorithm, Comment, KeyError, KeyPair, KeySpec, PublicKey},
    kubernetes::{namespaced::Namespaced, rotation_secrets, secrets},
    plan::SecretRecord,
};

/// Where a key pair is kept.
#[derive(Clone, Copy, Debug)]
pub(in crate::controller) enum Origin<'a> {
    /// What the user gives.
    Source,
    /// The managed Secret of this name.
    Managed(&'a str),
    /// The managed Secret that is about to be repaired, at the version that was observed.
    Repaired(&'a SecretRecord),
    /// The Secret of the next key, beside the managed one of this name.
    Staging(&'a str),
}

/// Loads a pair, if it is still the one that was observed.
pub(in crate::controller) async fn load(
    context: &Context,
    object: &SshKey,
    origin: Origin<'_>,
    public_key: &PublicKey,
) -> Result<KeyPair, StepError> {
    let namespace = object.namespace().unwrap_or_default();
    let within = Namespaced::new(&context.client, &namespace);
    match origin {
        Origin::Source => {
            let pair = read::pair(&context.source, object).await?;
            let pair = Some(pair).filter(|pair| pair.public_key() == *public_key);
            pair.ok_or(StepError::Changing)
        }
        Origin::Managed(name) => {
            let found = secrets::read(within, name).await?;
            let private = found.and_then(|found| found.private);
            open(private, KeyPair::from_secret, public_key).await
        }
        Origin::Repaired(record) => {
            let found = secrets::read(within, &record.name).await?;
            let version = Some(&record.resource_version);
            let found = found.filter(|found| found.meta.resource_version.as_ref() == version);
            let private = found.and_then(|found| found.private);
            open(private, KeyPair::from_secret, public_key).await
        }
        Origin::Staging(managed) => {
            let name = staging_name(managed);
            let found = rotation_secrets::read(within, &name).await?;
            let private = found.and_then(|found| found.keys.into_values().next());
            open(private, KeyPair::from_openssh, public_key).await
        }
    }
}

async fn open(
    private: Option<Zeroizing<Vec<u8>>>,
    read: fn(&[u8]) -> Result<KeyPair, KeyError>,
    public_key: &PublicKey,
) -> Result<KeyPair, StepError> {
    let private = private.ok_or(StepError::SecretChanging)?;
    let pair = off_thread(move || read(&private)).await;
    pair.ok()
        .filter(|pair| pair.public_key() == *public_key)
        .ok_or(StepError::SecretChanging)
}

/// Generates and proves a pair. An RSA key takes seconds: it waits for its turn.
pub(in crate::controller) async fn generate(
    context: &Context,
    observation: &Observation,
    key: KeySpec,
    comment: Comment,
) -> Result<KeyPair, StepError> {
    let what = format!("{key:?} {comment:?}");
    let work = move || KeyPair::generate(key, &comment);
    if key.algorithm() != Algorithm::Rsa {
        return Ok(off_thread(work).await?);
    }
    let asker = read::asker(&observation.object);
    let generated = context.blocking.ask(&asker, &what, work);
    Ok(generated.ok_or(StepError::Waiting)??)
}
