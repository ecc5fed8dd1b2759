//! What steps leave in the Secrets that keep a key: the managed one, and those of the next and the former keys.

use jiff::Timestamp;

use crate::{
    keys::PublicKey,
    plan::{
        effect::world::World,
        observed::{
            durability::Durability,
            rotation_secrets::{PreviousFacts, RotationSecret, RotationSecrets, StagedFacts},
            secret::{SecretFacts, SecretKey, SecretView},
        },
        records::former_key::FormerKey,
        step::kinds::Step,
    },
};

/// The managed Secret after a step that is about it.
pub(crate) fn managed_secret(world: &World<'_>, step: &Step) -> SecretView {
    match kept_secret(world, step) {
        Some(facts) => SecretView::Present(Box::new(facts)),
        None => SecretView::Absent,
    }
}

fn kept_secret(world: &World<'_>, step: &Step) -> Option<SecretFacts> {
    let before = world.observed.secret.facts();
    Some(match (step, before) {
        (Step::DeleteSecret { .. }, _) => return None,
        (
            Step::CreateSecret { .. }
            | Step::ImportKey { .. }
            | Step::ActivateKey {
                resource_version: None,
                ..
            },
            Some(there),
        ) => there.clone(),
        (
            Step::CreateSecret {
                revision,
                request,
                now,
                ..
            },
            None,
        ) => SecretFacts {
            revision: *revision,
            request: request.clone(),
            created_at: Some(*now),
            ..our_secret(world, world.fresh.key.as_ref()?)
        },
        (
            Step::ImportKey {
                public_key,
                revision,
                now,
                ..
            },
            None,
        ) => SecretFacts {
            revision: *revision,
            created_at: Some(*now),
            ..our_secret(world, public_key)
        },
        (
            Step::ActivateKey {
                public_key,
                revision,
                request,
                made,
                ..
            },
            _,
        ) => SecretFacts {
            revision: *revision,
            request: request.clone(),
            created_at: Some(*made),
            ..our_secret(world, public_key)
        },
        (Step::AdoptSecret { secret, now }, Some(_)) => SecretFacts {
            created_at: Some(*now),
            ..our_secret(world, &secret.public_key)
        },
        (Step::RepairSecret { secret, anew }, Some(before)) => {
            let (revision, created_at) = match anew {
                Some((revision, made)) => (*revision, Some(*made)),
                None => (before.revision, before.created_at),
            };
            SecretFacts {
                revision,
                created_at,
                request: before.request.clone(),
                ..our_secret(world, &secret.public_key)
            }
        }
        _ => before?.clone(),
    })
}

/// Our Secret with a key, just written. Where there is one already, it stays that one.
fn our_secret(world: &World<'_>, key: &PublicKey) -> SecretFacts {
    let before = world.observed.secret.facts();
    SecretFacts {
        uid: before.map_or_else(|| world.fresh.uid.clone(), |before| before.uid.clone()),
        resource_version: world.fresh.resource_version.clone(),
        labelled: true,
        owner_name: Some(world.desired.mark.object.clone()),
        owner_uid: Some(world.observed.object.uid.clone()),
        owner_namespace: Some(world.desired.mark.namespace.clone()),
        is_well_formed: before.is_none_or(|before| before.is_well_formed),
        may_be_adopted: before.is_some_and(|before| before.may_be_adopted),
        recorded: Some(key.fingerprint()),
        revision: 1,
        created_at: None,
        request: None,
        key: SecretKey::Readable(key.clone()),
        public_entry_matches: true,
        private_entry_is_a_file: true,
        durability: before.map_or_else(Durability::default, |before| before.durability.clone()),
    }
}

/// What is beside the managed Secret after a step of a rotation.
pub(crate) fn rotation_secrets(world: &World<'_>, step: &Step) -> RotationSecrets {
    let (mut staged, mut previous) = match &world.observed.rotation_secrets {
        RotationSecrets::Read { staged, previous } => (staged.clone(), previous.clone()),
        RotationSecrets::Unread => (RotationSecret::Absent, RotationSecret::Absent),
    };
    match step {
        Step::StageKey {
            revision,
            request,
            now,
            ..
        } if staged == RotationSecret::Absent => {
            if let Some(key) = &world.fresh.key {
                staged = staged_secret(world, key, *revision, request.clone(), *now);
            }
        }
        Step::StageImportedKey {
            public_key,
            revision,
            now,
            ..
        } if staged == RotationSecret::Absent => {
            staged = staged_secret(world, public_key, *revision, None, *now);
        }
        Step::BeginDelay { now, .. } => {
            if let RotationSecret::Ours(facts) = &mut staged {
                facts.pending_since = Some(*now);
                facts
                    .resource_version
                    .clone_from(&world.fresh.resource_version);
            }
        }
        Step::DropStagedKey { .. } => staged = RotationSecret::Absent,
        // A create that meets a Secret of that name changes nothing.
        Step::KeepPreviousKey {
            resource_version: None,
            ..
        } if previous != RotationSecret::Absent => {}
        Step::KeepPreviousKey {
            public_key,
            revision,
            kept,
            ..
        } => {
            let newest = FormerKey {
                public_key: public_key.clone(),
                revision: *revision,
                retired_at: None,
            };
            let keys = std::iter::once(newest).chain(kept.iter().cloned());
            previous = previous_secret(world, &previous, keys.collect());
        }
        Step::DateFormerKeys { keys, .. } => {
            previous = previous_secret(world, &previous, keys.clone());
        }
        Step::RetireKeys { whole: true, .. } | Step::DeletePreviousKeys { .. } => {
            previous = RotationSecret::Absent;
        }
        Step::RetireKeys { kept, .. } => previous = previous_secret(world, &previous, kept.clone()),
        _ => {}
    }
    RotationSecrets::Read { staged, previous }
}

fn staged_secret(
    world: &World<'_>,
    key: &PublicKey,
    revision: u32,
    request: Option<String>,
    now: Timestamp,
) -> RotationSecret<StagedFacts> {
    RotationSecret::Ours(Box::new(StagedFacts {
        uid: world.fresh.uid.clone(),
        resource_version: world.fresh.resource_version.clone(),
        revision: Some(revision),
        request,
        created_at: Some(now),
        pending_since: None,
        key: SecretKey::Readable(key.clone()),
        durability: Durability::default(),
    }))
}

fn previous_secret(
    world: &World<'_>,
    before: &RotationSecret<PreviousFacts>,
    keys: Vec<FormerKey>,
) -> RotationSecret<PreviousFacts> {
    let before = before.ours();
    RotationSecret::Ours(Box::new(PreviousFacts {
        uid: before.map_or_else(|| world.fresh.uid.clone(), |before| before.uid.clone()),
        resource_version: world.fresh.resource_version.clone(),
        keys,
        is_exact: true,
        is_damaged: before.is_some_and(|before| before.is_damaged),
        durability: before.map_or_else(Durability::default, |before| before.durability.clone()),
    }))
}
