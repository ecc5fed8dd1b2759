//! From the command line to what it asks for.

use std::{io, path::Path};

use clap::CommandFactory;
use clap_complete::Shell;

use super::{
    access::access,
    arguments::{Arguments, Command},
    change,
    changes::Action,
    cluster::Cluster,
    config,
    error::CliError,
    key_file, list, screen, status,
};

/// Does what the command line asks for. Ctrl-C ends it at any moment: no command leaves anything half done behind.
///
/// # Errors
/// When it did not.
pub async fn run(arguments: Arguments) -> Result<(), CliError> {
    match &arguments.command {
        Command::Completion { shell } => return completion(*shell),
        Command::Man { folder } => return man(folder),
        _ => {}
    }
    tokio::select! {
        ended = in_cluster(arguments) => ended,
        _ = tokio::signal::ctrl_c() => Err(CliError::Interrupted),
    }
}

async fn in_cluster(arguments: Arguments) -> Result<(), CliError> {
    let cluster = Cluster::new(access(&arguments.access).await?);
    let cluster = &cluster;
    match &arguments.command {
        Command::List(flags) => list::list(cluster, flags).await,
        Command::Status(flags) => status::show(cluster, flags).await,
        Command::Pem(flags) => key_file::save(cluster, flags).await,
        Command::Pub(named) => config::public_key(cluster, &named.name).await,
        Command::Fingerprint(named) => config::fingerprint(cluster, &named.name).await,
        Command::Config(flags) => config::block(cluster, flags).await,
        Command::Rotate(flags) => change::carry_out(cluster, Action::Rotate, flags).await,
        Command::Activate(flags) => change::carry_out(cluster, Action::Activate, flags).await,
        Command::Suspend(flags) => change::carry_out(cluster, Action::Suspend, flags).await,
        Command::Resume(flags) => change::carry_out(cluster, Action::Resume, flags).await,
        Command::Protect(flags) => change::carry_out(cluster, Action::Protect, flags).await,
        Command::Unprotect(flags) => change::carry_out(cluster, Action::Unprotect, flags).await,
        Command::Completion { shell } => completion(*shell),
        Command::Man { folder } => man(folder),
    }
}

fn completion(shell: Shell) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(
        shell,
        &mut Arguments::command(),
        "kubectl-sshkey",
        &mut script,
    );
    screen::print(&String::from_utf8_lossy(&script))
}

fn man(folder: &Path) -> Result<(), CliError> {
    let failed = |cause: io::Error| CliError::File {
        doing: "write",
        path: folder.to_owned(),
        cause,
    };
    clap_mangen::generate_to(Arguments::command(), folder).map_err(failed)
}
