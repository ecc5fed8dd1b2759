//! Many keys: what they take while they are made, at rest, at a restart, and when much happens at once.

use std::time::Duration;

use super::{
    counts, latency,
    operator::{PATIENCE, all_ready, flags},
    options::Options,
    playground::{LOCATION, Playground, SUBSCRIPTION},
    restart,
    rows::{Rows, each, mib},
    sweep, upheaval,
};
use crate::{operator::Flags, processes::usage};

pub(super) const GROUPS: u32 = 20;
/// Keys on one page of a list, by the emulator's default.
pub(super) const PAGE: u32 = 100;
pub(super) const SWEEP: Duration = Duration::from_mins(2);

/// Makes the keys and measures. `small` is the CPU time a key that few keys have taken, in milliseconds.
pub(super) async fn measure(
    playground: &Playground,
    options: &Options,
    small: Option<f64>,
    rows: &mut Rows,
) -> anyhow::Result<()> {
    let keys = options.ready_keys;
    let groups = put_groups(playground);
    let number = uuid::Uuid::new_v4().simple();
    let (team, scale) = (format!("team-{number}"), format!("scale-{number}"));
    playground.namespace(&team).await?;
    playground.namespace(&scale).await?;
    let flags = scale_flags(playground, options, &[&scale, &team]).await?;
    let folder = playground.plane.folder().join(&scale);

    println!("\n{keys} keys in {GROUPS} groups");
    let operator = playground.start_operator(&folder, &flags)?;
    operator.ready().await?;
    let alone = latency::new_keys(playground, &team, 0, &operator).await?;
    operator.terminate().await?;
    playground.keys(&scale, 0..keys, &groups).await?;
    let operator = playground.start_operator(&folder, &flags)?;
    // Nothing moves until all are listed.
    let patience = PATIENCE + restart::A_KEY * keys;
    all_ready(playground, &scale, keys, &operator, patience).await?;
    let cold = usage(operator.id())?;
    rows.add(
        format!("peak memory, {keys} new keys"),
        format!("{:.1} MiB", mib(cold.peak_kib)),
        "≤ 48 MiB for 10,000",
        mib(cold.peak_kib) <= 48.0,
    );
    if let Some(small) = small {
        let large = each(cold.cpu, keys);
        rows.add(
            format!("CPU a key at {keys}, against few"),
            format!("{:.2} × ({large:.2} ms)", large / small),
            "≤ 1.1 ×",
            large / small <= 1.1,
        );
    }
    sweep::sweep(playground, keys, &groups, rows).await?;
    let beside = latency::beside_a_sweep(playground, &team, &operator).await?;
    latency::tell(keys, &alone, &beside, rows);
    operator.terminate().await?;

    println!("\na restart on {keys} Ready keys");
    let before = counts::requests(&playground.client).await?;
    playground.emulator.clear_log();
    let operator = playground.start_operator(&folder, &flags)?;
    restart::measure(playground, options, &operator, &before, rows).await?;
    let rested = usage(operator.id())?;
    upheaval::measure(
        playground,
        [&scale, &team],
        options,
        &operator,
        rested,
        rows,
    )
    .await?;
    operator.terminate().await?;
    Ok(())
}

/// The groups that the keys are in by turns.
pub(super) fn put_groups(playground: &Playground) -> Vec<String> {
    let names = (0..GROUPS).map(|number| format!("rg-{number:02}"));
    let groups: Vec<String> = names.collect();
    for group in &groups {
        playground.emulator.put_group(SUBSCRIPTION, group, LOCATION);
    }
    groups
}

async fn scale_flags(
    playground: &Playground,
    options: &Options,
    namespaces: &[&str],
) -> anyhow::Result<Flags> {
    let flags = flags(playground, namespaces, options.concurrency).await?;
    Ok(flags
        .set("azure-writes-burst", 1_000_000)
        .set("azure-writes-per-minute", 60_000_000)
        .set("azure-sweep-interval", format!("{}s", SWEEP.as_secs())))
}
