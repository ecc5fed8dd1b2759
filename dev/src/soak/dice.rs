//! Numbers that look random and are the same for the same seed.

use std::time::Duration;

/// The generator `SplitMix64`, <https://prng.di.unimi.it/splitmix64.c>: small, and good enough to choose with.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// Dice of their own for a purpose: what one of them throws does not depend on how often another is thrown.
    pub(super) fn new(seed: u64, purpose: u64) -> Self {
        let mut dice = Self(seed ^ purpose.wrapping_mul(0xd134_2543_de82_ef95));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when that is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or_default()
    }

    /// One of these.
    pub(super) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(all.len()).unwrap_or_default();
        let index = usize::try_from(self.below(count)).unwrap_or_default();
        all.get(index)
    }

    /// Yes, so often in a thousand.
    pub(super) fn strikes(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// A time between the two.
    pub(super) fn time(&mut self, from_ms: u64, to_ms: u64) -> Duration {
        Duration::from_millis(from_ms + self.below(to_ms.saturating_sub(from_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_purpose_throw_the_same_and_every_side_comes_up() {
        let throw = |seed, purpose| -> Vec<u64> {
            let mut dice = Dice::new(seed, purpose);
            (0..1_000).map(|_| dice.below(20)).collect()
        };
        assert_eq!(throw(7, 1), throw(7, 1));
        assert_ne!(throw(7, 1), throw(7, 2));
        assert_ne!(throw(7, 1), throw(8, 1));
        for side in 0..20 {
            let times = throw(7, 1).iter().filter(|&&one| one == side).count();
            assert!((20..90).contains(&times), "{side} came {times} times");
        }
    }
}
