//! How a spec wants keys to be rotated, with everything filled in.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};

use crate::api::rotation::{Activation, Rotation, go_duration};

/// How keys are rotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationPolicy {
    /// Whether the spec speaks of it at all.
    pub is_given: bool,
    /// How old a key may become.
    pub every: Option<SignedDuration>,
    /// When a new key takes over.
    pub activation: Activation,
    /// How long it waits when it waits for a time.
    pub delay: SignedDuration,
    /// How many former keys are kept however old they are.
    pub keep_count: usize,
    /// How long every former key is kept.
    pub keep_for: SignedDuration,
}

/// A former key is kept for a week at least, when the spec says nothing.
const KEEP_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

const KEEP_COUNT: i32 = 1;

impl RotationPolicy {
    /// What a spec says.
    ///
    /// # Errors
    /// A message when a duration is none, which the API server's rules refuse before.
    pub fn of(spec: Option<&Rotation>) -> Result<Self, String> {
        let rotation = spec.cloned().unwrap_or_default();
        let keep = rotation.keep_previous.unwrap_or_default();
        Ok(Self {
            is_given: spec.is_some(),
            every: rotation
                .every
                .map(|text| duration("rotation.every", &text))
                .transpose()?,
            activation: rotation.activation.unwrap_or_default(),
            delay: match rotation.delay {
                Some(text) => duration("rotation.delay", &text)?,
                None => SignedDuration::ZERO,
            },
            keep_count: usize::try_from(keep.count.unwrap_or(KEEP_COUNT)).unwrap_or_default(),
            keep_for: match keep.min_duration {
                Some(text) => duration("keepPrevious.minDuration", &text)?,
                None => KEEP_FOR,
            },
        })
    }

    /// When a key that was made at a time is to be rotated by age: never later than `every` says, and up to a tenth
    /// earlier, always the same for one key.
    pub fn due(&self, made: Timestamp, uid: &str, revision: u32) -> Option<Timestamp> {
        let every = self.every?;
        let mut hasher = DefaultHasher::new();
        (uid, revision).hash(&mut hasher);
        let thousandths = i32::try_from(hasher.finish() % 100).unwrap_or_default();
        let early = every / 1000 * thousandths;
        made.checked_add(every - early).ok()
    }
}

fn duration(field: &str, text: &str) -> Result<SignedDuration, String> {
    go_duration(text).ok_or_else(|| {
        format!("{field}: {text} is no duration: write hours, minutes and seconds, such as 2160h")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(text: &str) -> RotationPolicy {
        let rotation = Rotation {
            every: Some(text.to_owned()),
            ..Rotation::default()
        };
        RotationPolicy::of(Some(&rotation)).unwrap()
    }

    #[test]
    fn a_key_is_rotated_in_the_last_tenth_of_what_it_may_become() {
        let policy = every("100h");
        let made = Timestamp::UNIX_EPOCH;
        let age = |revision| {
            policy
                .due(made, "u", revision)
                .unwrap()
                .duration_since(made)
        };
        let ages: Vec<SignedDuration> = (1..200).map(age).collect();
        let hours = SignedDuration::from_hours;
        assert!(
            ages.iter()
                .all(|age| *age > hours(90) && *age <= hours(100))
        );
        assert!(ages.iter().min() < Some(&hours(92)) && ages.iter().max() > Some(&hours(98)));
        assert_eq!(age(7), age(7));
    }

    #[test]
    fn durations_are_those_of_go() {
        assert_eq!(every("1h30m").every, Some(SignedDuration::from_mins(90)));
        for wrong in ["", "1", "h", "-1h", "1d", "1e300h", "9999999h", "1h1e99h"] {
            let rotation = Rotation {
                every: Some(wrong.to_owned()),
                ..Rotation::default()
            };
            assert!(RotationPolicy::of(Some(&rotation)).is_err(), "{wrong}");
        }
    }
}
