//! From the command line to what it asks for.

use std::{io, path::Path};

use clap::CommandFactory;
use clap_complete::Shell;

use super::{
    access::access,
    arguments::{Arguments, Command},
    change,
    changes::Action,
    check,
    cluster::Cluster,
    config,
    error::CliError,
    interrupt::interrupted,
    key_file, list, plan, screen, ssh, status, wait,
};

/// Does what the command line asks for, and returns the exit code. Ctrl-C ends it at any moment: no command leaves anything
/// half done behind.
///
/// # Errors
/// When it did not.
pub async fn run(arguments: Arguments) -> Result<u8, CliError> {
    match &arguments.command {
        Command::Completion { shell } => done(completion(*shell)),
        Command::Man { folder } => done(man(folder)),
        command => in_cluster(&Cluster::new(access(&arguments.access).await?), command).await,
    }
}

async fn in_cluster(cluster: &Cluster, command: &Command) -> Result<u8, CliError> {
    let change = |action, flags| interruptible(change::carry_out(cluster, action, flags));
    match command {
        Command::List(flags) => interruptible(list::list(cluster, flags)).await,
        Command::Status(flags) => interruptible(status::show(cluster, flags)).await,
        // What has something to take back hears of Ctrl-C itself.
        Command::Plan(flags) => plan::plan(cluster, flags).await,
        Command::Ssh(flags) => ssh::ssh(cluster, flags).await,
        Command::Agent(flags) => ssh::agent(cluster, flags).await,
        Command::Pem(flags) => interruptible(key_file::save(cluster, flags)).await,
        Command::Pub(named) => interruptible(config::public_key(cluster, &named.name)).await,
        Command::Fingerprint(named) => {
            interruptible(config::fingerprint(cluster, &named.name)).await
        }
        Command::Config(flags) => interruptible(config::block(cluster, flags)).await,
        Command::Rotate(flags) => change(Action::Rotate, flags).await,
        Command::Activate(flags) => change(Action::Activate, flags).await,
        Command::Suspend(flags) => change(Action::Suspend, flags).await,
        Command::Resume(flags) => change(Action::Resume, flags).await,
        Command::Protect(flags) => change(Action::Protect, flags).await,
        Command::Unprotect(flags) => change(Action::Unprotect, flags).await,
        Command::Abandon(flags) => change(Action::Abandon, flags).await,
        Command::Leaked(flags) => change(Action::Leaked, flags).await,
        Command::Check(flags) => check::check(cluster, flags).await,
        Command::Wait(flags) => interruptible(wait::wait(cluster, flags)).await,
        Command::Completion { shell } => done(completion(*shell)),
        Command::Man { folder } => done(man(folder)),
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
