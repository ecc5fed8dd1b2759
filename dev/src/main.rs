//! `dev`: what `make run`, `make demo`, `make bench`, `make profile`, `make soak`, `make image`, `make clients`, `make terraform` and `make e2e`
//! start.

use anyhow::Context;
use clap::{Parser, Subcommand};
use dev::{bench, chart_values, clients, e2e, image, processes::hold, run, soak};

/// The local playground of sshkey-operator.
#[derive(Parser)]
#[command(name = "dev", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts a control plane, an Azure emulator and the operator, makes the keys of examples/quickstart.yaml, and stays
    /// up until Ctrl-C.
    Run(run::Options),
    /// Does the same, shows the keys, and ends.
    Demo(run::Options),
    /// Measures the operator against the floor of what has to be written anyway.
    Bench(bench::Options),
    /// Shows where the operator's CPU time and memory go, with many keys.
    Profile(bench::ProfileOptions),
    /// Edits keys at random while the operator is killed, servers are restarted and requests fail, and says what came of it.
    Soak(soak::Options),
    /// Builds the container images of the operator and of the emulator into target/image/.
    Image(image::Options),
    /// Runs stock Azure clients against the emulator.
    Clients,
    /// Runs Terraform with its provider for Azure against the emulator.
    Terraform,
    /// Writes the table of the chart's values into the chart's README.
    ChartValues,
    /// Installs the operator in the cluster that KUBECONFIG names, uses it, and removes it.
    E2e(e2e::Options),
    /// Makes the writes that the bench compares the operator with.
    #[command(hide = true)]
    Floor(bench::FloorArgs),
    /// Runs a program that dies with its starter.
    #[command(hide = true)]
    Hold(hold::Args),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Run(options) => on_runtime(run::run(&options)),
        Command::Demo(options) => on_runtime(run::demo(&options)),
        Command::Bench(options) => on_runtime(bench::bench(&options)),
        Command::Profile(options) => on_runtime(bench::profile(&options)),
        Command::Floor(args) => on_runtime(bench::floor(&args)),
        Command::Soak(options) => on_runtime(soak::soak(&options)),
        Command::Image(options) => image::build(&options),
        Command::ChartValues => chart_values::write(),
        Command::E2e(options) => on_runtime(e2e::run(&options)),
        Command::Clients => on_runtime(clients::run()),
        Command::Terraform => on_runtime(clients::terraform()),
        // Without a runtime: the process becomes another, and its threads would be lost.
        Command::Hold(args) => hold::hold(&args),
    }
}

fn on_runtime(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("start a runtime")?
        .block_on(work)
}
