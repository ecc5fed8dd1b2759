//! What is profiled: the CPU time of a start on new keys, and the memory of a restart on the same keys.

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
    let namespace = format!("profile-{}", uuid::Uuid::new_v4().simple());
    playground.namespace(&namespace).await?;
    playground
        .keys(&namespace, 0..options.keys, &groups)
        .await?;
    let flags = flags(&playground, &[&namespace], options.concurrency)
        .await?
        .set("azure-writes-burst", 1_000_000)
        .set("azure-writes-per-minute", 60_000_000);
    let folder = playground.plane.folder().join(&namespace);

    println!("{} new keys, in {} groups", options.keys, groups.len());
    let running = playground.start_operator(&folder, &flags)?;
    let recorder = cpu::Recorder::start(running.id(), &folder)?;
    all_ready(&playground, &namespace, options.keys, &running, PATIENCE).await?;
    println!("  {:.1} s CPU", usage(running.id())?.cpu.as_secs_f64());
    running.terminate().await?;
    cpu::tell(recorder).await?;

    println!("\na restart on {} Ready keys", options.keys);
    let Some(recorder) = heap::Recorder::new(&operator, &folder)? else {
        return Ok(());
    };
    let running = Playground::start_other(recorder.program(), &folder, &flags)?;
    running.ready().await.context("under heaptrack")?;
    quiet(&playground, QUIET).await;
    // What it holds now counts as held at rest only if it is not given back at an orderly end.
    running.kill();
    heap::tell(&recorder, options.keys)
}
