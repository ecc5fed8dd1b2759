//! What a sweep of many Ready keys asks of Azure, and that it finds what was changed there.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use anyhow::bail;
use arm_emulator::{RequestRecord, StoredKey};

use super::{
    azure_log::{count, is_list, is_look, is_write, quiet},
    playground::Playground,
    restart,
    rows::Rows,
    scale::{GROUPS, PAGE, SWEEP},
};

/// Keys that are deleted, that get another public key, and whose tags are changed: each so many.
const DRIFTED: usize = 50;

/// Changes some keys, waits for a sweep to put them right, and for another that finds nothing.
pub(super) async fn sweep(
    playground: &Playground,
    keys: u32,
    groups: &[String],
    rows: &mut Rows,
) -> anyhow::Result<()> {
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
        if started.elapsed() > 3 * SWEEP + restart::A_KEY * keys {
            let now = playground.emulator.keys();
            let left = now.iter().filter(|key| !as_it_was(key)).count();
            bail!(
                "not all drift was repaired in the time of three sweeps: {left} of {}, {} before",
                now.len(),
                before.len()
            );
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let log = playground.emulator.log();
    let least = GROUPS * (keys / GROUPS).div_ceil(PAGE);
    let sweeps = started.elapsed().as_secs_f64() / SWEEP.as_secs_f64();
    tell("with drift", &log, sweeps, least, rows)?;
    playground.emulator.clear_log();
    // Not all groups are swept at the same time: a whole interval has one sweep of each.
    tokio::time::sleep(SWEEP).await;
    tell(
        "without drift",
        &playground.emulator.log(),
        1.0,
        least,
        rows,
    )
}

fn tell(
    what: &str,
    log: &[RequestRecord],
    sweeps: f64,
    least: u32,
    rows: &mut Rows,
) -> anyhow::Result<()> {
    let lists = f64::from(u32::try_from(count(log, is_list))?) / sweeps.max(1.0);
    rows.add(
        format!("a sweep {what}"),
        format!(
            "{lists:.0} pages, {} reads and {} writes of single keys",
            count(log, is_look),
            count(log, is_write)
        ),
        format!("{least} pages are the least"),
        lists <= f64::from(least) * 1.1,
    );
    Ok(())
}
