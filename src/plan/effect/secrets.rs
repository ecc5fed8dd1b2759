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
        step::{
            rotation::{ActivateKey, KeepKey, RotationStep},
            secret::{SecretRecord, SecretStep},
        },
    },
};

/// The managed Secret after a step that is about it. What is to be created and exists already stays as it is.
pub(crate) fn managed_secret(world: &World<'_>, step: &SecretStep) -> SecretView {
    let facts = match (step, world.observed.secret.facts()) {
        (SecretStep::DeleteSecret { .. }, _) => None,
        (SecretStep::CreateSecret(_) | SecretStep::ImportKey(_), Some(there)) => {
            Some(there.clone())
        }
        (SecretStep::CreateSecret(new), None) => world.fresh.key.as_ref().map(|key| SecretFacts {
            revision: new.revision,
            request: new.request.clone(),
            created_at: Some(new.now),
            ..our_secret(world, key)
        }),
        (SecretStep::ImportKey(new), None) => Some(SecretFacts {
            revision: new.revision,
            created_at: Some(new.now),
            ..our_secret(world, &new.public_key)
        }),
        (SecretStep::AdoptSecret { secret, now }, before) => before.map(|_| SecretFacts {
            created_at: Some(*now),
            ..our_secret(world, &secret.public_key)
        }),
        (
            SecretStep::RepairSecret {
                secret,
                recorded_as,
            },
            before,
        ) => before.map(|before| repaired(world, before, secret, *recorded_as)),
    };
    view(facts)
}

fn repaired(
    world: &World<'_>,
    before: &SecretFacts,
    secret: &SecretRecord,
    recorded_as: Option<(u32, Timestamp)>,
) -> SecretFacts {
    let (revision, created_at) = match recorded_as {
        Some((revision, made)) => (revision, Some(made)),
        None => (before.revision, before.created_at),
    };
    SecretFacts {
        revision,
        created_at,
        request: before.request.clone(),
        ..our_secret(world, &secret.public_key)
    }
}

/// The managed Secret after the next key has taken over.
pub(crate) fn activated(world: &World<'_>, next: &ActivateKey) -> SecretView {
    let there = world.observed.secret.facts();
    let creates = next.resource_version.is_none();
    view(Some(match there.filter(|_| creates) {
        Some(there) => there.clone(),
        None => SecretFacts {
            revision: next.revision,
            request: next.request.clone(),
            created_at: Some(next.made),
            ..our_secret(world, &next.public_key)
        },
    }))
}

fn view(facts: Option<SecretFacts>) -> SecretView {
    facts.map_or(SecretView::Absent, |facts| {
        SecretView::Present(Box::new(facts))
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
pub(crate) fn rotation_secrets(world: &World<'_>, step: &RotationStep) -> RotationSecrets {
    let (mut staged, mut previous) = match &world.observed.rotation_secrets {
        RotationSecrets::Read { staged, previous } => (staged.clone(), previous.clone()),
        RotationSecrets::Unread => (RotationSecret::Absent, RotationSecret::Absent),
    };
    match step {
        RotationStep::StageKey(new) => {
            if let (RotationSecret::Absent, Some(key)) = (&staged, &world.fresh.key) {
                staged = staged_secret(world, key, new.revision, new.request.clone(), new.now);
            }
        }
        RotationStep::StageImportedKey(new) => {
            if staged == RotationSecret::Absent {
                staged = staged_secret(world, &new.public_key, new.revision, None, new.now);
            }
        }
        RotationStep::BeginDelay { now, .. } => {
            if let RotationSecret::Ours(facts) = &mut staged {
                facts.pending_since = Some(*now);
                facts
                    .resource_version
                    .clone_from(&world.fresh.resource_version);
            }
        }
        RotationStep::DropStagedKey { .. } => staged = RotationSecret::Absent,
        RotationStep::KeepPreviousKey(keep) => {
            // A create that meets a Secret of that name changes nothing.
            if keep.resource_version.is_some() || previous == RotationSecret::Absent {
                previous = previous_secret(world, &previous, kept_with(keep));
            }
        }
        RotationStep::DateFormerKeys { keys, .. } => {
            previous = previous_secret(world, &previous, keys.clone());
        }
        RotationStep::RetireKeys(retire) => {
            previous = if retire.whole {
                RotationSecret::Absent
            } else {
                previous_secret(world, &previous, retire.kept.clone())
            };
        }
        RotationStep::DeletePreviousKeys { .. } => previous = RotationSecret::Absent,
        // It changes the managed Secret alone.
        RotationStep::ActivateKey(_) => {}
    }
    RotationSecrets::Read { staged, previous }
}

/// The former keys, and the one that is kept now before them.
fn kept_with(keep: &KeepKey) -> Vec<FormerKey> {
    let newest = FormerKey {
        public_key: keep.public_key.clone(),
        revision: keep.revision,
        retired_at: None,
    };
    std::iter::once(newest)
        .chain(keep.kept.iter().cloned())
        .collect()
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
        is_exact: true,
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
