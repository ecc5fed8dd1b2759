//! How long an object waits after an error: a second, then twice as long each time, with jitter, up to a limit.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// The waits of all objects that have failed, by UID.
#[derive(Debug)]
pub(in crate::controller) struct Backoffs {
    builder: ExponentialBuilder,
    max: Duration,
    waiting: Mutex<HashMap<String, ExponentialBackoff>>,
}

impl Backoffs {
    /// Waits of at most `max`.
    pub(in crate::controller) fn new(max: Duration) -> Self {
        let builder = ExponentialBuilder::default()
            .with_min_delay(Duration::from_secs(1).min(max))
            .with_max_delay(max)
            .without_max_times()
            .with_jitter();
        Self {
            builder,
            max,
            waiting: Mutex::default(),
        }
    }

    /// The object failed again: how long to wait.
    pub(in crate::controller) fn next(&self, uid: &str) -> Duration {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let backoff = waiting
            .entry(uid.to_owned())
            .or_insert_with(|| self.builder.build());
        backoff.next().unwrap_or(self.max).min(self.max)
    }

    /// The object did not fail: the next failure is a first one.
    pub(in crate::controller) fn reset(&self, uid: &str) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(uid);
    }

    /// How many there are.
    pub(in crate::controller) fn len(&self) -> usize {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_limit_and_start_over_after_a_success() {
        let backoffs = Backoffs::new(Duration::from_secs(5));
        assert!(backoffs.next("a") < Duration::from_secs(3));
        for _ in 0..10 {
            assert!(backoffs.next("a") <= Duration::from_secs(5));
        }
        backoffs.reset("a");
        assert!(backoffs.next("a") < Duration::from_secs(3));
    }
}
