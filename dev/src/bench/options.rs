//! What the user can choose.

use std::path::PathBuf;

/// What the user can choose.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// How many keys each side makes in a round.
    #[arg(long, default_value_t = 1_000)]
    pub(super) keys: u32,

    /// How many rounds; each has both sides, and the median is reported.
    #[arg(long, default_value_t = 5)]
    pub(super) rounds: usize,

    /// How many keys are made at once, on both sides.
    #[arg(long, default_value_t = 32)]
    pub(super) concurrency: u16,

    /// How many keys are made under Azure's throttle, which takes 22 minutes for 1,000; 0: none.
    #[arg(long, default_value_t = 0)]
    pub(super) throttled_keys: u32,

    /// How many keys, in 20 groups, are made Ready, swept, started upon anew and looked after; 0: none.
    #[arg(long, default_value_t = 10_000)]
    pub(super) ready_keys: u32,

    /// For how many minutes the operator is watched while it rests.
    #[arg(long, default_value_t = 1)]
    pub(super) rest_minutes: u64,

    /// How many new keys are timed alone, and as many beside a namespace that wants everything at once; 0: none.
    #[arg(long, default_value_t = 5)]
    pub(super) crowded_keys: u32,

    /// The operator to measure. Otherwise the program of the image is, and is built before.
    #[arg(long)]
    pub(super) operator: Option<PathBuf>,
}
