//! Rotation, with an overlap: the next key is staged in a Secret of its own, the current one is kept in another, the next
//! one is published, and only then does it take the place of the current one. At each point every key that somebody may
//! trust has its private half in the cluster.

use jiff::Timestamp;

use super::{
    Custody, Desired, Failure, FormerKey, KeptFrom, KeySource, Observed, PreviousFacts,
    RotationPolicy, SecretFacts, SecretView, StagedFacts, Step, secret,
};
use crate::{
    api::rotation::{Activation, previous_name, staging_name},
    keys::PublicKey,
};

/// How far a rotation is, and when to look again because of it.
#[derive(Default)]
pub(super) struct Rotation {
    pub(super) stage: Stage,
    /// When time alone will change something.
    pub(super) wake_at: Option<Timestamp>,
}

/// How far a rotation is.
#[derive(Default)]
pub(super) enum Stage {
    /// There is nothing to do.
    #[default]
    Rest,
    /// It is due, and something stands against it.
    Blocked(Failure),
    /// It is due: it begins once everything else is at rest.
    Begin(Step),
    /// A key is kept that would be lost otherwise, before anything else.
    Keep(Step),
    /// The next key is to be published; this once it is.
    Publish { key: PublicKey, then: Option<Step> },
    /// The next key is the current one by now: the rest is tidying up.
    Finish(Vec<Step>),
    /// What is staged is not to take over: it goes once the current key is published again.
    GiveUp(Step),
    /// Former keys are dated, or go.
    Tidy(Step),
}

/// What a rotation starts from.
pub(super) struct Ground<'a> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) policy: &'a RotationPolicy,
    pub(super) custody: &'a Custody,
    pub(super) managed: &'a SecretFacts,
    /// The current key; `None` when it is lost and another is to take its place.
    pub(super) current: Option<&'a PublicKey>,
    pub(super) now: Timestamp,
}

/// How far the rotation is of a key that is sound, or that is to be replaced since it is not.
pub(super) fn judge(desired: &Desired, observed: &Observed, now: Timestamp) -> Rotation {
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
    let due = ground.next_due();
    let begin = ground.begin(due);
    let staged = observed.companions.staged();
    let is_wanted = begin.is_some() || staged.is_some();
    if let Some(obstacle) = ground.obstacle().filter(|_| is_wanted) {
        return Stage::Blocked(obstacle).into();
    }
    // What has taken over already is only to be tidied up.
    let has_taken_over = staged.is_some_and(|staged| staged.key.readable() == ground.current);
    if let Some(full) = ground.is_full().filter(|_| is_wanted && !has_taken_over) {
        let (tidy, retires) = ground.tidy();
        return Rotation {
            stage: tidy.map_or(Stage::Blocked(full), Stage::Tidy),
            wake_at: retires,
        };
    }
    if let Some(staged) = staged {
        return ground.under_way(staged);
    }
    if let Some(begin) = begin {
        if !ground.current_key_is_reported() {
            return Rotation {
                stage: Stage::Rest,
                wake_at: Some(now),
            };
        }
        return Stage::Begin(begin).into();
    }
    let (tidy, retires) = ground.tidy();
    Rotation {
        stage: tidy.map(Stage::Tidy).unwrap_or_default(),
        wake_at: due.into_iter().chain(retires).min(),
    }
}

/// The request for a rotation that was not acted upon yet. Only what the operator generates can be asked for.
pub(super) fn open_request<'a>(desired: &Desired, observed: &'a Observed) -> Option<&'a str> {
    let asked = observed.object.rotate_requested.as_deref()?;
    let in_secret = match &observed.secret {
        SecretView::Present(facts) => facts.request.as_deref(),
        SecretView::Absent => None,
    };
    let mut handled = observed.object.handled_requests().iter();
    let is_handled = in_secret == Some(asked) || handled.any(|handled| handled == asked);
    (matches!(desired.source, KeySource::Generated { .. }) && !is_handled).then_some(asked)
}

/// Which former keys may go now, and when the next one may.
pub(super) fn retirement(
    policy: &RotationPolicy,
    former: &[&FormerKey],
    now: Timestamp,
) -> (Vec<FormerKey>, Option<Timestamp>) {
    let aged = former.iter().copied().skip(policy.keep_count);
    let timed = aged.filter_map(|key| Some((key, retire_time(policy, key)?)));
    let (gone, waiting): (Vec<_>, Vec<_>) = timed.partition(|(_, time)| *time <= now);
    let gone = gone.into_iter().map(|(key, _)| key.clone()).collect();
    (gone, waiting.into_iter().map(|(_, time)| time).min())
}

/// Until when a former key is kept by its age.
pub(super) fn retire_time(policy: &RotationPolicy, key: &FormerKey) -> Option<Timestamp> {
    key.retired_at?.checked_add(policy.keep_for).ok()
}

impl Ground<'_> {
    /// Whether the status names the current key, or none yet: it vouches for the key once that is a former one.
    fn current_key_is_reported(&self) -> bool {
        let reported = self.observed.object.reported_fingerprint;
        match (self.current, reported) {
            (Some(current), Some(reported)) => {
                current.fingerprint() == reported
                    || secret::is_being_replaced(self.desired, self.observed)
            }
            _ => true,
        }
    }

    /// When the key is due by its age, if it ever is.
    fn next_due(&self) -> Option<Timestamp> {
        if !matches!(self.desired.source, KeySource::Generated { .. }) {
            return None;
        }
        let uid = &self.observed.object.uid;
        self.policy
            .due(self.managed.created_at?, uid, self.managed.revision)
    }

    /// The step that begins a rotation, if one is due.
    fn begin(&self, due: Option<Timestamp>) -> Option<Step> {
        let name = staging_name(&self.custody.name);
        let revision = self.managed.revision.saturating_add(1);
        match (&self.desired.source, self.current) {
            (KeySource::Generated { wish, comment, .. }, current) => {
                let request = open_request(self.desired, self.observed);
                let is_due = request.is_some()
                    || current.is_none_or(|key| !wish.fits(key))
                    || secret::is_being_replaced(self.desired, self.observed)
                    || due.is_some_and(|due| due <= self.now);
                is_due.then(|| Step::StageKey {
                    name,
                    key: current.map_or_else(|| wish.first(), |key| wish.after(key)),
                    comment: comment.clone(),
                    revision,
                    request: request.map(str::to_owned),
                    now: self.now,
                })
            }
            (KeySource::Imported { .. }, Some(current)) => {
                let wanted = self.imported().filter(|wanted| *wanted != current)?;
                Some(Step::StageImportedKey {
                    name,
                    public_key: wanted.clone(),
                    revision,
                    now: self.now,
                })
            }
            _ => None,
        }
    }

    /// The key that the user gives now, of a source that is imported.
    fn imported(&self) -> Option<&PublicKey> {
        match (&self.desired.source, &self.observed.given) {
            (KeySource::Imported { .. }, Some(Ok(key))) => Some(key),
            _ => None,
        }
    }

    /// What to do while a key is staged.
    fn under_way(&self, staged: &StagedFacts) -> Rotation {
        let drop = Step::DropStagedKey {
            name: staging_name(&self.custody.name),
            uid: staged.uid.clone(),
        };
        let key = staged.key.readable();
        if key.is_some() && key == self.current {
            let mut steps: Vec<Step> = self.date().into_iter().collect();
            steps.push(drop);
            return Stage::Finish(steps).into();
        }
        let next = key.filter(|key| self.is_next(staged, key));
        // It may have been published, and somebody may trust it.
        let given_up = key.filter(|_| next.is_none());
        if let Some(keep) = self.keep(given_up, staged) {
            return Stage::Keep(keep).into();
        }
        let Some(next) = next else {
            return Stage::GiveUp(drop).into();
        };
        let (then, wake_at) = self.takes_over(staged, next);
        let key = next.clone();
        Rotation {
            stage: Stage::Publish { key, then },
            wake_at,
        }
    }

    /// Whether what is staged comes after what is there. A key that was staged while another operator had finished that
    /// same rotation does not; nor does one that the user does not give any more.
    fn is_next(&self, staged: &StagedFacts, key: &PublicKey) -> bool {
        staged
            .revision
            .is_none_or(|revision| revision > self.managed.revision)
            && self.imported().is_none_or(|wanted| wanted == key)
    }

    /// The step that keeps the current key, or else one that is given up, unless it is kept already.
    fn keep(&self, given_up: Option<&PublicKey>, staged: &StagedFacts) -> Option<Step> {
        let from_managed = (KeptFrom::Managed, self.current, self.managed.revision);
        let revision = staged.revision.unwrap_or(self.managed.revision);
        let (from, key, revision) = match given_up {
            Some(_) => (KeptFrom::Staging, given_up, revision),
            None => from_managed,
        };
        let key = key.filter(|key| !self.observed.companions.keeps(key))?;
        Some(Step::KeepPreviousKey {
            from,
            managed: self.custody.name.clone(),
            public_key: key.clone(),
            revision,
            previous: previous_name(&self.custody.name),
            resource_version: self.previous().map(|facts| facts.resource_version.clone()),
            kept: (self.previous().map_or(&[][..], |facts| &facts.keys)).to_vec(),
        })
    }

    pub(super) fn previous(&self) -> Option<&PreviousFacts> {
        self.observed.companions.previous()
    }

    /// What follows once the next key is published: it takes over now, or its time begins, or it waits.
    fn takes_over(
        &self,
        staged: &StagedFacts,
        next: &PublicKey,
    ) -> (Option<Step>, Option<Timestamp>) {
        let activate = || activate(self.custody, Some(self.managed), staged, next, self.now);
        let is_told = self.observed.object.activate == Some(next.fingerprint());
        let nothing_to_wait_for = secret::is_being_replaced(self.desired, self.observed);
        match self.policy.activation {
            _ if is_told || nothing_to_wait_for => (Some(activate()), None),
            Activation::Immediate => (Some(activate()), None),
            Activation::Manual => (None, None),
            Activation::Delayed => match self.activation_time(staged) {
                None => {
                    let begin = Step::BeginDelay {
                        name: staging_name(&self.custody.name),
                        resource_version: staged.resource_version.clone(),
                        now: self.now,
                    };
                    (Some(begin), None)
                }
                Some(time) if time <= self.now => (Some(activate()), None),
                Some(time) => (None, Some(time)),
            },
        }
    }

    fn activation_time(&self, staged: &StagedFacts) -> Option<Timestamp> {
        activation_time(self.policy, staged)
    }

    /// Former keys without a date get one: they are former ones as of now.
    fn date(&self) -> Option<Step> {
        let facts = self.previous()?;
        if facts.durability.is_going() {
            return None;
        }
        let is_undated =
            |key: &FormerKey| key.retired_at.is_none() && Some(&key.public_key) != self.current;
        facts.keys.iter().any(is_undated).then(|| {
            let dated = facts.keys.iter().cloned().map(|mut key| {
                if is_undated(&key) {
                    key.retired_at = Some(self.now);
                }
                key
            });
            Step::DateFormerKeys {
                name: previous_name(&self.custody.name),
                resource_version: facts.resource_version.clone(),
                keys: dated.collect(),
            }
        })
    }

    /// What to do about former keys while no rotation is under way, and when time alone will change that.
    fn tidy(&self) -> (Option<Step>, Option<Timestamp>) {
        if let Some(date) = self.date() {
            return (Some(date), None);
        }
        let Some(facts) = self.previous().filter(|facts| !facts.durability.is_going()) else {
            return (None, None);
        };
        let (gone, next) = retirement(self.policy, &self.observed.former_keys(), self.now);
        let is_kept = |key: &&FormerKey| !gone.contains(key);
        let kept: Vec<FormerKey> = facts.keys.iter().filter(is_kept).cloned().collect();
        let retire = (!gone.is_empty()).then(|| Step::RetireKeys {
            name: previous_name(&self.custody.name),
            uid: facts.uid.clone(),
            resource_version: facts.resource_version.clone(),
            whole: kept.is_empty() && !facts.is_damaged,
            kept,
            retired: gone.clone(),
        });
        (retire, next)
    }
}

/// When a key that waits for a time takes over; `None` until it is published.
pub(super) fn activation_time(policy: &RotationPolicy, staged: &StagedFacts) -> Option<Timestamp> {
    staged.pending_since?.checked_add(policy.delay).ok()
}

/// The step by which the staged key becomes the current one, in a Secret that is there or that is made anew.
pub(super) fn activate(
    custody: &Custody,
    managed: Option<&SecretFacts>,
    staged: &StagedFacts,
    next: &PublicKey,
    now: Timestamp,
) -> Step {
    let follows = managed.map_or(1, |managed| managed.revision.saturating_add(1));
    Step::ActivateKey {
        name: custody.name.clone(),
        resource_version: managed.map(|managed| managed.resource_version.clone()),
        staging: staging_name(&custody.name),
        public_key: next.clone(),
        revision: staged.revision.unwrap_or(follows),
        request: (staged.request.as_ref())
            .or_else(|| managed?.request.as_ref())
            .cloned(),
        made: staged.created_at.unwrap_or(now),
    }
}

impl From<Stage> for Rotation {
    fn from(stage: Stage) -> Self {
        Self {
            stage,
            wake_at: None,
        }
    }
}
