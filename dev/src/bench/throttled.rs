//! Many new keys under Azure's throttle: how long they take against what its buckets allow.

use std::time::Duration;

use anyhow::Context;
use arm_emulator::Throttle;

use super::{
    operator::{all_ready, flags},
    options::Options,
    playground::Playground,
};

/// What Compute takes at once, and with each minute after that, by the emulator's default sizes.
const BURST: u32 = 120;
const PER_MINUTE: u32 = 40;

/// Makes the keys and prints what came of it.
pub(super) async fn measure(playground: &Playground, options: &Options) -> anyhow::Result<()> {
    let keys = options.throttled_keys;
    let minutes = keys.saturating_sub(BURST).div_ceil(PER_MINUTE);
    println!("\n{keys} new keys under Azure's throttle, which allows them in {minutes} minutes");
    let namespace = format!("throttled-{}", uuid::Uuid::new_v4().simple());
    playground.pending(&namespace, keys).await?;
    playground.emulator.set_throttle(Throttle::default());
    playground.emulator.clear_log();
    let flags = flags(playground, &[&namespace], options.concurrency).await?;
    let folder = playground.plane.folder().join(&namespace);
    let operator = playground.start_operator(&folder, &flags)?;
    all_ready(
        playground,
        &namespace,
        keys,
        &operator,
        Duration::from_mins(3),
    )
    .await?;
    operator.terminate().await?;
    playground.emulator.set_throttle(Throttle::Off);

    let log = playground.emulator.log();
    let puts: Vec<_> = log
        .iter()
        .filter(|one| one.request.method == "PUT")
        .collect();
    let first = puts.first().context("nothing was written")?.time_ms;
    let last = puts.last().map_or(first, |put| put.time_ms);
    let took = Duration::from_millis(u64::try_from(last - first).unwrap_or_default());
    let allowed = Duration::from_mins(minutes.into());
    let refused = log.iter().filter(|one| one.status == Some(429)).count();
    let over = (took.as_secs_f64() / allowed.as_secs_f64().max(1.0) - 1.0) * 100.0;
    println!(
        "  {:.1} s, {over:+.1} % of what is allowed; {refused} refused (429)",
        took.as_secs_f64()
    );
    let reads = log.iter().filter(|one| one.request.method == "GET").count();
    println!("  {} PUTs and {reads} GETs", puts.len());
    Ok(())
}
