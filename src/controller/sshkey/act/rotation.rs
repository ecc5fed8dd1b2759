//! The steps of a rotation.

use kube::ResourceExt;

use crate::{
    controller::{
        context::Context,
        sshkey::{
            act::{
                error::StepError,
                key_pair::{Origin, generate, load},
                secret::secret_outcome,
            },
            observe::{observation::Observation, rotation_secrets},
        },
    },
    keys::Fingerprint,
    kubernetes::{
        rotation_secrets::{self as stored, FormerRecord, FoundKeys},
        secrets::{self, Replacement, SecretOwner},
    },
    plan::{FormerKey, KeptFrom, Outcome, RotationSecret, RotationSecrets, Step},
};

/// Takes a step of a rotation.
pub(in crate::controller) async fn act(
    context: &Context,
    observation: &Observation,
    owner: SecretOwner<'_>,
    step: &Step,
) -> Result<Outcome, StepError> {
    let client = &context.client;
    let namespace = observation.object.namespace().unwrap_or_default();
    match step {
        Step::StageKey {
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
            stage(context, observation, name, owner, key).await
        }
        Step::StageImportedKey {
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
            stage(context, observation, name, owner, key).await
        }
        Step::KeepPreviousKey { .. } => keep(context, observation, owner, step).await,
        Step::BeginDelay {
            name,
            resource_version,
            now,
        } => {
            let begun =
                stored::begin_delay(client, &namespace, name, resource_version, *now).await?;
            Ok(staged_is(observation, Some(begun)).await)
        }
        Step::ActivateKey { .. } => activate(context, observation, owner, step).await,
        Step::DropStagedKey { name, uid } => {
            stored::delete(client, &namespace, name, uid).await?;
            Ok(staged_is(observation, None).await)
        }
        Step::DateFormerKeys {
            name,
            resource_version,
            keys,
        } => {
            let all: Vec<FormerRecord> = recorded(keys).collect();
            let dated = stored::date(client, &namespace, name, resource_version, &all).await?;
            Ok(previous_is(observation, Some(dated)).await)
        }
        Step::RetireKeys { .. } => retire(context, observation, step).await,
        Step::DeletePreviousKeys { name, uid } => {
            stored::delete(client, &namespace, name, uid).await?;
            Ok(previous_is(observation, None).await)
        }
        other => Err(StepError::Misplaced(other.name())),
    }
}

async fn keep(
    context: &Context,
    observation: &Observation,
    owner: SecretOwner<'_>,
    step: &Step,
) -> Result<Outcome, StepError> {
    let Step::KeepPreviousKey {
        from,
        managed,
        public_key,
        revision,
        previous,
        resource_version,
        kept,
    } = step
    else {
        return Err(StepError::Misplaced(step.name()));
    };
    let client = &context.client;
    let namespace = observation.object.namespace().unwrap_or_default();
    let origin = match from {
        KeptFrom::Managed => Origin::Managed(managed),
        KeptFrom::Staging => Origin::Staging(managed),
    };
    let pair = load(context, &observation.object, origin, public_key).await?;
    let newest = FormerRecord::new(&public_key.fingerprint(), *revision, None);
    let all: Vec<FormerRecord> = std::iter::once(newest).chain(recorded(kept)).collect();
    let version = resource_version.as_deref();
    let written = stored::keep(client, &namespace, previous, version, owner, &pair, &all).await?;
    let written = match written {
        Some(written) => Some(written),
        None => stored::read(client, &namespace, previous).await?,
    };
    Ok(previous_is(observation, written).await)
}

async fn retire(
    context: &Context,
    observation: &Observation,
    step: &Step,
) -> Result<Outcome, StepError> {
    let Step::RetireKeys {
        name,
        uid,
        resource_version: version,
        kept,
        retired,
        whole,
    } = step
    else {
        return Err(StepError::Misplaced(step.name()));
    };
    let client = &context.client;
    let namespace = observation.object.namespace().unwrap_or_default();
    let left = if *whole {
        stored::delete_unchanged(client, &namespace, name, uid, version).await?;
        None
    } else {
        let kept: Vec<FormerRecord> = recorded(kept).collect();
        let gone: Vec<Fingerprint> = retired
            .iter()
            .map(|key| key.public_key.fingerprint())
            .collect();
        Some(stored::retire(client, &namespace, name, version, &kept, &gone).await?)
    };
    Ok(previous_is(observation, left).await)
}

fn recorded(keys: &[FormerKey]) -> impl Iterator<Item = FormerRecord> {
    let record = |key: &FormerKey| {
        FormerRecord::new(&key.public_key.fingerprint(), key.revision, key.retired_at)
    };
    keys.iter().map(record)
}

/// Creates the Secret of the next key. Another operator may have finished this very rotation in the meantime: whether the
/// key comes next, the managed Secret says after it was staged, and not before.
async fn stage(
    context: &Context,
    observation: &Observation,
    name: &str,
    owner: SecretOwner<'_>,
    key: Replacement<'_>,
) -> Result<Outcome, StepError> {
    let client = &context.client;
    let namespace = observation.object.namespace().unwrap_or_default();
    let staged = stored::stage(client, &namespace, name, owner, key).await?;
    let staged = match staged {
        Some(staged) => Some(staged),
        None => stored::read(client, &namespace, name).await?,
    };
    let managed = observation
        .desired
        .source
        .custody()
        .map(|custody| &custody.name);
    let managed = match managed {
        Some(managed) => secrets::read(client, &namespace, managed).await?,
        None => None,
    };
    let secret = secret_outcome(context, observation, managed).await;
    Ok(Outcome::Custody(
        secret,
        with_staged(observation, staged).await,
    ))
}

async fn activate(
    context: &Context,
    observation: &Observation,
    owner: SecretOwner<'_>,
    step: &Step,
) -> Result<Outcome, StepError> {
    let Step::ActivateKey {
        name,
        resource_version,
        public_key,
        revision,
        request,
        made,
        ..
    } = step
    else {
        return Err(StepError::Misplaced(step.name()));
    };
    let client = &context.client;
    let namespace = observation.object.namespace().unwrap_or_default();
    let pair = load(
        context,
        &observation.object,
        Origin::Staging(name),
        public_key,
    )
    .await?;
    let key = Replacement {
        pair: &pair,
        revision: *revision,
        request: request.as_deref(),
        now: *made,
    };
    let written = match resource_version {
        Some(version) => {
            Some(secrets::replace(client, &namespace, name, version, owner, key).await?)
        }
        None => match secrets::create(client, &namespace, name, owner, key).await? {
            Some(created) => Some(created),
            None => secrets::read(client, &namespace, name).await?,
        },
    };
    Ok(Outcome::Secret(
        secret_outcome(context, observation, written).await,
    ))
}

async fn staged_is(observation: &Observation, found: Option<FoundKeys>) -> Outcome {
    Outcome::RotationSecrets(with_staged(observation, found).await)
}

async fn with_staged(observation: &Observation, found: Option<FoundKeys>) -> RotationSecrets {
    let staged = rotation_secrets::staged(found, observation.owner()).await;
    let previous = match &observation.observed.rotation_secrets {
        RotationSecrets::Read { previous, .. } => previous.clone(),
        RotationSecrets::Unread => RotationSecret::Absent,
    };
    RotationSecrets::Read { staged, previous }
}

async fn previous_is(observation: &Observation, found: Option<FoundKeys>) -> Outcome {
    let previous = rotation_secrets::previous(found, observation.owner()).await;
    let staged = match &observation.observed.rotation_secrets {
        RotationSecrets::Read { staged, .. } => staged.clone(),
        RotationSecrets::Unread => RotationSecret::Absent,
    };
    Outcome::RotationSecrets(RotationSecrets::Read { staged, previous })
}
