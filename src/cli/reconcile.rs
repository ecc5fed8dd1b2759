//! `reconcile`: the operator compares `SshKey`s with what there really is, or checks a store, at once.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{
    cluster::Cluster,
    error::CliError,
    objects::Found,
    progress::{Goal, Progress, has_looked, progress},
    reconcile_flags::Reconcile,
    reconcile_store, screen,
};
use crate::api::names::annotation;

/// How many requests are under way at once.
const AT_ONCE: usize = 16;

/// How often the objects are read again.
const INTERVAL: Duration = Duration::from_millis(500);

/// How much longer the pause is for each of them.
const INTERVAL_EACH: Duration = Duration::from_millis(1);

/// More than these are read as a list.
const FEW: usize = 10;

/// Those that are still waited for, and what those that need a person say.
type Left = (Vec<Found>, Vec<String>);

/// Asks, waits, and tells the outcome.
pub(super) async fn reconcile(cluster: &Cluster, flags: &Reconcile) -> Result<(), CliError> {
    if let Some(store) = &flags.store {
        return reconcile_store::reconcile(cluster, store, flags).await;
    }
    let selected = selected(cluster, flags).await?;
    let count = selected.len();
    let request = Timestamp::now().to_string();
    let patch =
        json!({ "metadata": { "annotations": { annotation::RECONCILE_REQUESTED_AT: request } } });
    let asked = stream::iter(selected).map(async |one: Found| {
        let cluster = cluster.in_namespace(one.namespace());
        cluster.patch(one.name(), &patch).await
    });
    let asked: Vec<Found> = asked.buffered(AT_ONCE).try_collect().await?;
    if flags.no_wait {
        screen::tell("Asked for; it was not waited for.");
        return Ok(());
    }
    let (late, stalled) = wait(cluster, asked, &Goal::Compared(request.clone()), flags).await?;
    told(count, &late, &stalled, &request, flags)
}

/// What is asked about: by name, or what a list selects.
async fn selected(cluster: &Cluster, flags: &Reconcile) -> Result<Vec<Found>, CliError> {
    if flags.names.is_empty() {
        let selector = flags.selector.as_deref();
        let found = cluster.list(flags.all_namespaces, selector).await?;
        if found.is_empty() {
            return Err(CliError::NotNow("there are no such SshKeys".to_owned()));
        }
        return Ok(found);
    }
    let each = stream::iter(&flags.names).map(async |name: &String| cluster.get(name).await);
    each.buffered(AT_ONCE).try_collect().await
}

/// Waits until each is done, a person must act upon it, or the time is over.
async fn wait(
    cluster: &Cluster,
    mut waiting: Vec<Found>,
    goal: &Goal,
    flags: &Reconcile,
) -> Result<Left, CliError> {
    // Nothing is drawn where standard error is no terminal.
    let bar = ProgressBar::new(waiting.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{pos} of {len} {bar:20}") {
        bar.set_style(style);
    }
    let deadline = Instant::now() + flags.timeout;
    let mut stalled = Vec::new();
    while !waiting.is_empty() && Instant::now() < deadline {
        let each = INTERVAL_EACH * u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        sleep(INTERVAL + each).await;
        let read = read(cluster, waiting, flags).await?;
        waiting = Vec::new();
        for (before, now) in read {
            match progress(goal, now.as_ref().map(|now| &now.key)) {
                Progress::Done(_) => bar.inc(1),
                Progress::Waiting => waiting.push(now.unwrap_or(before)),
                Progress::NeedsPerson(why) => {
                    bar.inc(1);
                    stalled.push(format!(
                        "SshKey {}/{}: {why}",
                        before.namespace(),
                        before.name()
                    ));
                }
            }
        }
    }
    bar.finish_and_clear();
    Ok((waiting, stalled))
}

/// Each with what it is now; `None` for one that is gone, or that is another of the same name.
async fn read(
    cluster: &Cluster,
    waiting: Vec<Found>,
    flags: &Reconcile,
) -> Result<Vec<(Found, Option<Found>)>, CliError> {
    let uid = |one: &Found| one.key.metadata.uid.clone();
    let mut now = BTreeMap::new();
    if waiting.len() > FEW {
        let all = cluster.list(flags.all_namespaces, None).await?;
        now.extend(all.into_iter().map(|one| (uid(&one), one)));
    } else {
        for one in &waiting {
            let cluster = cluster.in_namespace(one.namespace());
            let found = cluster.find(one.name()).await?;
            now.extend(found.map(|one| (uid(&one), one)));
        }
    }
    let each = waiting.into_iter().map(|before| {
        let now = now.remove(&uid(&before));
        (before, now)
    });
    Ok(each.collect())
}

/// Tells how it went; the last line is the failure, if there is one.
fn told(
    count: usize,
    late: &[Found],
    stalled: &[String],
    request: &str,
    flags: &Reconcile,
) -> Result<(), CliError> {
    let mut lines = stalled.to_vec();
    lines.extend(late.iter().map(|one| {
        let seconds = flags.timeout.as_secs();
        let (namespace, name) = (one.namespace(), one.name());
        if has_looked(&one.key, request) {
            format!("SshKey {namespace}/{name}: not ready after {seconds} s, run kubectl sshkey status {name} -n {namespace}")
        } else {
            format!("SshKey {namespace}/{name}: the operator does not answer, for {seconds} s: is it running, and does it watch namespace {namespace}?")
        }
    }));
    match (count, lines.as_slice()) {
        (1, []) => screen::print("1 SshKey was compared with what there is, and is as asked for\n"),
        (count, []) => screen::print(&format!(
            "{count} SshKeys were compared with what there is, and are as asked for\n"
        )),
        (_, [line]) => Err(CliError::NotNow(line.clone())),
        (count, lines) => {
            for line in lines {
                screen::tell(&format!("error: {line}"));
            }
            let failed = lines.len();
            Err(CliError::NotNow(format!(
                "{failed} of {count} SshKeys are not as asked for"
            )))
        }
    }
}
