//! How long a new key takes, one after another.

use std::time::{Duration, Instant};

use super::{
    azure_log::{count, is_list},
    operator::{PATIENCE, all_ready},
    playground::{Playground, group_of},
    rows::{Rows, Spread},
    scale::SWEEP,
};
use crate::operator::Operator;

/// New keys that are timed.
pub(super) const KEYS: u32 = 20;

/// Makes keys from this number on, each once the one before is Ready: seconds until each was.
pub(super) async fn new_keys(
    playground: &Playground,
    namespace: &str,
    from: u32,
    operator: &Operator,
) -> anyhow::Result<Spread> {
    let mut times = Spread::default();
    for number in from..from + KEYS {
        times.add(new_key(playground, namespace, number, operator).await?);
    }
    Ok(times)
}

/// Makes the key of this number, which all before it were, and waits until it is Ready: after how many seconds.
pub(super) async fn new_key(
    playground: &Playground,
    namespace: &str,
    number: u32,
    operator: &Operator,
) -> anyhow::Result<f64> {
    let group = [group_of(namespace)];
    let started = Instant::now();
    playground
        .keys(namespace, number..number + 1, &group)
        .await?;
    all_ready(playground, namespace, number + 1, operator, PATIENCE).await?;
    Ok(started.elapsed().as_secs_f64())
}

/// The same, from when a sweep has begun.
pub(super) async fn beside_a_sweep(
    playground: &Playground,
    namespace: &str,
    operator: &Operator,
) -> anyhow::Result<Spread> {
    playground.emulator.clear_log();
    let started = Instant::now();
    while count(&playground.emulator.log(), is_list) == 0 && started.elapsed() < 2 * SWEEP {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    new_keys(playground, namespace, KEYS, operator).await
}

/// Compares them.
pub(super) fn tell(keys: u32, alone: &Spread, beside: &Spread, rows: &mut Rows) {
    let ratio = |percent| beside.at(percent) / alone.at(percent);
    let of = |times: &Spread| format!("{:.2} and {:.2} s", times.median(), times.at(99));
    rows.add(
        format!("a new key while {keys} are Ready and a sweep runs: p50 and p99"),
        format!("{}; alone {}", of(beside), of(alone)),
        "≤ 2 × those alone",
        ratio(50) <= 2.0 && ratio(99) <= 2.0,
    );
}
