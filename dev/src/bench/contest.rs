//! Round after round, both sides in turn.

use std::time::Duration;

use clap::Args;

use super::{crowded, floor, operator, playground::Playground, scale, throttled};

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

/// Measures and prints.
///
/// # Errors
/// When something can't be started, or a key does not become Ready.
pub async fn bench(options: &Options) -> anyhow::Result<()> {
    let playground = Playground::start().await?;
    println!(
        "{} pending Ed25519 keys with Azure publishing (unthrottled emulator), {} at once, {} rounds\n",
        options.keys, options.concurrency, options.rounds
    );
    let mut ratios = Vec::new();
    for round in 1..=options.rounds {
        // Each goes first in its turn: what the other leaves in caches and in etcd helps or hinders both alike.
        let (floor, measured) = if round % 2 == 1 {
            let floor = floor::measure(&playground, options).await?;
            (floor, operator::measure(&playground, options).await?)
        } else {
            let measured = operator::measure(&playground, options).await?;
            (floor::measure(&playground, options).await?, measured)
        };
        let rate = |time: Duration| f64::from(options.keys) / time.as_secs_f64();
        let ratio = rate(measured.time) / rate(floor);
        ratios.push(ratio);
        println!("round {round}");
        println!("  floor     {:7.1} keys/s", rate(floor));
        println!(
            "  operator  {:7.1} keys/s, {ratio:.2} of the floor",
            rate(measured.time)
        );
        println!("            {measured}");
    }
    ratios.sort_by(f64::total_cmp);
    if let Some(median) = ratios.get(ratios.len() / 2) {
        println!("\nmedian of the floor's rate: {median:.2}");
    }
    if options.ready_keys > 0 {
        scale::measure(&playground, options).await?;
    }
    if options.crowded_keys > 0 {
        crowded::measure(&playground, options).await?;
    }
    if options.throttled_keys > 0 {
        throttled::measure(&playground, options).await?;
    }
    Ok(())
}
