//! `dev`: what `make run` and `make demo` start.

use clap::{Parser, Subcommand};
use dev::processes::hold;

/// The local playground of sshkey-operator.
#[derive(Parser)]
#[command(name = "dev", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a program that dies with its starter.
    #[command(hide = true)]
    Hold(hold::Args),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Hold(args) => hold::hold(&args),
    }
}
