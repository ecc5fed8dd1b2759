//! The steps of a rotation.

use crate::{
    controller::{
        context::Context,
        sshkey::{
            act::{
                error::StepError,
                key_pair::{Origin, generate, load},
                secret::{generated, imported, secret_outcome},
            },
            observe::{observation::Observation, rotation_secrets},
        },
    },
    keys::Fingerprint,
    kubernetes::{
        rotation_secrets::{self as stored, FormerRecord, FoundKeys},
        secrets::{self, Replacement},
    },
    plan::{
        ActivateKey, FormerKey, KeepKey, KeptFrom, Outcome, RetireKeys, RotationSecret,
        RotationSecrets, RotationStep,
    },
};

/// Takes a step of a rotation.
pub(in crate::controller) async fn act(
    context: &Context,
    observation: &Observation,
    step: &RotationStep,
) -> Result<Outcome, StepError> {
    let within = observation.within(&context.client);
    match step {
        RotationStep::StageKey(new) => {
            let pair = generate(context, observation, new.key, new.comment.clone()).await?;
            stage(context, observation, &new.name, generated(&pair, new)).await
        }
        RotationStep::StageImportedKey(new) => {
            let origin = Origin::Source;
            let pair = load(context, &observation.object, origin, &new.public_key).await?;
            stage(context, observation, &new.name, imported(&pair, new)).await
        }
        RotationStep::KeepPreviousKey(key) => keep(context, observation, key).await,
        RotationStep::BeginDelay {
            name,
            resource_version,
            now,
        } => {
            let begun = stored::begin_delay(within, name, resource_version, *now).await?;
            Ok(staged_is(context, observation, Some(begun)).await)
        }
        RotationStep::ActivateKey(next) => activate(context, observation, next).await,
        RotationStep::DropStagedKey {
            name,
            uid,
            resource_version,
        } => {
            secrets::delete(within, name, uid, resource_version).await?;
            Ok(staged_is(context, observation, None).await)
        }
        RotationStep::DateFormerKeys {
            name,
            resource_version,
            keys,
        } => {
            let all: Vec<FormerRecord> = recorded(keys).collect();
            let dated = stored::date(within, name, resource_version, &all).await?;
            Ok(previous_is(context, observation, Some(dated)).await)
        }
        RotationStep::RetireKeys(keys) => retire(context, observation, keys).await,
        RotationStep::DeletePreviousKeys {
            name,
            uid,
            resource_version,
        } => {
            secrets::delete(within, name, uid, resource_version).await?;
            Ok(previous_is(context, observation, None).await)
        }
    }
}

async fn keep(
    context: &Context,
    observation: &Observation,
    key: &KeepKey,
) -> Result<Outcome, StepError> {
    let KeepKey {
        managed,
        public_key,
        previous,
        ..
    } = key;
    let owner = observation.secret_owner();
    let within = observation.within(&context.client);
    let origin = match key.from {
        KeptFrom::Managed => Origin::Managed(managed),
        KeptFrom::Staging => Origin::Staging(managed),
    };
    let pair = load(context, &observation.object, origin, public_key).await?;
    let newest = FormerRecord::new(&public_key.fingerprint(), key.revision, None);
    let all: Vec<FormerRecord> = std::iter::once(newest).chain(recorded(&key.kept)).collect();
    let version = key.resource_version.as_deref();
    let written = stored::keep(within, previous, version, owner, &pair, &all).await?;
    let written = match written {
        Some(written) => Some(written),
        None => stored::read(within, previous).await?,
    };
    Ok(previous_is(context, observation, written).await)
}

async fn retire(
    context: &Context,
    observation: &Observation,
    keys: &RetireKeys,
) -> Result<Outcome, StepError> {
    let RetireKeys {
        name,
        uid,
        resource_version: version,
        ..
    } = keys;
    let within = observation.within(&context.client);
    let left = if keys.whole {
        secrets::delete(within, name, uid, version).await?;
        None
    } else {
        let kept: Vec<FormerRecord> = recorded(&keys.kept).collect();
        let gone: Vec<Fingerprint> = (keys.retired.iter())
            .map(|key| key.public_key.fingerprint())
            .collect();
        Some(stored::retire(within, name, version, &kept, &gone).await?)
    };
    Ok(previous_is(context, observation, left).await)
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
    key: Replacement<'_>,
) -> Result<Outcome, StepError> {
    let owner = observation.secret_owner();
    let within = observation.within(&context.client);
    let staged = match stored::stage(within, name, owner, key).await? {
        Some(staged) => Some(staged),
        None => stored::read(within, name).await?,
    };
    let managed = observation
        .desired
        .source
        .custody()
        .map(|custody| &custody.name);
    let managed = match managed {
        Some(managed) => secrets::read(within, managed).await?,
        None => None,
    };
    let secret = secret_outcome(context, observation, managed).await;
    Ok(Outcome::Custody(
        secret,
        with_staged(context, observation, staged).await,
    ))
}

async fn activate(
    context: &Context,
    observation: &Observation,
    next: &ActivateKey,
) -> Result<Outcome, StepError> {
    let name = &next.name;
    let owner = observation.secret_owner();
    let within = observation.within(&context.client);
    let origin = Origin::Staging(name);
    let pair = load(context, &observation.object, origin, &next.public_key).await?;
    let key = Replacement {
        pair: &pair,
        revision: next.revision,
        request: next.request.as_deref(),
        now: next.made,
    };
    let written = match &next.resource_version {
        Some(version) => Some(secrets::replace(within, name, version, owner, key).await?),
        None => match secrets::create(within, name, owner, key).await? {
            Some(created) => Some(created),
            None => secrets::read(within, name).await?,
        },
    };
    Ok(Outcome::Secret(
        secret_outcome(context, observation, written).await,
    ))
}

async fn staged_is(
    context: &Context,
    observation: &Observation,
    found: Option<FoundKeys>,
) -> Outcome {
    Outcome::RotationSecrets(with_staged(context, observation, found).await)
}

async fn with_staged(
    context: &Context,
    observation: &Observation,
    found: Option<FoundKeys>,
) -> RotationSecrets {
    context.knows(&observation.object, found.as_ref().map(|found| &found.meta));
    let staged = rotation_secrets::staged(found, observation.owner()).await;
    let previous = match &observation.observed.rotation_secrets {
        RotationSecrets::Read { previous, .. } => previous.clone(),
        RotationSecrets::Unread => RotationSecret::Absent,
    };
    RotationSecrets::Read { staged, previous }
}

async fn previous_is(
    context: &Context,
    observation: &Observation,
    found: Option<FoundKeys>,
) -> Outcome {
    context.knows(&observation.object, found.as_ref().map(|found| &found.meta));
    let previous = rotation_secrets::previous(found, observation.owner()).await;
    let staged = match &observation.observed.rotation_secrets {
        RotationSecrets::Read { staged, .. } => staged.clone(),
        RotationSecrets::Unread => RotationSecret::Absent,
    };
    Outcome::RotationSecrets(RotationSecrets::Read { staged, previous })
}
