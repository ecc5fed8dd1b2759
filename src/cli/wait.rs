//! `wait`: until many `SshKey`s are as they are wanted, or a person must act upon one.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::{Instant, sleep};

use super::{
    bar::Bar,
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

/// One that is waited for.
#[derive(Clone, Debug)]
struct Waited {
    uid: Option<String>,
    name: String,
    namespace: String,
    /// Whether the operator has seen it as it is.
    is_seen: bool,
}

/// What is kept of an object that was just read: there may be thousands.
#[derive(Clone, Debug)]
struct Now {
    who: Waited,
    progress: Progress,
    unreadable: Option<String>,
}

impl Now {
    fn of(outcome: Outcome, found: &Found) -> Self {
        Self {
            who: Waited {
                uid: found.key.metadata.uid.clone(),
                name: found.name().to_owned(),
                namespace: found.namespace().to_owned(),
                is_seen: is_seen(&found.key),
            },
            progress: progress(&goal(outcome, found), Some(&found.key)),
            unreadable: found.unreadable.clone(),
        }
    }
}

/// Waits for what is selected.
pub(super) async fn wait(cluster: &Cluster, flags: &Wait) -> Result<(), CliError> {
    let mut now = selected(cluster, flags).await?;
    let mut waiting: Vec<Waited> = now.iter().map(|one| one.who.clone()).collect();
    let count = waiting.len();
    let bar = Bar::of("", count);
    let begun = Instant::now();
    let deadline = begun + flags.timeout;
    let mut is_told = false;
    let ended = loop {
        match still_waiting(flags.outcome, &waiting, now) {
            Ok(left) if left.is_empty() => break Ok(()),
            Ok(left) if Instant::now() >= deadline => break Err(too_late(&left, flags)),
            Ok(left) => waiting = left,
            Err(why) => break Err(why),
        }
        bar.set(count - waiting.len());
        if !is_told && begun.elapsed() > SILENCE {
            is_told = true;
            if let Some(silence) = silence(&waiting) {
                bar.aside(|| screen::tell(&silence));
            }
        }
        let each = INTERVAL_EACH * u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        sleep(INTERVAL + each).await;
        now = read(cluster, &waiting, flags.outcome).await?;
    };
    drop(bar);
    ended.map_err(CliError::NotNow)?;
    screen::print(&said(count, flags.outcome))
}

fn said(count: usize, outcome: Outcome) -> String {
    let word = outcome.word();
    match count {
        1 => format!("1 SshKey is {word}\n"),
        count => format!("{count} SshKeys are {word}\n"),
    }
}

/// The objects as they are when the wait begins: those that come later are not waited for.
async fn selected(cluster: &Cluster, flags: &Wait) -> Result<Vec<Now>, CliError> {
    let outcome = flags.outcome;
    if flags.names.is_empty() {
        let (selector, kept) = (flags.selector.as_deref(), |one| Now::of(outcome, &one));
        let found = cluster.list_as(false, selector, kept).await?;
        return if found.is_empty() && outcome != Outcome::Deleted {
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
            Some(one) => found.push(Now::of(outcome, &one)),
            None if outcome == Outcome::Deleted => {}
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
async fn read(
    cluster: &Cluster,
    waiting: &[Waited],
    outcome: Outcome,
) -> Result<Vec<Now>, CliError> {
    const FEW: usize = 10;
    if waiting.len() > FEW {
        let kept = |one| Now::of(outcome, &one);
        return cluster.list_as(false, None, kept).await;
    }
    let mut found = Vec::new();
    for one in waiting {
        let now = cluster.find(&one.name).await?;
        found.extend(now.map(|one| Now::of(outcome, &one)));
    }
    Ok(found)
}

/// Those that are not there yet, or why it makes no sense to wait on.
fn still_waiting(
    outcome: Outcome,
    waiting: &[Waited],
    now: Vec<Now>,
) -> Result<Vec<Waited>, String> {
    let by_uid = now.into_iter().map(|one| (one.who.uid.clone(), one));
    let mut now: BTreeMap<_, Now> = by_uid.collect();
    let mut left = Vec::new();
    for Waited { uid, name, .. } in waiting {
        // Another object under the same name is not the one that was meant.
        let Some(same) = now.remove(uid) else {
            match outcome {
                Outcome::Deleted => continue,
                Outcome::Ready | Outcome::Rotated => {
                    return Err(format!("SshKey {name} was deleted"));
                }
            }
        };
        if let Some(why) = same.unreadable {
            return Err(format!("SshKey {name}: {why}"));
        }
        match same.progress {
            Progress::Done(_) => {}
            Progress::Waiting => left.push(same.who),
            Progress::NeedsPerson(why) => return Err(format!("SshKey {name}: {why}")),
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

fn too_late(left: &[Waited], flags: &Wait) -> String {
    const NAMED: usize = 5;
    let names: Vec<&str> = left
        .iter()
        .take(NAMED)
        .map(|one| one.name.as_str())
        .collect();
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
fn silence(left: &[Waited]) -> Option<String> {
    let unseen = left.iter().find(|one| !one.is_seen)?;
    Some(format!(
        "the operator does not answer about {}: is it running, and does it watch namespace {}?",
        unseen.name, unseen.namespace
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

    fn left(outcome: Outcome, before: &[Found], after: &[Found]) -> Result<Vec<String>, String> {
        let of = |all: &[Found]| all.iter().map(|one| Now::of(outcome, one)).collect();
        let before: Vec<Now> = of(before);
        let waiting: Vec<Waited> = before.into_iter().map(|one| one.who).collect();
        let left = still_waiting(outcome, &waiting, of(after))?;
        Ok(left.into_iter().map(|one| one.name).collect())
    }

    #[test]
    fn those_that_are_ready_are_waited_for_no_longer() {
        let all = [found("a", "1", "Ready"), found("b", "2", "Reconciling")];
        assert_eq!(left(Outcome::Ready, &all, &all).unwrap(), ["b"]);
    }

    #[test]
    fn the_first_that_needs_a_person_ends_the_wait() {
        let all = [found("a", "1", "Stalled")];
        let why = left(Outcome::Ready, &all, &all).unwrap_err();
        assert_eq!(why, "SshKey a: Because: mend it");
    }

    #[test]
    fn another_object_under_the_same_name_is_not_the_one_that_was_meant() {
        let (before, now) = ([found("a", "1", "Ready")], [found("a", "2", "Ready")]);
        assert!(left(Outcome::Deleted, &before, &now).unwrap().is_empty());
        assert!(left(Outcome::Ready, &before, &now).is_err());
        assert_eq!(left(Outcome::Deleted, &before, &before).unwrap(), ["a"]);
    }
}
