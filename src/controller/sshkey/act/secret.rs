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
    kubernetes::secrets::{self, FoundSecret, Replacement, SecretOwner},
    plan::{Outcome, SecretRecord, SecretView, Step},
};

/// Takes a step that changes the managed Secret.
pub(in crate::controller) async fn act(
    context: &Context,
    observation: &Observation,
    owner: SecretOwner<'_>,
    step: &Step,
) -> Result<Outcome, StepError> {
    let found = match step {
        Step::CreateSecret {
            name,
            key,
            comment,
            revision,
            request,
            now,
        } => {
            let pair = generate(context, observation, *key, comment.clone()).await?;
            let key = Replacement {
                pair: &pair,
                revision: *revision,
                request: request.as_deref(),
                now: *now,
            };
            create(context, name, owner, key).await?
        }
        Step::ImportKey {
            name,
            public_key,
            revision,
            now,
        } => {
            let pair = load(context, &observation.object, Origin::Source, public_key).await?;
            let key = Replacement {
                pair: &pair,
                revision: *revision,
                request: None,
                now: *now,
            };
            create(context, name, owner, key).await?
        }
        Step::AdoptSecret { secret, now } => {
            let anew = Some((1, *now));
            Some(record(context, observation, secret, owner, anew).await?)
        }
        Step::RepairSecret { secret, anew } => {
            Some(record(context, observation, secret, owner, *anew).await?)
        }
        Step::DeleteSecret { name, uid } => {
            secrets::delete(&context.client, owner.namespace, name, uid).await?;
            return Ok(Outcome::Secret(SecretView::Absent));
        }
        other => return Err(StepError::Misplaced(other.name())),
    };
    let secret = secret_outcome(context, observation, found).await;
    Ok(Outcome::Secret(secret))
}

/// Creates the Secret. If one of that name exists, somebody was faster, or it is another's: whose it is, it says itself.
async fn create(
    context: &Context,
    name: &str,
    owner: SecretOwner<'_>,
    key: Replacement<'_>,
) -> Result<Option<FoundSecret>, StepError> {
    let (client, namespace) = (&context.client, owner.namespace);
    match secrets::create(client, namespace, name, owner, key).await? {
        Some(created) => Ok(Some(created)),
        None => Ok(secrets::read(client, namespace, name).await?),
    }
}

/// Writes what the Secret is to say of its key; `anew` where it says nothing yet.
async fn record(
    context: &Context,
    observation: &Observation,
    secret: &SecretRecord,
    owner: SecretOwner<'_>,
    anew: Option<(u32, Timestamp)>,
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
        recorded_as: anew,
        rewritten: rewritten.as_ref(),
    };
    Ok(secrets::record(&context.client, owner.namespace, owner, repair).await?)
}

/// What the Secret says now.
pub(in crate::controller) async fn secret_outcome(
    context: &Context,
    observation: &Observation,
    found: Option<FoundSecret>,
) -> SecretView {
    let object = &observation.object;
    context.memory.secret_was_read(object, found.as_ref());
    let namespace = object.namespace().unwrap_or_default();
    secret::secret(found, &namespace, &object.name_any()).await
}
