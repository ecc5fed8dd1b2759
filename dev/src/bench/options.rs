//! How much is measured.

use clap::Args;

/// How much to measure.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How many keys each side makes in a round.
    #[arg(long, default_value_t = 1_000)]
    pub(super) keys: u32,

    /// How many rounds; each has both sides, and the median is reported.
    #[arg(long, default_value_t = 3)]
    pub(super) rounds: usize,

    /// How many keys are made at once, on both sides.
    #[arg(long, default_value_t = 32)]
    pub(super) concurrency: u16,

    /// How many keys are made under Azure's throttle, which takes 22 minutes for 1,000; 0: none.
    #[arg(long, default_value_t = 1_000)]
    pub(super) throttled_keys: u32,

    /// How many Ready keys, in 20 groups, are swept, and then twice as many started upon anew; 0: none.
    #[arg(long, default_value_t = 5_000)]
    pub(super) ready_keys: u32,

    /// How many new keys are timed alone, and as many beside a namespace that wants everything at once; 0: none.
    #[arg(long, default_value_t = 5)]
    pub(super) crowded_keys: u32,
}
