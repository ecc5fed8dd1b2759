//! The operator; under the name of kubectl's plugin, the plugin: an image needs one file for both.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use sshkey_operator::{
    app::{Flags, forbid_dumps, run},
    cli,
};
use tokio::runtime::Builder;

fn main() -> anyhow::Result<ExitCode> {
    if cli::is_called() {
        return Ok(cli::program(forbid_dumps));
    }
    let flags = Flags::parse();
    forbid_dumps().context("forbid dumps of the memory")?;
    let runtime = Builder::new_multi_thread()
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
