//! The commands that change an `SshKey`: each says what it will do, asks, changes, waits and shows the outcome.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::{
    arguments::Change as Flags,
    bar::Bar,
    changes::{Action, change},
    cluster::Cluster,
    error::CliError,
    objects::{Found, is_seen},
    progress::{Goal, Progress, progress},
    screen,
};

/// How often the object is read again.
const INTERVAL: Duration = Duration::from_millis(500);

/// Does what a person asks for.
pub(super) async fn carry_out(
    cluster: &Cluster,
    action: Action,
    flags: &Flags,
) -> Result<(), CliError> {
    let found = cluster.get(&flags.name).await?;
    let change = change(action, &found.key, Timestamp::now()).map_err(CliError::NotNow)?;
    screen::tell(&change.says);
    screen::confirm(flags.yes).await?;
    cluster.patch(&flags.name, &change.patch).await?;
    if flags.no_wait {
        screen::tell("Asked for; it was not waited for.");
        return Ok(());
    }
    let outcome = outcome(cluster, &change.goal, flags).await?;
    screen::print(&format!("SshKey {}: {outcome}\n", flags.name))?;
    if let Some(then) = change.then {
        screen::tell(&then);
    }
    Ok(())
}

/// Waits until it is done, a person must act, or the time is over.
async fn outcome(cluster: &Cluster, goal: &Goal, flags: &Flags) -> Result<String, CliError> {
    let bar = Bar::waiting("waiting for the operator");
    let deadline = Instant::now() + flags.timeout;
    let ended = loop {
        let found = cluster.find(&flags.name).await?;
        match progress(goal, found.as_ref().map(|found| &found.key)) {
            Progress::Done(outcome) => break Ok(outcome),
            Progress::NeedsPerson(why) => break Err(why),
            Progress::Waiting if Instant::now() < deadline => {
                bar.advance();
                sleep(INTERVAL).await;
            }
            Progress::Waiting => {
                let seconds = flags.timeout.as_secs();
                break Err(format!(
                    "it was asked for, and is not done after {seconds} s; {}",
                    way_out(cluster, found.as_ref(), &flags.name)
                ));
            }
        }
    };
    drop(bar);
    ended.map_err(|why| CliError::NotNow(format!("SshKey {}: {why}", flags.name)))
}

/// What a person can do about an outcome that does not come.
fn way_out(cluster: &Cluster, found: Option<&Found>, name: &str) -> String {
    let namespace = cluster.namespace();
    if found.is_some_and(|found| !is_seen(&found.key)) {
        return format!("is the operator running, and does it watch namespace {namespace}?");
    }
    format!(
        "run kubectl sshkey status {name} -n {namespace}, and kubectl sshkey check -n {namespace} if nothing moves"
    )
}
