//! The list of keys from the caller's own Azure CLI, with the caller's login.

use std::{io, pin::Pin, process::Stdio, time::Duration};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    pin,
    process::{Child, Command},
    time::timeout,
};

use super::flags::Import;
use crate::cli::{error::CliError, interrupt::interrupted};

/// What is run.
pub(super) const PROGRAM: &str = "az";

/// How long it may take to end after Ctrl-C.
const END: Duration = Duration::from_secs(3);

/// Runs `az sshkey list`, and returns what it prints. On Ctrl-C it ends first, with all that it has started.
pub(super) async fn list(flags: &Import) -> Result<String, CliError> {
    let arguments = arguments(flags);
    let child = Command::new(PROGRAM)
        .args(&arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // az is a script that starts another program: both hear a signal to the group.
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let mut child = child.map_err(|error| not_started(&error))?;
    let group = child.id().and_then(|id| i32::try_from(id).ok());
    let work = printed(&mut child);
    pin!(work);
    let ended = tokio::select! {
        ended = &mut work => ended,
        () = interrupted() => {
            end(group, work).await;
            return Err(CliError::Interrupted);
        }
    };
    let (is_success, out, err) = ended.map_err(CliError::Start)?;
    if is_success {
        return Ok(out);
    }
    Err(CliError::NotNow(failed(&arguments, &err)))
}

fn arguments(flags: &Import) -> Vec<String> {
    // Without its warnings, what it says last is why it failed.
    let mut arguments: Vec<String> = ["sshkey", "list", "--output", "json", "--only-show-errors"]
        .map(str::to_owned)
        .into();
    let more = [
        ("--resource-group", &flags.resource_group),
        ("--subscription", &flags.subscription),
    ];
    for (flag, value) in more {
        if let Some(value) = value {
            arguments.extend([flag.to_owned(), value.clone()]);
        }
    }
    arguments
}

fn not_started(error: &io::Error) -> CliError {
    CliError::NotNow(match error.kind() {
        io::ErrorKind::NotFound => {
            "there is no az on the PATH: install the Azure CLI, or give a list by --filename"
                .to_owned()
        }
        _ => format!("{PROGRAM} can't be started: {error}"),
    })
}

/// Both outputs to their ends, and whether it did what it was for.
async fn printed(child: &mut Child) -> io::Result<(bool, String, String)> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (out, err) = tokio::try_join!(text(stdout), text(stderr))?;
    let status = child.wait().await?;
    Ok((status.success(), out, err))
}

async fn text(output: Option<impl AsyncRead + Unpin>) -> io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(mut output) = output {
        output.read_to_end(&mut bytes).await?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Ends it and what it has started, as Ctrl-C does, and by force when that does not end them: their output ends with the last.
async fn end<T>(group: Option<i32>, mut work: Pin<&mut impl Future<Output = T>>) {
    for signal in [Signal::SIGINT, Signal::SIGKILL] {
        if let Some(group) = group {
            // Those that have ended meanwhile need no signal.
            let _ = killpg(Pid::from_raw(group), signal);
        }
        if timeout(END, work.as_mut()).await.is_ok() {
            return;
        }
    }
}

/// Why it failed: its own last line.
fn failed(arguments: &[String], err: &str) -> String {
    let line = format!("{PROGRAM} {}", arguments.join(" "));
    let mut lines = err.lines().rev().map(str::trim);
    match lines.find(|line| !line.is_empty()) {
        Some(last) => format!("{line} failed: {last}"),
        None => format!("{line} failed, and does not say why"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_says_why() {
        let said = failed(
            &["sshkey".to_owned()],
            "Traceback\n  deep\nERROR: Please run 'az login' to setup account.\n\n",
        );
        assert_eq!(
            said,
            "az sshkey failed: ERROR: Please run 'az login' to setup account."
        );
        assert!(failed(&[], " \n").contains("does not say why"));
    }
}
