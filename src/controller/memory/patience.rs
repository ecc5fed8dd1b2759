//! How long it is waited until it is looked again whether a person has acted: a quarter of the interval at first, then twice as
//! long each time, up to twice the interval.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use kube::Resource;

/// The waits of all objects for which somebody has to do something, by UID.
#[derive(Debug)]
pub(in crate::controller) struct Patience {
    interval: Duration,
    waits: Mutex<HashMap<String, Waited>>,
}

#[derive(Debug)]
struct Waited {
    /// Who edits the object has acted.
    generation: i64,
    times: u32,
}

impl Patience {
    pub(in crate::controller) fn new(interval: Duration) -> Self {
        Self {
            interval,
            waits: Mutex::default(),
        }
    }

    /// An object can't go on until somebody acts: how long to wait.
    pub(in crate::controller) fn of<K: Resource>(&self, object: &K) -> Duration {
        let meta = object.meta();
        let uid = meta.uid.as_deref().unwrap_or_default();
        self.next(uid, meta.generation.unwrap_or_default())
    }

    fn next(&self, uid: &str, generation: i64) -> Duration {
        let mut all = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
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
        let wait = self.interval / 4 * 2_u32.pow(waited.times);
        waited.times = (waited.times + 1).min(3);
        wait
    }

    /// It was not in vain, or the object is gone.
    pub(in crate::controller) fn forget(&self, uid: &str) {
        let all = self.waits.lock();
        all.unwrap_or_else(PoisonError::into_inner).remove(uid);
    }

    /// How many there are.
    pub(in crate::controller) fn len(&self) -> usize {
        self.waits
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_two_minutes_and_start_over_when_somebody_acts() {
        let patience = Patience::new(Duration::from_mins(1));
        let next = |generation| patience.next("a", generation).as_secs();
        let waits: Vec<u64> = (0..6).map(|_| next(1)).collect();
        assert_eq!(waits, [15, 30, 60, 120, 120, 120]);
        assert_eq!((next(2), next(2)), (15, 30));
        patience.forget("a");
        assert_eq!(next(2), 15);
    }
}
