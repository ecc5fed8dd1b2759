//! A run from its beginning to its end.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use arm_emulator::Throttle;
use clap::Args;
use futures::future::join_all;
use tokio_util::sync::CancellationToken;

use super::{
    dice::Dice,
    disturbances::disturb,
    edits::{EDITS, Edit, Editor},
    faults::Faults,
    ledger::{Ledger, stored},
    outcome::Outcome,
    settle::settle,
    tally::Tally,
    wanted::Wanted,
};
use crate::{
    processes::usage,
    world::{World, WorldOptions},
};

/// How long, how many, and how.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How long it is disturbed, in seconds, or with a unit: 90s, 10m, 2h.
    #[arg(long = "for", default_value = "10m", value_parser = duration)]
    pub time: Duration,

    /// How many keys there are.
    #[arg(long, default_value_t = 300)]
    pub keys: u32,

    /// Chooses edits, disturbances and faults; without one, another each time.
    #[arg(long)]
    pub seed: Option<u64>,

    /// How many of a thousand requests fail.
    #[arg(long, default_value_t = 50)]
    pub faults: u64,
}

/// Of a run, the part in which the operator is not killed: its memory is that of one process then.
const SPARED: f64 = 0.4;
const EDITORS: u32 = 6;
/// How long everything may take to become Ready, at first and in the end.
const PATIENCE: Duration = Duration::from_mins(10);
const SWEEP: Duration = Duration::from_secs(10);
/// How long it may take until a sweep has seen a change in Azure and the change is turned back.
const SEEN: Duration = Duration::from_mins(1);

/// Runs and prints.
///
/// # Errors
/// When something can't be started, does not become Ready, or is not as it should be in the end.
pub async fn soak(options: &Options) -> anyhow::Result<()> {
    let outcome = run(options).await?;
    println!("{outcome}");
    let broken = outcome.broken();
    if !broken.is_empty() {
        bail!("promises were not kept:\n{}", broken.join("\n"));
    }
    let (start, end) = outcome.memory;
    if end > start + start / 2 + 16 * 1_024 {
        bail!("memory grew from {start} to {end} KiB");
    }
    Ok(())
}

/// Runs.
///
/// # Errors
/// When something can't be started or does not become Ready.
pub async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let seed = options.seed.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map(|time| time.as_secs()).unwrap_or_default()
    });
    println!("soak: seed {seed}");
    let world = Arc::new(start().await);
    let faults = Faults::new(Dice::new(seed, 1), options.faults);
    let of_azure = Faults::new(Dice::new(seed, 2), options.faults);
    let ledger = Ledger::new(world.api(), Arc::clone(&of_azure));
    world.emulator().set_interceptor(Some(ledger.clone()));

    let edits = Arc::new(Tally::default());
    let mut editors = editors(&world, seed, &edits);
    for (number, editor) in (0..).zip(&mut editors) {
        // The shares add up to all.
        editor.begin((options.keys + number) / EDITORS).await;
    }
    let end = CancellationToken::new();
    let all: Wanted = editors
        .iter()
        .flat_map(|editor| editor.wanted.clone())
        .collect();
    // The ledger's faults have begun already: what fails while the keys are made is part of it.
    settle(&world, &all, PATIENCE)
        .await
        .context("at the start")?;
    let memory = usage(world.operator().id())?.resident_kib;
    println!("soak: {} keys are Ready", all.len());

    let struck = Arc::clone(&faults);
    world
        .proxy()
        .choose(Some(Arc::new(move |access| struck.of_cluster(access))));
    let started = Instant::now();
    let spare = CancellationToken::new();
    let disturbances = Arc::new(Tally::default());
    let disturbing = tokio::spawn(disturb(
        Arc::clone(&world),
        Dice::new(seed, 3),
        Arc::clone(&disturbances),
        spare.clone(),
        end.clone(),
    ));
    let editing = join_all(editors.into_iter().map(|editor| editor.work(end.clone())));
    let (edited, ()) = tokio::join!(editing, async {
        tokio::time::sleep(options.time.mul_f64(1.0 - SPARED)).await;
        spare.cancel();
        tokio::time::sleep(options.time.mul_f64(SPARED)).await;
        end.cancel();
    });
    disturbing.await.context("disturb")??;
    let wanted: Wanted = edited.into_iter().flatten().collect();
    let time = started.elapsed();
    faults.end();
    of_azure.end();
    world.proxy().choose(None);
    // What it still planned would strike the last writes.
    world.proxy().reset();

    let mut outcome = compared(&world, &wanted, &ledger).await?;
    outcome.seed = seed;
    outcome.time = time;
    outcome.faults = faults.done.sum() + of_azure.done.sum();
    outcome.faults_of_cluster = faults.done.to_string();
    outcome.faults_of_azure = of_azure.done.to_string();
    outcome.memory = (memory, usage(world.operator().id())?.resident_kib);
    (outcome.remembered, outcome.panics) = remembered(&world, outcome.keys).await?;
    outcome.disturbances = Arc::into_inner(disturbances).unwrap_or_default();
    outcome.edits = Arc::into_inner(edits).unwrap_or_default();
    Ok(outcome)
}

/// Compares once everything is Ready, and again for a while as long as something is not as it should be: an object is Ready
/// until the next sweep sees that somebody has deleted its key in Azure.
async fn compared(world: &World, wanted: &Wanted, ledger: &Ledger) -> anyhow::Result<Outcome> {
    let calm = Instant::now();
    let mut deadline = None;
    loop {
        let keys = settle(world, wanted, PATIENCE)
            .await
            .context("at the end")?;
        let mut outcome = Outcome {
            settled_after: calm.elapsed(),
            ..Outcome::default()
        };
        let secrets = stored(&world.api()).await.context("list Secrets")?;
        outcome.compare(world, &keys, &secrets, ledger);
        let deadline = *deadline.get_or_insert_with(|| Instant::now() + SEEN);
        if outcome.broken().is_empty() || Instant::now() > deadline {
            return Ok(outcome);
        }
    }
}

/// A world of its own, with an operator that is quick to try again but does not look at everything all the time.
async fn start() -> World {
    let options = WorldOptions::new()
        .namespace("soak")
        .own_control_plane()
        .emulator(|mut config| {
            config.throttle = Throttle::Off;
            config
        })
        .flag("azure-writes-burst", 1_000_000)
        .flag("azure-writes-per-minute", 60_000_000)
        .flag("azure-sweep-interval", format!("{}s", SWEEP.as_secs()))
        .flag("retry-max", "5s")
        .flag("watch-timeout", "10s")
        .flag("log-filter", "info");
    World::start(options).await
}

fn editors(world: &Arc<World>, seed: u64, done: &Arc<Tally>) -> Vec<Editor> {
    let edits: Arc<[Edit]> = EDITS.into();
    let next = Arc::new(AtomicU64::new(0));
    let editors = 0..EDITORS;
    editors
        .map(|number| Editor {
            world: Arc::clone(world),
            dice: Dice::new(seed, 10 + u64::from(number)),
            edits: Arc::clone(&edits),
            next: Arc::clone(&next),
            wanted: Wanted::new(),
            done: Arc::clone(done),
            pause_ms: 500,
        })
        .collect()
}

/// What the operator remembers beyond the objects that there are, once it has looked at all of them, and its panics.
async fn remembered(world: &World, keys: usize) -> anyhow::Result<(usize, u64)> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .context("make an HTTP client")?;
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let answer = client.get(world.operator().metrics_url()).send().await;
        let text = answer.context("read the metrics")?.text().await?;
        let value = |series: &str| -> u32 {
            let line = text.lines().find_map(|line| line.strip_prefix(series));
            let number = line.and_then(|line| line.trim().parse::<f64>().ok());
            // Counts are whole.
            number.map_or(0, |number| {
                format!("{number:.0}").parse().unwrap_or(u32::MAX)
            })
        };
        // One more: the store.
        let objects = usize::try_from(value("sshkey_remembered{what=\"objects\"}"))?;
        let beyond = objects.saturating_sub(keys + 1);
        let panics = value("sshkey_panics_total").into();
        if beyond == 0 || Instant::now() > deadline {
            return Ok((beyond, panics));
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let with_unit = if text.ends_with(|last: char| last.is_ascii_digit()) {
        format!("{text}s")
    } else {
        text.to_owned()
    };
    let time: jiff::SignedDuration = with_unit
        .parse()
        .map_err(|_| "write it as 90s, 10m or 2h".to_owned())?;
    Duration::try_from(time).map_err(|_| "it must not be negative".to_owned())
}
