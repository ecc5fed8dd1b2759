//! Waiting until the keys of the example are Ready, and saying so as each one is.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, bail};
use kube::{Api, Client, ResourceExt, api::ListParams};
use sshkey_operator::api::{ConditionType, SshKey, condition};
use tokio::time::{Instant, sleep};

use super::progress::Progress;

/// An RSA key takes a second or two, and a machine that is busy ten times as long.
const PATIENCE: Duration = Duration::from_mins(2);

/// Waits until every `SshKey` of `namespace` is Ready.
pub(super) async fn ready(
    client: &Client,
    namespace: &str,
    progress: Progress,
) -> anyhow::Result<()> {
    let api: Api<SshKey> = Api::namespaced(client.clone(), namespace);
    let deadline = Instant::now() + PATIENCE;
    let mut said = BTreeSet::new();
    loop {
        let keys = api
            .list(&ListParams::default())
            .await
            .context("list the SshKeys")?
            .items;
        let (ready, waiting): (Vec<_>, Vec<_>) = keys.iter().partition(|key| is_ready(key));
        for key in ready {
            if said.insert(key.name_any()) {
                progress.say(format_args!("SshKey {} is Ready", key.name_any()));
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            let standing: Vec<String> = waiting.iter().map(|key| standing(key)).collect();
            bail!(
                "not Ready after {} s:\n{}",
                PATIENCE.as_secs(),
                standing.join("\n")
            );
        }
        sleep(Duration::from_millis(200)).await;
    }
}

fn is_ready(key: &SshKey) -> bool {
    key.status.as_ref().is_some_and(|status| {
        condition::find(&status.conditions, ConditionType::Ready).is_some_and(|ready| {
            ready.status == "True" && ready.observed_generation == key.metadata.generation
        })
    })
}

fn standing(key: &SshKey) -> String {
    let ready = key
        .status
        .as_ref()
        .and_then(|status| condition::find(&status.conditions, ConditionType::Ready));
    let why = ready.map_or_else(
        || "the operator has not looked at it".to_owned(),
        |ready| format!("{}: {}", ready.reason, ready.message),
    );
    format!("  {}: {why}", key.name_any())
}
