//! How long an object waits after an error: a second, then twice as long each time, with jitter, up to a limit.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// How waits grow.
#[derive(Debug)]
pub(in crate::controller) struct Backoffs {
    builder: ExponentialBuilder,
    max: Duration,
}

/// The waits after one failure and those that follow it.
#[derive(Debug)]
pub(in crate::controller) struct Backoff {
    waits: ExponentialBackoff,
    max: Duration,
}

impl Backoffs {
    /// Waits of at most `max`.
    pub(in crate::controller) fn new(max: Duration) -> Self {
        let builder = ExponentialBuilder::default()
            .with_min_delay(Duration::from_secs(1).min(max))
            .with_max_delay(max)
            .without_max_times()
            .with_jitter();
        Self { builder, max }
    }

    /// The next failure is a first one.
    pub(in crate::controller) fn begin(&self) -> Backoff {
        Backoff {
            waits: self.builder.build(),
            max: self.max,
        }
    }
}

impl Backoff {
    /// It failed again: how long to wait.
    pub(in crate::controller) fn next(&mut self) -> Duration {
        self.waits.next().unwrap_or(self.max).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_limit_and_start_over_after_a_success() {
        let backoffs = Backoffs::new(Duration::from_secs(5));
        let mut backoff = backoffs.begin();
        assert!(backoff.next() < Duration::from_secs(3));
        for _ in 0..10 {
            assert!(backoff.next() <= Duration::from_secs(5));
        }
        assert!(backoffs.begin().next() < Duration::from_secs(3));
    }
}
