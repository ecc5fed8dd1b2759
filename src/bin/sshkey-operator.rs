//! The operator; under the name of kubectl's plugin, the plugin: an image needs one file for both.

use std::{process::ExitCode, thread::available_parallelism};

use anyhow::Context;
use clap::Parser;
use sshkey_operator::{
    app::{Flags, forbid_dumps, run},
    cli,
};
use tokio::runtime::Builder;

/// Threads that reconciles run on, at most. They wait for other programs nearly all the time, and each thread has memory of
/// its own: with one for each of a node's many cores, the memory would grow with the node.
const MOST_THREADS: usize = 4;

fn main() -> anyhow::Result<ExitCode> {
    if cli::is_called() {
        return Ok(cli::program(forbid_dumps));
    }
    let flags = Flags::parse();
    forbid_dumps().context("forbid dumps of the memory")?;
    // As many as the limits of the pod leave, where it has any.
    let threads = available_parallelism().map_or(1, |cores| cores.get().min(MOST_THREADS));
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .context("start the threads")?;
    let ended = runtime.block_on(run(flags));
    // A thread that generates or opens a key can't be stopped, and may take minutes. To wait for it, as the runtime does
    // when it is dropped, would outlast the grace period of a pod, or another replica's turn to lead. What the thread
    // makes is stored nowhere yet, so nothing is lost with it.
    runtime.shutdown_background();
    ended?;
    Ok(ExitCode::SUCCESS)
}
