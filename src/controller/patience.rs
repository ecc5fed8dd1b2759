//! How long it is waited until it is looked again whether a person has acted: a quarter of the interval at first, then twice as
//! long each time, up to twice the interval.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use kube::Resource;

use super::context::Context;

/// The waits of all objects for which somebody has to do something, by UID.
#[derive(Debug, Default)]
pub(super) struct Patience(Mutex<HashMap<String, Waited>>);

#[derive(Debug)]
struct Waited {
    /// Who edits the object has acted.
    generation: i64,
    times: u32,
}

impl Patience {
    /// It was looked in vain: how long to wait.
    pub(super) fn next(&self, uid: &str, generation: i64, interval: Duration) -> Duration {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = all.entry(uid.to_owned()).or_insert(Waited {
            generation,
            times: 0,
        });
        if waited.generation != generation {
            *waited = Waited {
                generation,
                times: 0,
            };
        }
        let wait = interval / 4 * 2_u32.pow(waited.times);
        waited.times = (waited.times + 1).min(3);
        wait
    }

    /// It was not in vain, or the object is gone.
    pub(super) fn forget(&self, uid: &str) {
        let all = self.0.lock();
        all.unwrap_or_else(PoisonError::into_inner).remove(uid);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Context {
    /// An object can't go on until somebody acts: how long to wait.
    pub(super) fn patience_for<K: Resource>(&self, object: &K) -> Duration {
        let meta = object.meta();
        let uid = meta.uid.as_deref().unwrap_or_default();
        let generation = meta.generation.unwrap_or_default();
        let poll = self.options.intervals.poll;
        self.patience.next(uid, generation, poll)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_two_minutes_and_start_over_when_somebody_acts() {
        let patience = Patience::default();
        let next = |generation| {
            patience
                .next("a", generation, Duration::from_mins(1))
                .as_secs()
        };
        let waits: Vec<u64> = (0..6).map(|_| next(1)).collect();
        assert_eq!(waits, [15, 30, 60, 120, 120, 120]);
        assert_eq!((next(2), next(2)), (15, 30));
        patience.forget("a");
        assert_eq!(next(2), 15);
    }
}
