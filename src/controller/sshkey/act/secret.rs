//! The steps that change the managed Secret.

use jiff::Timestamp;
use kube::ResourceExt;

use crate::{
    controller::{
        context::Context,
        sshkey::{
            act::{
                error::StepError,
                key_pair::{Origin, generate, load},
            },
            observe::{observation::Observation, secret},
        },
    },
    keys::KeyPair,
    kubernetes::{
        namespaced::Namespaced,
        secrets::{self, FoundSecret, Replacement, SecretOwner},
    },
    plan::{GeneratedKey, ImportedKey, Outcome, SecretRecord, SecretStep, SecretView},
};

/// Takes a step that changes the managed Secret.
pub(in crate::controller) async fn act(
    context: &Context,
    observation: &Observation,
    step: &SecretStep,
) -> Result<Outcome, StepError> {
    let owner = observation.secret_owner();
    let found = match step {
        SecretStep::CreateSecret(new) => {
            let pair = generate(context, observation, new.key, new.comment.clone()).await?;
            create(context, &new.name, owner, generated(&pair, new)).await?
        }
        SecretStep::ImportKey(new) => {
            let origin = Origin::Source;
            let pair = load(context, &observation.object, origin, &new.public_key).await?;
            create(context, &new.name, owner, imported(&pair, new)).await?
        }
        SecretStep::AdoptSecret { secret, now } => {
            record(context, observation, secret, Some((1, *now))).await?
        }
        SecretStep::RepairSecret {
            secret,
            recorded_as,
        } => record(context, observation, secret, *recorded_as).await?,
        SecretStep::DeleteSecret {
            name,
            uid,
            resource_version,
        } => {
            let within = Namespaced::new(&context.client, owner.namespace);
            secrets::delete(within, name, uid, resource_version).await?;
            return Ok(Outcome::Secret(SecretView::Absent));
        }
    };
    let secret = secret_outcome(context, observation, Some(found)).await;
    Ok(Outcome::Secret(secret))
}

/// A key that was generated, as it is written.
pub(in crate::controller) fn generated<'a>(
    pair: &'a KeyPair,
    new: &'a GeneratedKey,
) -> Replacement<'a> {
    Replacement {
        pair,
        revision: new.revision,
        request: new.request.as_deref(),
        now: new.now,
    }
}

/// A key that the user provides, as it is written.
pub(in crate::controller) fn imported<'a>(pair: &'a KeyPair, new: &ImportedKey) -> Replacement<'a> {
    Replacement {
        pair,
        revision: new.revision,
        request: None,
        now: new.now,
    }
}

/// Creates the Secret. If one of that name exists, the step fails, and the next observation reads that one.
async fn create(
    context: &Context,
    name: &str,
    owner: SecretOwner<'_>,
    key: Replacement<'_>,
) -> Result<FoundSecret, StepError> {
    let within = Namespaced::new(&context.client, owner.namespace);
    let created = secrets::create(within, name, owner, key).await?;
    created.ok_or_else(|| StepError::SecretExists(name.to_owned()))
}

/// Writes what the Secret is to say of its key; its number and time where the Secret does not say them yet.
async fn record(
    context: &Context,
    observation: &Observation,
    secret: &SecretRecord,
    recorded_as: Option<(u32, Timestamp)>,
) -> Result<FoundSecret, StepError> {
    let rewritten = if secret.rewrites {
        let origin = Origin::Repaired(secret);
        Some(load(context, &observation.object, origin, &secret.public_key).await?)
    } else {
        None
    };
    let repair = secrets::Repair {
        name: &secret.name,
        resource_version: &secret.resource_version,
        public: &secret.public_key,
        recorded_as,
        rewritten: rewritten.as_ref(),
    };
    let owner = observation.secret_owner();
    Ok(secrets::record(
        Namespaced::new(&context.client, owner.namespace),
        owner,
        repair,
    )
    .await?)
}

/// What the Secret says now.
pub(in crate::controller) async fn secret_outcome(
    context: &Context,
    observation: &Observation,
    found: Option<FoundSecret>,
) -> SecretView {
    let object = &observation.object;
    context.knows(object, found.as_ref().map(|found| &found.meta));
    let namespace = object.namespace().unwrap_or_default();
    let secret = secret::secret(found, &namespace, &object.name_any()).await;
    context.memory.secret_was_read(object, &secret);
    secret
}
