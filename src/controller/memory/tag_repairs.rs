//! Which tags in Azure were put right again and again: whoever turns them back each time is not fought.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::plan::names_that_differ;

/// Putting right what was turned back since the last time, so often, is enough.
const ENOUGH: u32 = 2;
/// After so long it may be tried again: what happens once a month is no fight.
const REMEMBERED: Duration = Duration::from_hours(24);

type Tags = BTreeMap<String, String>;

/// The repairs of the last day, by the object's UID and the tag's name.
#[derive(Debug, Default)]
pub(in crate::controller) struct TagRepairs(Mutex<HashMap<String, BTreeMap<String, Repairs>>>);

#[derive(Debug)]
struct Repairs {
    /// What the tag was set to; nothing when it was taken away.
    to: Option<String>,
    times: u32,
    last: Instant,
}

impl TagRepairs {
    /// Tags were changed from what was there to what is wanted.
    pub(in crate::controller) fn repaired(&self, uid: &str, from: &Tags, to: &Tags, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_object = all.entry(uid.to_owned()).or_default();
        of_object.retain(|_, repairs| now.duration_since(repairs.last) < REMEMBERED);
        for name in names_that_differ(from, to) {
            let value = to.get(&name).cloned();
            let repairs = of_object.entry(name).or_insert_with(|| Repairs {
                to: value.clone(),
                times: 0,
                last: now,
            });
            if repairs.to != value {
                repairs.to = value;
                repairs.times = 0;
            }
            repairs.times += 1;
            repairs.last = now;
        }
    }

    /// The tags that were put right often enough, and to what.
    pub(in crate::controller) fn enough(
        &self,
        uid: &str,
        now: Instant,
    ) -> BTreeMap<String, Option<String>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_object = all.get(uid).into_iter().flatten();
        of_object
            .filter(|(_, repairs)| repairs.times >= ENOUGH)
            .filter(|(_, repairs)| now.duration_since(repairs.last) < REMEMBERED)
            .map(|(name, repairs)| (name.clone(), repairs.to.clone()))
            .collect()
    }

    /// Forgets an object that is gone.
    pub(in crate::controller) fn forget(&self, uid: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(uid);
    }

    /// How many there are.
    pub(in crate::controller) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(value: &str) -> Tags {
        BTreeMap::from([("team".to_owned(), value.to_owned())])
    }

    #[test]
    fn what_was_put_right_twice_is_enough_until_another_value_is_wanted_or_a_day_has_passed() {
        let repairs = TagRepairs::default();
        let start = Instant::now();
        repairs.repaired("u", &tags("theirs"), &tags("ours"), start);
        assert!(repairs.enough("u", start).is_empty());
        repairs.repaired("u", &Tags::new(), &tags("ours"), start);
        let ours = BTreeMap::from([("team".to_owned(), Some("ours".to_owned()))]);
        assert_eq!(repairs.enough("u", start), ours);
        assert!(repairs.enough("u", start + REMEMBERED).is_empty());
        repairs.repaired("u", &tags("theirs"), &tags("another"), start);
        assert!(repairs.enough("u", start).is_empty());
        repairs.repaired("u", &tags("another"), &Tags::new(), start);
        repairs.repaired("u", &tags("another"), &Tags::new(), start);
        let none = BTreeMap::from([("team".to_owned(), None)]);
        assert_eq!(repairs.enough("u", start), none);
        assert!(repairs.enough("other", start).is_empty());
    }
}
