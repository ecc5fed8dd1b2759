//! Rotation, with an overlap: the next key is staged in a Secret of its own, the current one is kept in another, the next
//! one is published, and only then does it take the place of the current one. At each point every key that somebody may
//! trust has its private half in the cluster.

use jiff::Timestamp;

use crate::{
    api::rotation::{Activation, previous_name, staging_name},
    keys::PublicKey,
    plan::{
        decide::{
            rotation::{
                ground::Ground,
                obstacle::{is_full, obstacle},
                retirement::{date, tidy},
                stage::{Rotation, Stage},
            },
            secret::{
                activation::{activate, activation_time},
                replacement::is_being_replaced,
                rotation_request::open_request,
            },
        },
        desired::{resolve::Desired, source::KeySource},
        observed::{rotation_secrets::StagedFacts, secret::SecretView, snapshot::Observed},
        step::kinds::{KeptFrom, Step},
    },
};

/// How far the rotation is of a key that is sound, or that is to be replaced since it is not.
pub(crate) fn evaluate_rotation(
    desired: &Desired,
    observed: &Observed,
    now: Timestamp,
) -> Rotation {
    let (Some(custody), SecretView::Present(managed)) =
        (desired.source.custody(), &observed.secret)
    else {
        return Rotation::default();
    };
    let ground = Ground {
        desired,
        observed,
        policy: &desired.rotation,
        custody,
        managed,
        current: managed.key.readable(),
        now,
    };
    let due = next_due(&ground);
    let begin = begin(&ground, due);
    let staged = observed.rotation_secrets.staged();
    let is_wanted = begin.is_some() || staged.is_some();
    if let Some(obstacle) = obstacle(&ground).filter(|_| is_wanted) {
        return Stage::Blocked(obstacle).into();
    }
    // What has taken over already is only to be tidied up.
    let has_taken_over = staged.is_some_and(|staged| staged.key.readable() == ground.current);
    if let Some(full) = is_full(&ground).filter(|_| is_wanted && !has_taken_over) {
        let (tidy, retires) = tidy(&ground);
        return Rotation {
            stage: tidy.map_or(Stage::Blocked(full), Stage::Tidy),
            wake_at: retires,
        };
    }
    if let Some(staged) = staged {
        return under_way(&ground, staged);
    }
    if let Some(begin) = begin {
        if !current_key_is_reported(&ground) {
            return Rotation {
                stage: Stage::Rest,
                wake_at: Some(now),
            };
        }
        return Stage::Begin(begin).into();
    }
    let (tidy, retires) = tidy(&ground);
    Rotation {
        stage: tidy.map(Stage::Tidy).unwrap_or_default(),
        wake_at: due.into_iter().chain(retires).min(),
    }
}

/// Whether the status names the current key, or none yet: it vouches for the key once that is a former one.
fn current_key_is_reported(ground: &Ground<'_>) -> bool {
    let reported = ground.observed.object.reported_fingerprint;
    match (ground.current, reported) {
        (Some(current), Some(reported)) => {
            current.fingerprint() == reported || is_being_replaced(ground.desired, ground.observed)
        }
        _ => true,
    }
}

/// When the key is due by its age, if it ever is.
fn next_due(ground: &Ground<'_>) -> Option<Timestamp> {
    if !matches!(ground.desired.source, KeySource::Generated { .. }) {
        return None;
    }
    let uid = &ground.observed.object.uid;
    ground
        .policy
        .due(ground.managed.created_at?, uid, ground.managed.revision)
}

/// The step that begins a rotation, if one is due.
fn begin(ground: &Ground<'_>, due: Option<Timestamp>) -> Option<Step> {
    let name = staging_name(&ground.custody.name);
    let revision = ground.managed.revision.saturating_add(1);
    match (&ground.desired.source, ground.current) {
        (
            KeySource::Generated {
                requirements,
                comment,
                ..
            },
            current,
        ) => {
            let request = open_request(ground.desired, ground.observed);
            let is_due = request.is_some()
                || current.is_none_or(|key| !requirements.fits(key))
                || is_being_replaced(ground.desired, ground.observed)
                || due.is_some_and(|due| due <= ground.now);
            is_due.then(|| Step::StageKey {
                name,
                key: current
                    .map_or_else(|| requirements.initial(), |key| requirements.successor(key)),
                comment: comment.clone(),
                revision,
                request: request.map(str::to_owned),
                now: ground.now,
            })
        }
        (KeySource::Imported { .. }, Some(current)) => {
            let wanted = ground.imported().filter(|wanted| *wanted != current)?;
            Some(Step::StageImportedKey {
                name,
                public_key: wanted.clone(),
                revision,
                now: ground.now,
            })
        }
        _ => None,
    }
}

/// What to do while a key is staged.
fn under_way(ground: &Ground<'_>, staged: &StagedFacts) -> Rotation {
    let drop = Step::DropStagedKey {
        name: staging_name(&ground.custody.name),
        uid: staged.uid.clone(),
    };
    let key = staged.key.readable();
    if key.is_some() && key == ground.current {
        let mut steps: Vec<Step> = date(ground).into_iter().collect();
        steps.push(drop);
        return Stage::Finish(steps).into();
    }
    let next = key.filter(|key| is_next(ground, staged, key));
    // It may have been published, and somebody may trust it.
    let given_up = key.filter(|_| next.is_none());
    if let Some(keep) = keep(ground, given_up, staged) {
        return Stage::Keep(keep).into();
    }
    let Some(next) = next else {
        return Stage::GiveUp(drop).into();
    };
    let (then, wake_at) = takes_over(ground, staged, next);
    let key = next.clone();
    Rotation {
        stage: Stage::Publish { key, then },
        wake_at,
    }
}

/// Whether what is staged comes after what is there. A key that was staged while another operator had finished that
/// same rotation does not; nor does one that the user does not give any more.
fn is_next(ground: &Ground<'_>, staged: &StagedFacts, key: &PublicKey) -> bool {
    staged
        .revision
        .is_none_or(|revision| revision > ground.managed.revision)
        && ground.imported().is_none_or(|wanted| wanted == key)
}

/// The step that keeps the current key, or else one that is given up, unless it is kept already.
fn keep(ground: &Ground<'_>, given_up: Option<&PublicKey>, staged: &StagedFacts) -> Option<Step> {
    let from_managed = (KeptFrom::Managed, ground.current, ground.managed.revision);
    let revision = staged.revision.unwrap_or(ground.managed.revision);
    let (from, key, revision) = match given_up {
        Some(_) => (KeptFrom::Staging, given_up, revision),
        None => from_managed,
    };
    let key = key.filter(|key| !ground.observed.rotation_secrets.keeps(key))?;
    Some(Step::KeepPreviousKey {
        from,
        managed: ground.custody.name.clone(),
        public_key: key.clone(),
        revision,
        previous: previous_name(&ground.custody.name),
        resource_version: ground
            .previous()
            .map(|facts| facts.resource_version.clone()),
        kept: (ground.previous().map_or(&[][..], |facts| &facts.keys)).to_vec(),
    })
}

/// What follows once the next key is published: it takes over now, or its time begins, or it waits.
fn takes_over(
    ground: &Ground<'_>,
    staged: &StagedFacts,
    next: &PublicKey,
) -> (Option<Step>, Option<Timestamp>) {
    let activate = || {
        activate(
            ground.custody,
            Some(ground.managed),
            staged,
            next,
            ground.now,
        )
    };
    let is_told = ground.observed.object.activate == Some(next.fingerprint());
    let nothing_to_wait_for = is_being_replaced(ground.desired, ground.observed);
    match ground.policy.activation {
        _ if is_told || nothing_to_wait_for => (Some(activate()), None),
        Activation::Immediate => (Some(activate()), None),
        Activation::Manual => (None, None),
        Activation::Delayed => match activation_time(ground.policy, staged) {
            None => {
                let begin = Step::BeginDelay {
                    name: staging_name(&ground.custody.name),
                    resource_version: staged.resource_version.clone(),
                    now: ground.now,
                };
                (Some(begin), None)
            }
            Some(time) if time <= ground.now => (Some(activate()), None),
            Some(time) => (None, Some(time)),
        },
    }
}
