//! Which tags in Azure were put right again and again: what turns them back each time is not fought.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::plan::names_that_differ;

/// Putting right what was turned back since the last time, so often, is enough.
const ENOUGH: u32 = 2;
/// After so long it may be tried again: what happens once a month is no fight.
const REMEMBERED: Duration = Duration::from_hours(24);

/// Names and values.
pub(in crate::controller) type Tags = BTreeMap<String, String>;
/// Names, and what the tags were set to; nothing when they were taken away.
pub(in crate::controller) type Repaired = BTreeMap<String, Option<String>>;

/// The repairs of one object's key in the last day, by the tag's name.
#[derive(Debug, Default)]
pub(in crate::controller) struct TagRepairs(BTreeMap<String, Repairs>);

#[derive(Debug)]
struct Repairs {
    /// What the tag was set to; nothing when it was taken away.
    to: Option<String>,
    times: u32,
    last: Instant,
}

impl TagRepairs {
    /// Tags were changed from what was there to what is wanted.
    pub(in crate::controller) fn add(&mut self, from: &Tags, to: &Tags, now: Instant) {
        self.0
            .retain(|_, repairs| now.duration_since(repairs.last) < REMEMBERED);
        for name in names_that_differ(from, to) {
            let value = to.get(&name).cloned();
            let repairs = self.0.entry(name).or_insert_with(|| Repairs {
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
    pub(in crate::controller) fn enough(&self, now: Instant) -> Repaired {
        self.0
            .iter()
            .filter(|(_, repairs)| repairs.times >= ENOUGH)
            .filter(|(_, repairs)| now.duration_since(repairs.last) < REMEMBERED)
            .map(|(name, repairs)| (name.clone(), repairs.to.clone()))
            .collect()
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
        let mut repairs = TagRepairs::default();
        let start = Instant::now();
        repairs.add(&tags("theirs"), &tags("ours"), start);
        assert!(repairs.enough(start).is_empty());
        repairs.add(&Tags::new(), &tags("ours"), start);
        let ours = BTreeMap::from([("team".to_owned(), Some("ours".to_owned()))]);
        assert_eq!(repairs.enough(start), ours);
        assert!(repairs.enough(start + REMEMBERED).is_empty());
        repairs.add(&tags("theirs"), &tags("another"), start);
        assert!(repairs.enough(start).is_empty());
        repairs.add(&tags("another"), &Tags::new(), start);
        repairs.add(&tags("another"), &Tags::new(), start);
        let none = BTreeMap::from([("team".to_owned(), None)]);
        assert_eq!(repairs.enough(start), none);
    }
}
