//! What is profiled: the CPU time of a start on new keys, and the memory of a restart on them and of another start on new
//! keys.

use std::path::PathBuf;

use anyhow::Context;

use super::{cpu, heap};
use crate::{
    bench::{
        azure_log::quiet,
        operator::{PATIENCE, all_ready, flags},
        playground::Playground,
        restart::QUIET,
        scale::put_groups,
    },
    checkout,
    operator::{Flags, Operator},
    processes::usage,
};

/// What the user can choose.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// How many keys, in 20 groups, are made Ready, and then started upon once more.
    #[arg(long, default_value_t = 10_000)]
    keys: u32,

    /// How many keys are made at once.
    #[arg(long, default_value_t = 32)]
    concurrency: u16,
}

/// Profiles the operator of this build, and prints the ten largest entries of each kind.
///
/// # Errors
/// When something can't be started, or a key does not become Ready.
pub async fn profile(options: &Options) -> anyhow::Result<()> {
    let operator = checkout::program("sshkey-operator")?;
    let playground = Playground::start(operator.clone()).await?;
    let groups = put_groups(&playground);
    let first = Pending::make(&playground, options, &groups).await?;
    println!("{} new keys, in {} groups", options.keys, groups.len());
    cpu_time(&playground, &first, options.keys).await?;

    println!("\na restart on {} Ready keys", options.keys);
    let Some(recorder) = heap::Recorder::new(&operator, &first.folder)? else {
        return Ok(());
    };
    memory(&playground, &first, &recorder, options.keys).await?;

    println!("\n{} new keys", options.keys);
    let second = Pending::make(&playground, options, &groups).await?;
    if let Some(recorder) = heap::Recorder::new(&operator, &second.folder)? {
        memory(&playground, &second, &recorder, options.keys).await?;
    }
    Ok(())
}

/// A namespace with keys that no operator has seen, and one's flags.
struct Pending {
    namespace: String,
    flags: Flags,
    folder: PathBuf,
}

impl Pending {
    async fn make(
        playground: &Playground,
        options: &Options,
        groups: &[String],
    ) -> anyhow::Result<Self> {
        let namespace = format!("profile-{}", uuid::Uuid::new_v4().simple());
        playground.namespace(&namespace).await?;
        playground.keys(&namespace, 0..options.keys, groups).await?;
        let flags = flags(playground, &[&namespace], options.concurrency).await?;
        Ok(Self {
            folder: playground.plane.folder().join(&namespace),
            flags: flags
                .set("azure-writes-burst", 1_000_000)
                .set("azure-writes-per-minute", 60_000_000),
            namespace,
        })
    }
}

async fn cpu_time(playground: &Playground, pending: &Pending, keys: u32) -> anyhow::Result<()> {
    let running = playground.start_operator(&pending.folder, &pending.flags)?;
    let recorder = cpu::Recorder::start(running.id(), &pending.folder)?;
    all_ready(playground, &pending.namespace, keys, &running, PATIENCE).await?;
    println!("  {:.1} s CPU", usage(running.id())?.cpu.as_secs_f64());
    running.terminate().await?;
    cpu::tell(recorder).await
}

async fn memory(
    playground: &Playground,
    pending: &Pending,
    recorder: &heap::Recorder,
    keys: u32,
) -> anyhow::Result<()> {
    let program = recorder.program();
    let running = Operator::start_program(program, &pending.folder, &pending.flags)?;
    running.ready().await.context("under heaptrack")?;
    all_ready(playground, &pending.namespace, keys, &running, PATIENCE).await?;
    quiet(playground, QUIET).await;
    // An orderly end would give back what is held at rest.
    running.kill();
    heap::tell(recorder, keys)
}
