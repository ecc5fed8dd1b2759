//! What stands against a rotation: a Secret that it needs is another object's, does not last, or takes nothing. It is seen
//! before the next key is staged.

use crate::{
    api::{
        Reason,
        rotation::{previous_name, staging_name},
    },
    plan::{
        decide::{
            rotation::situation::Situation,
            secret::durability::{secret_is_going, secret_is_immutable},
        },
        failure::Failure,
        observed::rotation_secrets::{RotationSecret, RotationSecrets},
    },
};

/// The most former keys that are kept: as many as a status lists. (A Secret has 1 MiB, and a pair of RSA with 8192 bits
/// 8 KiB.)
pub const FORMER_KEYS_MAX: usize = 64;

/// The first thing that stands against it and that time alone does not change.
pub(crate) fn obstacle(situation: &Situation<'_>) -> Option<Failure> {
    clash(situation).or_else(|| can_not_be_kept(situation))
}

/// No former key goes before its time, so there is no room for another.
pub(crate) fn is_full(situation: &Situation<'_>) -> Option<Failure> {
    let previous = situation.previous()?;
    let is_kept = situation
        .current
        .is_some_and(|key| situation.observed.rotation_secrets.keeps(key));
    (previous.keys.len() >= FORMER_KEYS_MAX && !is_kept).then(|| {
        Failure::to_fix(
            Reason::TooManyFormerKeys,
            format!(
                "Secret {} keeps {} former keys, and that is the most: the key stays as it is until the first of them goes. Shorten spec.rotation.keepPrevious.minDuration once nobody needs the oldest; those that status.rotation.previous does not name are yours to remove",
                previous_name(&situation.custody.name),
                previous.keys.len()
            ),
        )
    })
}

/// A name that the rotation needs is another object's.
fn clash(situation: &Situation<'_>) -> Option<Failure> {
    let RotationSecrets::Read { staged, previous } = &situation.observed.rotation_secrets else {
        return None;
    };
    let clash = |name: String, owner: &Option<String>| {
        let whose = match owner {
            Some(owner) => format!("belongs to SshKey {owner}"),
            None => "exists and is not this SshKey's".to_owned(),
        };
        Failure::to_fix(
            Reason::SecretConflict,
            format!(
                "the key is to be rotated, and Secret {name}, which that needs, {whose}; it was left alone, and the key stays as it is. Create an SshKey with another spec.secret.name and move to it; remove that Secret only once you know that nobody needs what it holds, which is then lost"
            ),
        )
    };
    match (staged, previous) {
        (RotationSecret::Foreign(owner), _) => {
            Some(clash(staging_name(&situation.custody.name), owner))
        }
        (_, RotationSecret::Foreign(owner)) => {
            Some(clash(previous_name(&situation.custody.name), owner))
        }
        _ => None,
    }
}

/// A Secret that the rotation writes into, or that it rests on, does not last or takes nothing.
fn can_not_be_kept(situation: &Situation<'_>) -> Option<Failure> {
    let mark = &situation.desired.mark;
    if situation.managed.durability.is_immutable {
        let so = "no next key can take the place of the current one";
        return Some(secret_is_immutable(mark, &situation.custody.name, so));
    }
    let staging = staging_name(&situation.custody.name);
    let staged = situation
        .observed
        .rotation_secrets
        .staged()
        .and_then(|staged| secret_is_going(mark, &staging, "the next key", &staged.durability));
    let name = previous_name(&situation.custody.name);
    let previous = situation.previous();
    let going =
        previous.and_then(|facts| secret_is_going(mark, &name, "former keys", &facts.durability));
    let is_kept = situation
        .current
        .is_some_and(|key| situation.observed.rotation_secrets.keeps(key));
    let is_full = previous.is_some_and(|facts| facts.durability.is_immutable) && !is_kept;
    let immutable = is_full.then(|| {
        secret_is_immutable(
            mark,
            &name,
            "the current key can't be kept beside the next one",
        )
    });
    staged.or(going).or(immutable)
}
