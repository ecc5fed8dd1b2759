//! How long it is waited until it is checked again whether a person has acted: a second at first, since what is missing may
//! come right behind the object; then a quarter of the interval, and twice as long each time, up to twice the interval.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);

/// The waits of an object for which somebody has to do something.
#[derive(Debug, Default)]
pub(in crate::controller) struct Patience {
    /// Who edits the object has acted.
    generation: i64,
    times: u32,
}

impl Patience {
    /// The object can't go on until somebody acts: how long to wait.
    pub(in crate::controller) fn next(&mut self, generation: i64, interval: Duration) -> Duration {
        if self.generation != generation {
            *self = Self {
                generation,
                times: 0,
            };
        }
        let quarter = interval / 4;
        let wait = match self.times {
            0 => FIRST.min(quarter),
            times => quarter * 2_u32.pow(times - 1),
        };
        self.times = (self.times + 1).min(4);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_two_minutes_and_start_over_when_somebody_acts() {
        let mut patience = Patience::default();
        let mut next = |generation| {
            let wait = patience.next(generation, Duration::from_mins(1));
            wait.as_secs()
        };
        let waits: Vec<u64> = (0..7).map(|_| next(1)).collect();
        assert_eq!(waits, [1, 15, 30, 60, 120, 120, 120]);
        assert_eq!((next(2), next(2)), (1, 15));
    }
}
