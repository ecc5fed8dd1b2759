//! From the command line to what it asks for.

use std::{io, path::Path};

use clap::CommandFactory;
use clap_complete::Shell;

use super::{
    access::access,
    arguments::{Alone, Arguments, Command, InCluster},
    change,
    changes::Action,
    check,
    cluster::Cluster,
    config,
    error::CliError,
    import,
    interrupt::interrupted,
    key_file, list, plan, reconcile, screen, ssh, status, version, wait,
};

/// Does what the command line asks for, and returns the exit code. Ctrl-C ends it at any moment: no command leaves anything
/// half done behind.
///
/// # Errors
/// When it did not.
pub async fn run(arguments: Arguments) -> Result<u8, CliError> {
    let access_flags = &arguments.access;
    match &arguments.command {
        Command::InCluster(command) => {
            in_cluster(&Cluster::new(access(access_flags).await?), command).await
        }
        // What runs another program hears of Ctrl-C itself.
        Command::Alone(Alone::Import(flags)) => done(import::import(access_flags, flags).await),
        Command::Alone(Alone::Version(flags)) => {
            interruptible(version::version(access_flags, flags)).await
        }
        Command::Alone(Alone::Completion { shell }) => done(completion(*shell)),
        Command::Alone(Alone::Man { folder }) => done(man(folder)),
    }
}

async fn in_cluster(cluster: &Cluster, command: &InCluster) -> Result<u8, CliError> {
    let change = |action, flags| interruptible(change::carry_out(cluster, action, flags));
    match command {
        InCluster::List(flags) => interruptible(list::list(cluster, flags)).await,
        InCluster::Status(flags) => interruptible(status::show(cluster, flags)).await,
        // What has something to take back hears of Ctrl-C itself.
        InCluster::Plan(flags) => plan::plan(cluster, flags).await,
        InCluster::Ssh(flags) => ssh::ssh(cluster, flags).await,
        InCluster::Agent(flags) => ssh::agent(cluster, flags).await,
        InCluster::Pem(flags) => interruptible(key_file::save(cluster, flags)).await,
        InCluster::Pub(named) => interruptible(config::public_key(cluster, &named.name)).await,
        InCluster::Fingerprint(named) => {
            interruptible(config::fingerprint(cluster, &named.name)).await
        }
        InCluster::Config(flags) => interruptible(config::block(cluster, flags)).await,
        InCluster::Rotate(flags) => change(Action::Rotate, flags).await,
        InCluster::Activate(flags) => change(Action::Activate, flags).await,
        InCluster::Suspend(flags) => change(Action::Suspend, flags).await,
        InCluster::Resume(flags) => change(Action::Resume, flags).await,
        InCluster::Protect(flags) => change(Action::Protect, flags).await,
        InCluster::Unprotect(flags) => change(Action::Unprotect, flags).await,
        InCluster::Abandon(flags) => change(Action::Abandon, flags).await,
        InCluster::Leaked(flags) => change(Action::Leaked, flags).await,
        InCluster::Reconcile(flags) => interruptible(reconcile::reconcile(cluster, flags)).await,
        InCluster::Check(flags) => check::check(cluster, flags).await,
        InCluster::Wait(flags) => interruptible(wait::wait(cluster, flags)).await,
    }
}

/// Ends work at once when a person or a scheduler wants it.
async fn interruptible(work: impl Future<Output = Result<(), CliError>>) -> Result<u8, CliError> {
    tokio::select! {
        ended = work => done(ended),
        () = interrupted() => Err(CliError::Interrupted),
    }
}

/// The exit code of a command that did what it was for.
fn done(ended: Result<(), CliError>) -> Result<u8, CliError> {
    ended.map(|()| 0)
}

fn completion(shell: Shell) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(
        shell,
        &mut Arguments::command(),
        "kubectl-sshkey",
        &mut script,
    );
    screen::print_document(&String::from_utf8_lossy(&script))
}

fn man(folder: &Path) -> Result<(), CliError> {
    let failed = |cause: io::Error| CliError::File {
        doing: "write",
        path: folder.to_owned(),
        cause,
    };
    clap_mangen::generate_to(Arguments::command(), folder).map_err(failed)
}
