//! Round after round, both sides in turn.

use std::time::Duration;

use super::{crowded, floor, operator, options::Options, playground::Playground, scale, throttled};

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
