//! `wait`: until many `SshKey`s are as they are wanted, or a person must act upon one.

use std::{collections::BTreeMap, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::{Instant, sleep};

use super::{
    cluster::Cluster,
    error::CliError,
    objects::{Found, is_seen},
    progress::{Goal, Progress, progress},
    screen,
    wait_flags::{Outcome, Wait},
};
use crate::api::names::annotation;

/// How often the objects are read again, and how much longer the pause is for each of them.
const INTERVAL: Duration = Duration::from_secs(1);
const INTERVAL_EACH: Duration = Duration::from_millis(1);

/// When it is said on the way that the operator does not answer.
const SILENCE: Duration = Duration::from_secs(30);

/// Waits for what is selected.
pub(super) async fn wait(cluster: &Cluster, flags: &Wait) -> Result<(), CliError> {
    let mut waiting = selected(cluster, flags).await?;
    let count = waiting.len();
    // Nothing is drawn where standard error is no terminal.
    let bar = ProgressBar::new(count as u64);
    if let Ok(style) = ProgressStyle::with_template("{pos} of {len} {bar:20}") {
        bar.set_style(style);
    }
    let begun = Instant::now();
    let deadline = begun + flags.timeout;
    let mut is_told = false;
    let mut now = waiting.clone();
    let ended = loop {
        match still_waiting(flags.outcome, &waiting, &now) {
            Ok(left) if left.is_empty() => break Ok(()),
            Ok(left) if Instant::now() >= deadline => break Err(too_late(&left, flags)),
            Ok(left) => waiting = left,
            Err(why) => break Err(why),
        }
        bar.set_position((count - waiting.len()) as u64);
        if !is_told && begun.elapsed() > SILENCE {
            is_told = true;
            if let Some(silence) = silence(&waiting) {
                bar.suspend(|| screen::tell(&silence));
            }
        }
        let each = INTERVAL_EACH * u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        sleep(INTERVAL + each).await;
        now = read(cluster, &waiting).await?;
    };
    bar.finish_and_clear();
    ended.map_err(CliError::NotNow)?;
    let word = flags.outcome.word();
    screen::print(&match count {
        1 => format!("1 SshKey is {word}\n"),
        count => format!("{count} SshKeys are {word}\n"),
    })
}

/// The objects as they are when the wait begins: those that come later are not waited for.
async fn selected(cluster: &Cluster, flags: &Wait) -> Result<Vec<Found>, CliError> {
    if flags.names.is_empty() {
        let found = cluster.list(false, flags.selector.as_deref()).await?;
        return if found.is_empty() && flags.outcome != Outcome::Deleted {
            Err(CliError::NotNow(format!(
                "there are no such SshKeys in namespace {}",
                cluster.namespace()
            )))
        } else {
            Ok(found)
        };
    }
    let mut found = Vec::new();
    for name in &flags.names {
        match cluster.find(name).await? {
            Some(one) => found.push(one),
            None if flags.outcome == Outcome::Deleted => {}
            None => {
                return Err(CliError::NotFound {
                    kind: "SshKey",
                    name: name.clone(),
                    namespace: cluster.namespace().to_owned(),
                });
            }
        }
    }
    Ok(found)
}

/// The same objects as they are now: one by one while they are few, in pages when they are many.
async fn read(cluster: &Cluster, waiting: &[Found]) -> Result<Vec<Found>, CliError> {
    const FEW: usize = 10;
    if waiting.len() > FEW {
        return cluster.list(false, None).await;
    }
    let mut found = Vec::new();
    for one in waiting {
        found.extend(cluster.find(one.name()).await?);
    }
    Ok(found)
}

/// Those that are not there yet, or why it makes no sense to wait on.
fn still_waiting(outcome: Outcome, waiting: &[Found], now: &[Found]) -> Result<Vec<Found>, String> {
    let uid = |one: &Found| one.key.metadata.uid.clone();
    let now: BTreeMap<_, &Found> = now.iter().map(|one| (uid(one), one)).collect();
    let mut left = Vec::new();
    for before in waiting {
        // Another object under the same name is not the one that was meant.
        let Some(same) = now.get(&uid(before)).copied() else {
            match outcome {
                Outcome::Deleted => continue,
                Outcome::Ready | Outcome::Rotated => {
                    return Err(format!("SshKey {} was deleted", before.name()));
                }
            }
        };
        if let Some(why) = &same.unreadable {
            return Err(format!("SshKey {}: {why}", same.name()));
        }
        match progress(&goal(outcome, same), Some(&same.key)) {
            Progress::Done(_) => {}
            Progress::Waiting => left.push(same.clone()),
            Progress::NeedsPerson(why) => return Err(format!("SshKey {}: {why}", same.name())),
        }
    }
    Ok(left)
}

fn goal(outcome: Outcome, found: &Found) -> Goal {
    let annotations = found.key.metadata.annotations.as_ref();
    let request = annotations.and_then(|all| all.get(annotation::ROTATE_REQUESTED_AT));
    match (outcome, request) {
        (Outcome::Deleted, _) => Goal::Deleted,
        (Outcome::Rotated, Some(request)) => Goal::Rotated(request.clone()),
        // A rotation by age or by the spec keeps it from being ready until it is done.
        (Outcome::Rotated, None) | (Outcome::Ready, _) => Goal::Ready,
    }
}

fn too_late(left: &[Found], flags: &Wait) -> String {
    const NAMED: usize = 5;
    let names: Vec<&str> = left.iter().take(NAMED).map(Found::name).collect();
    let more = match left.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let way_out = silence(left)
        .unwrap_or_else(|| format!("run kubectl sshkey status {}", names.first().unwrap_or(&"")));
    format!(
        "not {} after {} s: {}{more}; {way_out}",
        flags.outcome.word(),
        flags.timeout.as_secs(),
        names.join(", "),
    )
}

/// Says that the operator has not seen one of them as it is now, if it has not.
fn silence(left: &[Found]) -> Option<String> {
    let unseen = left.iter().find(|one| !is_seen(&one.key))?;
    Some(format!(
        "the operator does not answer about {}: is it running, and does it watch namespace {}?",
        unseen.name(),
        unseen.namespace()
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(name: &str, uid: &str, condition: &str) -> Found {
        let object = json!({
            "apiVersion": "sshkey-operator.io/v1alpha1", "kind": "SshKey",
            "metadata": { "name": name, "uid": uid, "generation": 1 }, "spec": {},
            "status": { "conditions": [{ "type": condition, "status": "True", "reason": "Because", "message": "mend it",
                "observedGeneration": 1, "lastTransitionTime": "2026-11-11T00:00:00Z" }] }
        });
        Found::read(serde_json::from_value(object).unwrap()).unwrap()
    }

    #[test]
    fn those_that_are_ready_are_waited_for_no_longer() {
        let all = [found("a", "1", "Ready"), found("b", "2", "Reconciling")];
        let left = still_waiting(Outcome::Ready, &all, &all).unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].name(), "b");
    }

    #[test]
    fn the_first_that_needs_a_person_ends_the_wait() {
        let all = [found("a", "1", "Stalled")];
        let why = still_waiting(Outcome::Ready, &all, &all).unwrap_err();
        assert_eq!(why, "SshKey a: Because: mend it");
    }

    #[test]
    fn another_object_under_the_same_name_is_not_the_one_that_was_meant() {
        let (before, now) = ([found("a", "1", "Ready")], [found("a", "2", "Ready")]);
        let gone = still_waiting(Outcome::Deleted, &before, &now);
        assert_eq!(gone.unwrap().len(), 0);
        assert!(still_waiting(Outcome::Ready, &before, &now).is_err());
        let left = still_waiting(Outcome::Deleted, &before, &before);
        assert_eq!(left.unwrap().len(), 1);
    }
}
