//! What a restart on many Ready keys asks, and what the operator takes at rest.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::{
    azure_log::{count, is_list, is_look, is_write, quiet},
    counts,
    operator::PATIENCE,
    options::Options,
    playground::Playground,
    rows::{Rows, memory, mib},
    scale::{GROUPS, PAGE},
};
use crate::{operator::Operator, processes::usage};

type Counts = BTreeMap<(String, String), f64>;

pub(super) const QUIET: Duration = Duration::from_secs(20);
/// The longest that it may take to list a key and its Secret, or to look at it.
pub(super) const A_KEY: Duration = Duration::from_millis(5);

/// Waits until the operator is quiet, and then watches it at rest.
pub(super) async fn measure(
    playground: &Playground,
    options: &Options,
    operator: &Operator,
    before: &Counts,
    rows: &mut Rows,
) -> anyhow::Result<()> {
    let keys = options.ready_keys;
    let started = Instant::now();
    operator.ready_within(PATIENCE + A_KEY * keys).await?;
    quiet(playground, QUIET).await;
    let took = started.elapsed().saturating_sub(QUIET);
    let after = counts::requests(&playground.client).await?;
    let log = playground.emulator.log();
    let least = GROUPS * (keys / GROUPS).div_ceil(PAGE);
    let (pages, looks, writes) = (
        count(&log, is_list),
        count(&log, is_look),
        count(&log, is_write),
    );
    rows.add(
        format!("restart on {keys}: requests to Azure"),
        format!("{pages} pages, {looks} reads and {writes} writes of single keys"),
        format!("{least} pages are the least, and 1 for each store's own group"),
        pages <= least as usize + 2 && looks + writes == 0,
    );
    let asked = difference(before, &after);
    let is_write = |verb: &str| !["GET", "LIST", "WATCH"].contains(&verb);
    let wrote = asked
        .iter()
        .any(|((verb, resource), count)| is_write(verb) && resource != "leases" && *count > 0.0);
    let gets = asked.get(&("GET".to_owned(), "secrets".to_owned()));
    let gets = gets.copied().unwrap_or_default();
    rows.add(
        format!("restart on {keys}: requests to the API server"),
        told(&asked),
        "no write, no GET a key",
        !wrote && gets < f64::from(keys) / 10.0,
    );
    let usage_now = usage(operator.id())?;
    rows.add(
        format!("restart on {keys}: peak memory"),
        format!(
            "{}; quiet after {:.0} s and {:.1} s CPU",
            memory(&usage_now),
            took.as_secs_f64(),
            usage_now.cpu.as_secs_f64()
        ),
        "≤ 48 MiB for 10,000",
        mib(usage_now.peak_kib) <= 48.0,
    );
    rest(playground, options, operator, rows).await
}

/// Watches the operator at rest, a sweep among it.
async fn rest(
    playground: &Playground,
    options: &Options,
    operator: &Operator,
    rows: &mut Rows,
) -> anyhow::Result<()> {
    let minutes = options.rest_minutes;
    let before = counts::requests(&playground.client).await?;
    let cpu = usage(operator.id())?.cpu;
    let time = Duration::from_mins(minutes);
    tokio::time::sleep(time).await;
    let now = usage(operator.id())?;
    let asked = difference(&before, &counts::requests(&playground.client).await?);
    let share = 100.0 * now.cpu.saturating_sub(cpu).as_secs_f64() / time.as_secs_f64();
    let resident = mib(now.resident_kib);
    rows.add(
        format!("at rest for {minutes} min: memory"),
        format!(
            "{resident:.1} MiB, {:.1} of its own",
            mib(now.anonymous_kib)
        ),
        "≤ 40 MiB for 10,000",
        resident <= 40.0,
    );
    rows.note(
        format!("at rest for {minutes} min: requests, and CPU with its sweeps"),
        format!("{}; {share:.2} % of a core", told(&asked)),
    );
    Ok(())
}

fn difference(before: &Counts, after: &Counts) -> Counts {
    let mut counts = after.clone();
    for (key, count) in &mut counts {
        *count -= before.get(key).copied().unwrap_or_default();
    }
    counts.retain(|_, count| *count > 0.0);
    counts
}

fn told(counts: &Counts) -> String {
    let parts: Vec<String> = counts
        .iter()
        .map(|((verb, resource), count)| format!("{count:.0} {verb} {resource}"))
        .collect();
    if parts.is_empty() {
        "none".to_owned()
    } else {
        parts.join(", ")
    }
}
