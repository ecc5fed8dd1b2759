//! The end of a run: everything becomes Ready once nothing fails any more.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use kube::{Api, Resource, ResourceExt, api::ListParams};
use sshkey_operator::{
    api::{ConditionType, SshKey, condition::find, names::annotation},
    plan::RotationRecord,
};

use super::wanted::Wanted;
use crate::world::World;

/// Longer than the writes of one reconcile take.
const LOOK: Duration = Duration::from_secs(2);
/// How often it is told what is awaited.
const TOLD: Duration = Duration::from_secs(30);

/// Waits until there are exactly the keys that are wanted, all of them are Ready as they are now, and none has changed since
/// the look before: a rotation is recorded on an object before the status says which key it has.
pub(super) async fn settle(
    world: &World,
    wanted: &Wanted,
    patience: Duration,
) -> anyhow::Result<BTreeMap<String, SshKey>> {
    let api: Api<SshKey> = world.api();
    let deadline = Instant::now() + patience;
    let mut before = None;
    let mut told = Instant::now();
    loop {
        let keys = api
            .list(&ListParams::default())
            .await
            .context("list SshKeys")?;
        let keys: BTreeMap<String, SshKey> = keys
            .items
            .into_iter()
            .map(|key| (key.name_any(), key))
            .collect();
        let late = late(&keys, wanted);
        let versions: Vec<_> = keys.values().map(ResourceExt::resource_version).collect();
        let is_at_rest = before.replace(versions.clone()) == Some(versions);
        if late.is_empty() && is_at_rest {
            return Ok(keys);
        }
        let shown: Vec<&str> = late.iter().take(10).map(String::as_str).collect();
        if Instant::now() > deadline {
            bail!(
                "{} keys are not as they should be {} s after the last fault:\n{}\n{}",
                late.len(),
                patience.as_secs(),
                shown.join("\n"),
                world.dump()
            );
        }
        if told.elapsed() > TOLD {
            told = Instant::now();
            println!(
                "soak: {} keys are awaited:\n{}",
                late.len(),
                shown.join("\n")
            );
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What is missing, too much, or not Ready.
fn late(keys: &BTreeMap<String, SshKey>, wanted: &Wanted) -> Vec<String> {
    let missing = wanted
        .keys()
        .filter(|name| !keys.contains_key(*name))
        .map(|name| format!("{name} is missing"));
    let there = keys.iter().filter_map(|(name, key)| {
        if !wanted.contains_key(name) {
            return Some(format!("{name} is still there"));
        }
        let conditions = key.status.as_ref().map(|status| &status.conditions);
        match conditions.and_then(|all| find(all, ConditionType::Ready)) {
            Some(ready)
                if ready.status == "True" && ready.observed_generation == key.meta().generation =>
            {
                unanswered(name, key)
            }
            Some(ready) => Some(format!("{name}: {}: {}", ready.reason, ready.message)),
            None => Some(format!("{name} was never looked at")),
        }
    });
    missing.chain(there).collect()
}

/// A rotation that was asked for and is not over: an object stays Ready while it waits for its turn.
fn unanswered(name: &str, key: &SshKey) -> Option<String> {
    let asked = key.annotations().get(annotation::ROTATE_REQUESTED_AT)?;
    let record = key.annotations().get(annotation::ROTATION);
    let record = RotationRecord::parse(record.map(String::as_str));
    let rotation = key
        .status
        .as_ref()
        .and_then(|status| status.rotation.as_ref());
    let is_pending = rotation.is_some_and(|rotation| rotation.pending.is_some());
    (!record.handled.contains(asked) || is_pending)
        .then(|| format!("{name} was asked for another key and has not got it: {asked}"))
}
