//! `reconcile`: the operator compares `SshKey`s with what there really is, or checks a store, at once.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{
    bar::Bar,
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

/// What is kept of an object that is waited for: there may be thousands.
struct Asked {
    uid: Option<String>,
    namespace: String,
    name: String,
    /// Whether the operator has acted upon the request.
    has_looked: bool,
}

impl Asked {
    fn of(found: &Found, request: &str) -> Self {
        Self {
            uid: found.key.metadata.uid.clone(),
            namespace: found.namespace().to_owned(),
            name: found.name().to_owned(),
            has_looked: has_looked(&found.key, request),
        }
    }
}

/// Those that are still waited for, and what those that need a person say.
type Left = (Vec<Asked>, Vec<String>);

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
    let asked = stream::iter(selected).map(async |(namespace, name): (String, String)| {
        let patched = cluster.in_namespace(&namespace).patch(&name, &patch).await;
        patched.map(|found| Asked::of(&found, &request))
    });
    let asked: Vec<Asked> = asked.buffered(AT_ONCE).try_collect().await?;
    if flags.no_wait {
        screen::tell("Asked for; it was not waited for.");
        return Ok(());
    }
    let (late, stalled) = wait(cluster, asked, &request, flags).await?;
    told(count, &late, &stalled, flags)
}

/// What is asked about: by name, or what a list selects; each with its namespace.
async fn selected(cluster: &Cluster, flags: &Reconcile) -> Result<Vec<(String, String)>, CliError> {
    let named = |one: Found| (one.namespace().to_owned(), one.name().to_owned());
    if flags.names.is_empty() {
        let selector = flags.selector.as_deref();
        let all = flags.all_namespaces;
        let found = cluster.list_as(all, selector, named).await?;
        if found.is_empty() {
            return Err(CliError::NotNow("there are no such SshKeys".to_owned()));
        }
        return Ok(found);
    }
    let each =
        stream::iter(&flags.names).map(async |name: &String| cluster.get(name).await.map(named));
    each.buffered(AT_ONCE).try_collect().await
}

/// Waits until each is done, a person must act upon it, or the time is over.
async fn wait(
    cluster: &Cluster,
    mut waiting: Vec<Asked>,
    request: &str,
    flags: &Reconcile,
) -> Result<Left, CliError> {
    let goal = Goal::Compared(request.to_owned());
    let seen = |one: &Found| (Asked::of(one, request), progress(&goal, Some(&one.key)));
    let bar = Bar::of("", waiting.len());
    let deadline = Instant::now() + flags.timeout;
    let mut stalled = Vec::new();
    while !waiting.is_empty() && Instant::now() < deadline {
        let each = INTERVAL_EACH * u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        sleep(INTERVAL + each).await;
        let mut now = read(cluster, &waiting, flags, seen).await?;
        let before = std::mem::take(&mut waiting);
        for one in before {
            // One that is gone, or is another of the same name, is compared with nothing any more.
            let (one, progress) = now
                .remove(&one.uid)
                .unwrap_or_else(|| (one, progress(&goal, None)));
            match progress {
                Progress::Done(_) => bar.advance(),
                Progress::Waiting => waiting.push(one),
                Progress::NeedsPerson(why) => {
                    bar.advance();
                    stalled.push(format!("SshKey {}/{}: {why}", one.namespace, one.name));
                }
            }
        }
    }
    Ok((waiting, stalled))
}

/// What was seen of each, by UID.
async fn read(
    cluster: &Cluster,
    waiting: &[Asked],
    flags: &Reconcile,
    seen: impl Fn(&Found) -> (Asked, Progress),
) -> Result<BTreeMap<Option<String>, (Asked, Progress)>, CliError> {
    let by_uid = |one: Found| (one.key.metadata.uid.clone(), seen(&one));
    if waiting.len() > FEW {
        let all = cluster.list_as(flags.all_namespaces, None, by_uid).await?;
        return Ok(all.into_iter().collect());
    }
    let mut now = BTreeMap::new();
    for one in waiting {
        let found = cluster.in_namespace(&one.namespace).find(&one.name).await?;
        now.extend(found.map(by_uid));
    }
    Ok(now)
}

/// Tells how it went; the last line is the failure, if there is one.
fn told(
    count: usize,
    late: &[Asked],
    stalled: &[String],
    flags: &Reconcile,
) -> Result<(), CliError> {
    let mut lines = stalled.to_vec();
    lines.extend(late.iter().map(|one| {
        let seconds = flags.timeout.as_secs();
        let (namespace, name) = (&one.namespace, &one.name);
        if one.has_looked {
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
