//! Many Ready keys: what a sweep costs and finds, and what a restart costs.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use anyhow::bail;
use arm_emulator::{RequestRecord, StoredKey};

use super::{
    counts,
    operator::{PATIENCE, all_ready, flags},
    options::Options,
    playground::{LOCATION, Playground, SUBSCRIPTION},
};
use crate::{operator::Operator, processes::usage};

const GROUPS: u32 = 20;
/// Keys on one page of a list, by the emulator's default.
const PAGE: u32 = 100;
/// Keys that are deleted, that get another public key, and whose tags are changed: each so many.
const DRIFTED: usize = 50;
const SWEEP: Duration = Duration::from_mins(2);

/// Makes the keys and prints what came of it.
pub(super) async fn measure(playground: &Playground, options: &Options) -> anyhow::Result<()> {
    let keys = options.ready_keys;
    let groups: Vec<String> = (0..GROUPS)
        .map(|number| format!("rg-{number:02}"))
        .collect();
    for group in &groups {
        playground.emulator.put_group(SUBSCRIPTION, group, LOCATION);
    }
    let namespace = format!("scale-{}", uuid::Uuid::new_v4().simple());
    playground.namespace(&namespace).await?;
    playground.keys(&namespace, 0..keys, &groups).await?;
    let flags = flags(playground, &[&namespace], options.concurrency)
        .await?
        .set("azure-writes-burst", 1_000_000)
        .set("azure-writes-per-minute", 60_000_000)
        .set("azure-sweep-interval", format!("{}s", SWEEP.as_secs()));
    let folder = playground.plane.folder().join(&namespace);
    let operator = Operator::start(&folder, &flags)?;
    all_ready(playground, &namespace, keys, &operator, PATIENCE).await?;
    println!("\n{keys} Ready keys in {GROUPS} groups, a sweep every {SWEEP:?}");
    sweep(playground, keys, &groups).await?;

    playground.keys(&namespace, keys..2 * keys, &groups).await?;
    all_ready(playground, &namespace, 2 * keys, &operator, PATIENCE).await?;
    let peak = usage(operator.id())?.peak_kib;
    operator.terminate().await?;
    println!(
        "\n{} Ready keys and a restart; peak memory before it {:.1} MiB",
        2 * keys,
        mib(peak)
    );
    let restarted = Operator::start(&folder, &flags)?;
    restart(playground, &restarted).await?;
    restarted.terminate().await?;
    Ok(())
}

fn mib(kib: u32) -> f64 {
    f64::from(kib) / 1_024.0
}

async fn sweep(playground: &Playground, keys: u32, groups: &[String]) -> anyhow::Result<()> {
    // What was just created is confirmed once more before a sweep is only a sweep.
    quiet(playground, Duration::from_secs(20)).await;
    let before = playground.emulator.keys();
    let mine: Vec<&StoredKey> = before
        .iter()
        .filter(|key| groups.contains(&key.resource_group))
        .collect();
    let mut drifting = mine.iter().step_by((mine.len() / (3 * DRIFTED)).max(1));
    for key in drifting.by_ref().take(DRIFTED) {
        playground.emulator.delete_key(&key.id);
    }
    let other = mine[0].public_key.clone();
    for key in drifting.by_ref().take(DRIFTED) {
        let changed = StoredKey {
            public_key: other.clone(),
            ..(**key).clone()
        };
        playground.emulator.put_key_as_someone_else(changed);
    }
    for key in drifting.by_ref().take(DRIFTED) {
        let tags = BTreeMap::from([("theirs".to_owned(), "x".to_owned())]);
        let changed = StoredKey {
            tags,
            ..(**key).clone()
        };
        playground.emulator.put_key_as_someone_else(changed);
    }
    playground.emulator.clear_log();
    let started = Instant::now();
    let wanted: HashMap<&str, &StoredKey> =
        before.iter().map(|key| (key.id.as_str(), key)).collect();
    let as_it_was = |now: &StoredKey| {
        wanted.get(now.id.as_str()).is_some_and(|key| {
            let mut tags = key.tags.iter();
            key.public_key == now.public_key
                && tags.all(|(name, value)| now.tags.get(name) == Some(value))
        })
    };
    loop {
        let now = playground.emulator.keys();
        if now.len() == before.len()
            && count(&playground.emulator.log(), is_write) >= 3 * DRIFTED
            && now.iter().all(as_it_was)
        {
            break;
        }
        if started.elapsed() > 3 * SWEEP {
            let now = playground.emulator.keys();
            let left = now.iter().filter(|key| !as_it_was(key)).count();
            bail!(
                "not all drift was repaired after three sweeps: {left} of {}, {} before",
                now.len(),
                before.len()
            );
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let log = playground.emulator.log();
    let lists = f64::from(u32::try_from(count(&log, is_list))?);
    let sweeps = started.elapsed().as_secs_f64() / SWEEP.as_secs_f64();
    let expected = GROUPS * (keys / GROUPS).div_ceil(PAGE);
    println!(
        "  {} deleted, {0} changed and {0} re-tagged keys were repaired after {:.0} s by {} writes and {} reads of single keys",
        DRIFTED,
        started.elapsed().as_secs_f64(),
        count(&log, is_write),
        count(&log, is_look),
    );
    println!(
        "  {:.0} pages of lists a sweep; {expected} are the least",
        lists / sweeps.max(1.0)
    );
    Ok(())
}

async fn restart(playground: &Playground, operator: &Operator) -> anyhow::Result<()> {
    let before = counts::requests(&playground.client).await?;
    playground.emulator.clear_log();
    let started = Instant::now();
    operator.ready().await?;
    quiet(playground, Duration::from_secs(20)).await;
    let took = started.elapsed().saturating_sub(Duration::from_secs(20));
    let after = counts::requests(&playground.client).await?;
    let writes: f64 = after
        .iter()
        .filter(|((verb, _), _)| !["GET"].contains(&verb.as_str()))
        .map(|(key, count)| count - before.get(key).copied().unwrap_or_default())
        .sum();
    let log = playground.emulator.log();
    println!(
        "  quiet after {:.0} s: {} pages of lists, {} reads of single keys, {} writes to Azure, {writes:.0} writes to the API server; peak memory {:.1} MiB",
        took.as_secs_f64(),
        count(&log, is_list),
        count(&log, is_look),
        count(&log, is_write),
        mib(usage(operator.id())?.peak_kib),
    );
    Ok(())
}

/// Waits until nothing was asked of Azure for so long, or for four times as long at most.
async fn quiet(playground: &Playground, so_long: Duration) {
    let started = Instant::now();
    let mut last = (playground.emulator.log().len(), Instant::now());
    while last.1.elapsed() < so_long && started.elapsed() < 4 * so_long {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let count = playground.emulator.log().len();
        if count != last.0 {
            last = (count, Instant::now());
        }
    }
}

fn is_write(one: &RequestRecord) -> bool {
    one.request.is_arm_write()
}

fn is_list(one: &RequestRecord) -> bool {
    one.request.method == "GET" && one.request.path.ends_with("/sshPublicKeys")
}

fn is_look(one: &RequestRecord) -> bool {
    one.request.method == "GET" && one.request.path.contains("/sshPublicKeys/")
}

fn count(log: &[RequestRecord], is_so: fn(&RequestRecord) -> bool) -> usize {
    log.iter().filter(|one| is_so(one)).count()
}
