//! The operator, started cold on pending keys.

use std::{
    collections::BTreeMap, collections::BTreeSet, fmt, pin::pin, time::Duration, time::Instant,
};

use anyhow::{Context, bail};
use futures::StreamExt;
use kube::{
    Api, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use serde_json::json;
use sshkey_operator::api::{ConditionType, SshKey, condition::find};

use super::{counts, options::Options, playground::Playground, rows::memory};
use crate::{
    control_plane::kubeconfig_text,
    operator::{Account, ClusterStores, Flags, Operator, Watched},
    processes::{Usage, usage},
    tls::write_private,
};

/// What the operator has done and taken.
pub(super) struct Measured {
    pub(super) time: Duration,
    pub(super) usage: Usage,
    keys: u32,
    api: BTreeMap<String, f64>,
    arm: BTreeMap<String, f64>,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cpu = self.usage.cpu.as_secs_f64();
        writeln!(
            f,
            "{cpu:.2} s CPU, {:.2} ms a key; {}",
            cpu * 1_000.0 / f64::from(self.keys),
            memory(&self.usage)
        )?;
        let list = |counts: &BTreeMap<String, f64>| {
            let parts: Vec<String> = counts
                .iter()
                .map(|(name, count)| format!("{count:.2} {name}"))
                .collect();
            parts.join(", ")
        };
        writeln!(f, "            API server, a key: {}", list(&self.api))?;
        write!(f, "            ARM, a key: {}", list(&self.arm))
    }
}

impl Measured {
    /// Requests to the API server for each key, lists and watches apart.
    pub(super) fn requests(&self) -> f64 {
        self.api.values().sum()
    }
}

/// Makes pending keys, starts the operator, and waits until all are Ready.
pub(super) async fn measure(
    playground: &Playground,
    options: &Options,
) -> anyhow::Result<Measured> {
    let namespace = format!("operator-{}", uuid::Uuid::new_v4().simple());
    playground.pending(&namespace, options.keys).await?;
    playground.emulator.clear_log();
    let before = counts::requests(&playground.client).await?;
    let flags = flags(playground, &[&namespace], options.concurrency)
        .await?
        .set("azure-writes-burst", 1_000_000)
        .set("azure-writes-per-minute", 60_000_000);
    let folder = playground.plane.folder().join(&namespace);

    let started = Instant::now();
    let operator = playground.start_operator(&folder, &flags)?;
    all_ready(playground, &namespace, options.keys, &operator, PATIENCE).await?;
    let time = started.elapsed();

    let usage = usage(operator.id())?;
    operator.terminate().await?;
    let after = counts::requests(&playground.client).await?;
    let mut arm = BTreeMap::new();
    for record in playground.emulator.log() {
        let what = if record.request.path.ends_with("/token") {
            "token"
        } else {
            ""
        };
        *arm.entry(
            format!("{} {what}", record.request.method)
                .trim_end()
                .to_owned(),
        )
        .or_insert(0.0) += 1.0 / f64::from(options.keys);
    }
    Ok(Measured {
        time,
        usage,
        keys: options.keys,
        api: counts::per_key(&before, &after, options.keys),
        arm,
    })
}

/// The flags of an operator that watches these namespaces, which its account may; what it leaves is in the folder of the first.
pub(super) async fn flags(
    playground: &Playground,
    namespaces: &[&str],
    concurrency: u16,
) -> anyhow::Result<Flags> {
    let first = namespaces.first().context("no namespace to watch")?;
    let all = namespaces.join(",");
    let watched = Watched::These(namespaces.iter().map(|&one| one.to_owned()).collect());
    let system = format!("system-{first}");
    let account =
        Account::create(&playground.client, &system, &watched, ClusterStores::Used).await?;
    let folder = playground.plane.folder().join(first);
    std::fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    let kubeconfig = folder.join("operator.kubeconfig");
    let user = json!({ "token": account.token });
    let plane = &playground.plane;
    write_private(
        &kubeconfig,
        &kubeconfig_text(
            &plane.server_url(),
            plane.ca_pem(),
            &account.namespace,
            &user,
        )?,
    )?;
    let ca = folder.join("azure-ca.pem");
    std::fs::write(&ca, playground.emulator.ca_pem())
        .with_context(|| format!("write {}", ca.display()))?;
    Ok(Flags::default()
        .set("kubeconfig", kubeconfig.display())
        .set("watch-namespace", all)
        .set("concurrency", concurrency)
        .set("azure-arm-endpoint", playground.emulator.endpoint())
        .set("azure-authority-host", playground.emulator.endpoint())
        .set("azure-ca-file", ca.display()))
}

/// Longer than anything moves.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until so many keys of a namespace are Ready; gives up when nothing moves for so long.
pub(super) async fn all_ready(
    playground: &Playground,
    namespace: &str,
    keys: u32,
    operator: &Operator,
    patience: Duration,
) -> anyhow::Result<()> {
    let api: Api<SshKey> = Api::namespaced(playground.client.clone(), namespace);
    let mut objects = pin!(watcher(api, watcher::Config::default()).applied_objects());
    let mut ready = BTreeSet::new();
    while ready.len() < keys as usize {
        let next = tokio::time::timeout(patience, objects.next()).await;
        let Ok(Some(object)) = next else {
            bail!(
                "{} of {keys} keys are Ready and nothing moves; {}",
                ready.len(),
                operator.tail(20)
            )
        };
        let object = object.context("watch the keys")?;
        let conditions = object
            .status
            .as_ref()
            .map(|status| status.conditions.as_slice())
            .unwrap_or_default();
        if find(conditions, ConditionType::Ready)
            .is_some_and(|condition| condition.status == "True")
        {
            ready.insert(object.name_any());
        }
    }
    Ok(())
}
