//! When to look again.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    api::ErrorClass,
    plan::{
        decision::Plan,
        observed::{
            azure::{Freshness, KeyView},
            snapshot::Observed,
        },
    },
};

/// How often to look, by the operator's flags.
#[derive(Clone, Copy, Debug)]
pub struct Intervals {
    /// How often everything is re-checked although nothing seems to have changed.
    pub sweep: Duration,
    /// How often it is looked whether a person has acted.
    pub poll: Duration,
    /// How soon after a first write to Azure a list must confirm it; a cap on `sweep` then.
    pub confirm: Duration,
}

impl Intervals {
    /// How long after a write of ours no list is asked to confirm it: no longer than until the earliest look that should
    /// have it confirmed, or that would come to nothing and the next one too late.
    pub fn settle(&self) -> Duration {
        self.confirm.min(self.sweep) * SHORTEST / 1000
    }

    /// When to look again at an object whose plan was carried out as far as it went; `None` when an error set the time.
    pub fn next_look(&self, plan: &Plan, observed: &Observed, now: Timestamp) -> Option<Duration> {
        match plan.obstacle() {
            Some(ErrorClass::UserFixable) => return Some(self.poll),
            Some(_) => return None,
            None => {}
        }
        let unconfirmed = observed.azure.values().any(|view| {
            matches!(
                view,
                KeyView::Present {
                    freshness: Freshness::Written,
                    ..
                }
            )
        });
        let interval = if unconfirmed {
            self.confirm.min(self.sweep)
        } else {
            self.sweep
        };
        let look = jittered(interval, &observed.object.uid);
        let wake = plan.wake_at.map(|time| time.duration_since(now));
        let wake = wake.map(|wait| Duration::try_from(wait).unwrap_or_default().max(SOON));
        Some(wake.map_or(look, |wait| wait.min(look)))
    }
}

/// What time alone will change is re-checked no sooner than this: the clock that counts the wait may be a little ahead.
const SOON: Duration = Duration::from_secs(1);

/// Thousandths of an interval that pass at least.
const SHORTEST: u32 = 900;

/// Between 0.9 and 1.1 of an interval, always the same for one object: thousands of objects that became ready in one
/// minute must not all be re-checked in one minute for ever after.
fn jittered(interval: Duration, seed: &str) -> Duration {
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    let thousandth = u32::try_from(hasher.finish() % 200).unwrap_or_default();
    interval * (SHORTEST + thousandth) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_a_tenth_and_is_constant_for_one_object() {
        let interval = Duration::from_mins(15);
        for object in ["a", "b", "c", "d"] {
            let jittered_once = jittered(interval, object);
            assert!(jittered_once >= interval * 9 / 10 && jittered_once <= interval * 11 / 10);
            assert_eq!(jittered_once, jittered(interval, object));
        }
    }

    #[test]
    fn the_earliest_look_after_a_write_can_have_it_confirmed() {
        let intervals = Intervals {
            sweep: Duration::from_mins(15),
            poll: Duration::from_mins(1),
            confirm: Duration::from_secs(45),
        };
        let earliest = (0..1_000)
            .map(|object| jittered(intervals.confirm, &object.to_string()))
            .min();
        assert!(earliest >= Some(intervals.settle()));
        assert!(earliest < Some(intervals.settle() + Duration::from_secs(1)));
    }
}
