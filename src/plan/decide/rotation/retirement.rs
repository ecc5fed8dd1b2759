//! The end of former keys: each gets a date, and goes once its time is over.

use jiff::Timestamp;

use crate::{
    api::rotation::previous_name,
    plan::{
        authority::own_keys::former_keys,
        decide::rotation::situation::Situation,
        desired::rotation::RotationPolicy,
        records::former_key::FormerKey,
        step::{
            kinds::Step,
            rotation::{RetireKeys, RotationStep},
        },
    },
};

/// Which former keys may go now, and when the next one may.
pub(crate) fn retirement(
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
pub(crate) fn retire_time(policy: &RotationPolicy, key: &FormerKey) -> Option<Timestamp> {
    key.retired_at?.checked_add(policy.keep_for).ok()
}

/// Former keys without a date get one: they are former ones as of now.
pub(crate) fn date(situation: &Situation<'_>) -> Option<Step> {
    let facts = situation.previous()?;
    if facts.durability.is_going() {
        return None;
    }
    let is_undated =
        |key: &FormerKey| key.retired_at.is_none() && Some(&key.public_key) != situation.current;
    facts.keys.iter().any(is_undated).then(|| {
        let dated = facts.keys.iter().cloned().map(|mut key| {
            if is_undated(&key) {
                key.retired_at = Some(situation.now);
            }
            key
        });
        Step::Rotation(RotationStep::DateFormerKeys {
            name: previous_name(&situation.custody.name),
            resource_version: facts.resource_version.clone(),
            keys: dated.collect(),
        })
    })
}

/// What to do about former keys while no rotation is under way, and when time alone will change that.
pub(crate) fn tidy(situation: &Situation<'_>) -> (Option<Step>, Option<Timestamp>) {
    if let Some(date) = date(situation) {
        return (Some(date), None);
    }
    let Some(facts) = situation
        .previous()
        .filter(|facts| !facts.durability.is_going())
    else {
        return (None, None);
    };
    let (gone, next) = retirement(
        situation.policy,
        &former_keys(situation.observed),
        situation.now,
    );
    let is_kept = |key: &&FormerKey| !gone.contains(key);
    let kept: Vec<FormerKey> = facts.keys.iter().filter(is_kept).cloned().collect();
    let retire = (!gone.is_empty()).then(|| {
        Step::Rotation(RotationStep::RetireKeys(RetireKeys {
            name: previous_name(&situation.custody.name),
            uid: facts.uid.clone(),
            resource_version: facts.resource_version.clone(),
            whole: kept.is_empty() && !facts.is_damaged,
            kept,
            retired: gone.clone(),
        }))
    });
    (retire, next)
}
