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
                obstacle::{is_full, obstacle},
                retirement::{date, tidy},
                situation::Situation,
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
        step::{
            kinds::Step,
            new_key::{GeneratedKey, ImportedKey},
            rotation::{KeepKey, KeptFrom, RotationStep},
        },
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
    let situation = Situation {
        desired,
        observed,
        policy: &desired.rotation,
        custody,
        managed,
        current: managed.key.readable(),
        now,
    };
    let due = next_due(&situation);
    let begin = begin(&situation, due);
    let staged = observed.rotation_secrets.staged();
    let is_wanted = begin.is_some() || staged.is_some();
    if let Some(obstacle) = obstacle(&situation).filter(|_| is_wanted) {
        return Stage::Blocked(obstacle).into();
    }
    // What has taken over already is only to be tidied up.
    let has_taken_over = staged.is_some_and(|staged| staged.key.readable() == situation.current);
    if let Some(full) = is_full(&situation).filter(|_| is_wanted && !has_taken_over) {
        let (tidy, retires) = tidy(&situation);
        return Rotation {
            stage: tidy.map_or(Stage::Blocked(full), Stage::Tidy),
            wake_at: retires,
        };
    }
    if let Some(staged) = staged {
        return under_way(&situation, staged);
    }
    if let Some(begin) = begin {
        if !current_key_is_reported(&situation) {
            return Rotation {
                stage: Stage::Rest,
                wake_at: Some(now),
            };
        }
        return Stage::Begin(begin).into();
    }
    let (tidy, retires) = tidy(&situation);
    Rotation {
        stage: tidy.map(Stage::Tidy).unwrap_or_default(),
        wake_at: due.into_iter().chain(retires).min(),
    }
}

/// Whether the status names the current key, or none yet: it vouches for the key once that is a former one.
fn current_key_is_reported(situation: &Situation<'_>) -> bool {
    let reported = situation.observed.object.reported_fingerprint;
    match (situation.current, reported) {
        (Some(current), Some(reported)) => {
            current.fingerprint() == reported
                || is_being_replaced(situation.desired, situation.observed)
        }
        _ => true,
    }
}

/// When the key is due by its age, if it ever is.
fn next_due(situation: &Situation<'_>) -> Option<Timestamp> {
    if !matches!(situation.desired.source, KeySource::Generated { .. }) {
        return None;
    }
    let uid = &situation.observed.object.uid;
    situation.policy.due(
        situation.managed.created_at?,
        uid,
        situation.managed.revision,
    )
}

/// The step that begins a rotation, if one is due.
fn begin(situation: &Situation<'_>, due: Option<Timestamp>) -> Option<Step> {
    let name = staging_name(&situation.custody.name);
    let revision = situation.managed.revision.saturating_add(1);
    match (&situation.desired.source, situation.current) {
        (
            KeySource::Generated {
                requirements,
                comment,
                ..
            },
            current,
        ) => {
            let request = open_request(situation.desired, situation.observed);
            let is_due = request.is_some()
                || current.is_none_or(|key| !requirements.fits(key))
                || is_being_replaced(situation.desired, situation.observed)
                || due.is_some_and(|due| due <= situation.now);
            is_due.then(|| {
                Step::Rotation(RotationStep::StageKey(GeneratedKey {
                    name,
                    key: current
                        .map_or_else(|| requirements.initial(), |key| requirements.successor(key)),
                    comment: comment.clone(),
                    revision,
                    request: request.map(str::to_owned),
                    now: situation.now,
                }))
            })
        }
        (KeySource::Imported { .. }, Some(current)) => {
            let wanted = situation.imported().filter(|wanted| *wanted != current)?;
            Some(Step::Rotation(RotationStep::StageImportedKey(
                ImportedKey {
                    name,
                    public_key: wanted.clone(),
                    revision,
                    now: situation.now,
                },
            )))
        }
        _ => None,
    }
}

/// What to do while a key is staged.
fn under_way(situation: &Situation<'_>, staged: &StagedFacts) -> Rotation {
    let drop = Step::Rotation(RotationStep::DropStagedKey {
        name: staging_name(&situation.custody.name),
        uid: staged.uid.clone(),
        resource_version: staged.resource_version.clone(),
    });
    let key = staged.key.readable();
    if key.is_some() && key == situation.current {
        let mut steps: Vec<Step> = date(situation).into_iter().collect();
        steps.push(drop);
        return Stage::Finish(steps).into();
    }
    let next = key.filter(|key| is_next(situation, staged, key));
    // It may have been published, and somebody may trust it.
    let given_up = key.filter(|_| next.is_none());
    if let Some(keep) = keep(situation, given_up, staged) {
        return Stage::Keep(keep).into();
    }
    let Some(next) = next else {
        return Stage::GiveUp(drop).into();
    };
    let (then, wake_at) = takes_over(situation, staged, next);
    let key = next.clone();
    Rotation {
        stage: Stage::Publish { key, then },
        wake_at,
    }
}

/// Whether what is staged comes after what is there. A key that was staged while another operator had finished that
/// same rotation does not; nor does one that the user does not give any more.
fn is_next(situation: &Situation<'_>, staged: &StagedFacts, key: &PublicKey) -> bool {
    staged
        .revision
        .is_none_or(|revision| revision > situation.managed.revision)
        && situation.imported().is_none_or(|wanted| wanted == key)
}

/// The step that keeps the current key, or else one that is given up, unless it is kept already.
fn keep(
    situation: &Situation<'_>,
    given_up: Option<&PublicKey>,
    staged: &StagedFacts,
) -> Option<Step> {
    let from_managed = (
        KeptFrom::Managed,
        situation.current,
        situation.managed.revision,
    );
    let revision = staged.revision.unwrap_or(situation.managed.revision);
    let (from, key, revision) = match given_up {
        Some(_) => (KeptFrom::Staging, given_up, revision),
        None => from_managed,
    };
    let key = key.filter(|key| !situation.observed.rotation_secrets.keeps(key))?;
    Some(Step::Rotation(RotationStep::KeepPreviousKey(KeepKey {
        from,
        managed: situation.custody.name.clone(),
        public_key: key.clone(),
        revision,
        previous: previous_name(&situation.custody.name),
        resource_version: situation
            .previous()
            .map(|facts| facts.resource_version.clone()),
        kept: (situation.previous().map_or(&[][..], |facts| &facts.keys)).to_vec(),
    })))
}

/// What follows once the next key is published: it takes over now, or its time begins, or it waits.
fn takes_over(
    situation: &Situation<'_>,
    staged: &StagedFacts,
    next: &PublicKey,
) -> (Option<Step>, Option<Timestamp>) {
    let activate = || {
        activate(
            situation.custody,
            Some(situation.managed),
            staged,
            next,
            situation.now,
        )
    };
    let is_told = situation.observed.object.activate == Some(next.fingerprint());
    let nothing_to_wait_for = is_being_replaced(situation.desired, situation.observed);
    match situation.policy.activation {
        _ if is_told || nothing_to_wait_for => (Some(activate()), None),
        Activation::Immediate => (Some(activate()), None),
        Activation::Manual => (None, None),
        Activation::Delayed => match activation_time(situation.policy, staged) {
            None => {
                let begin = Step::Rotation(RotationStep::BeginDelay {
                    name: staging_name(&situation.custody.name),
                    resource_version: staged.resource_version.clone(),
                    now: situation.now,
                });
                (Some(begin), None)
            }
            Some(time) if time <= situation.now => (Some(activate()), None),
            Some(time) => (None, Some(time)),
        },
    }
}
