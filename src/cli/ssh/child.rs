//! A program that runs in the place of this one, and its end.

use std::{
    io::{self, IsTerminal as _},
    os::unix::process::ExitStatusExt as _,
    process::ExitStatus,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
};

use crate::cli::error::CliError;

/// Runs a program to its end, and returns its exit code; 128 and the signal's number for one that a signal ended, as shells
/// have it. Signals are for the program: it ends, and then this one does.
pub(super) async fn run(mut command: Command, name: &str) -> Result<u8, CliError> {
    let listens = |kind| signal(kind).map_err(CliError::Start);
    let mut interrupts = listens(SignalKind::interrupt())?;
    let mut terminations = listens(SignalKind::terminate())?;
    let mut hangups = listens(SignalKind::hangup())?;
    let mut child = command
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| not_started(name, &error))?;
    loop {
        let passed_on = tokio::select! {
            ended = child.wait() => return ended.map(code).map_err(CliError::Start),
            _ = interrupts.recv() => Signal::SIGINT,
            _ = terminations.recv() => Signal::SIGTERM,
            _ = hangups.recv() => Signal::SIGHUP,
        };
        // A terminal sends Ctrl-C to both already.
        if passed_on != Signal::SIGINT || !io::stdin().is_terminal() {
            pass_on(&child, passed_on);
        }
    }
}

fn pass_on(child: &Child, signal: Signal) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(id) = id {
        // One that has ended meanwhile needs no signal.
        let _ = kill(Pid::from_raw(id), signal);
    }
}

fn not_started(name: &str, error: &io::Error) -> CliError {
    CliError::NotNow(match (error.kind(), name) {
        (io::ErrorKind::NotFound, "ssh") => {
            "there is no ssh on the PATH: install the client of OpenSSH".to_owned()
        }
        (io::ErrorKind::NotFound, _) => format!("there is no program {name} on the PATH"),
        _ => format!("{name} can't be started: {error}"),
    })
}

fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ended(script: &str) -> u8 {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(command, "sh").await.unwrap()
    }

    #[tokio::test]
    async fn the_end_of_a_program_is_its_own() {
        assert_eq!(ended("exit 0").await, 0);
        assert_eq!(ended("exit 7").await, 7);
        assert_eq!(ended("kill -9 $$").await, 137);
    }

    #[tokio::test]
    async fn a_program_that_is_missing_is_named() {
        for (name, words) in [
            ("ssh", "install the client"),
            ("no-such", "no program no-such"),
        ] {
            let command = Command::new("./no-such-program");
            let error = run(command, name).await.unwrap_err();
            assert!(error.line().contains(words), "{error}");
        }
    }
}
