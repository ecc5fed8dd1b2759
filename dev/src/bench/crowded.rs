//! A new key in one namespace while another wants everything at once: its time to Ready, beside that of an empty cluster.

use std::{fmt, time::Duration, time::Instant};

use anyhow::{Context, bail};
use arm_emulator::Throttle;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, ResourceExt, api::ListParams};

use super::{
    operator::{PATIENCE, all_ready, flags},
    options::Options,
    playground::{CLIENT, GROUP, Playground, SUBSCRIPTION, TENANT, group_of},
    rows::Rows,
};
use crate::{
    crowd::{self, Azure, IMPORTS, RECORDS, RSA_KEYS, STORES},
    operator::Operator,
};

/// In which a new key has to be Ready, whatever another namespace wants.
const TARGET: Duration = Duration::from_secs(5);

/// Times new keys one after another, first in an empty cluster and then beside the crowd, and prints both.
pub(super) async fn measure(
    playground: &Playground,
    options: &Options,
    rows: &mut Rows,
) -> anyhow::Result<()> {
    let number = uuid::Uuid::new_v4().simple();
    let (team, busy) = (format!("team-{number}"), format!("busy-{number}"));
    for namespace in [&team, &busy] {
        playground.namespace(namespace).await?;
    }
    playground.emulator.set_throttle(Throttle::default());
    let flags = flags(playground, &[&team, &busy], options.concurrency).await?;
    let folder = playground.plane.folder().join(&team);
    let operator = playground.start_operator(&folder, &flags)?;
    operator.ready().await?;
    println!(
        "\na new key beside a namespace of {RSA_KEYS} RSA-8192 keys, {IMPORTS} encrypted imports, {STORES} stores with a PKCS #12 file of too many keys, and {RECORDS} records"
    );
    let keys = options.crowded_keys;
    let mut alone = Times::default();
    for number in 0..keys {
        alone.add(one(playground, &team, number, &operator).await?);
    }
    let azure = Azure {
        tenant: TENANT,
        subscription: SUBSCRIPTION,
        client: CLIENT,
        group: GROUP,
    };
    let mut imports = crowd::fill(&playground.client, &busy, azure).await?;
    at_work(playground, &busy).await?;
    let mut crowded = Times::default();
    for number in keys..2 * keys {
        imports.change().await?;
        crowded.add(one(playground, &team, number, &operator).await?);
    }
    let left = RSA_KEYS + IMPORTS - done(playground, &busy).await?;
    operator.terminate().await?;
    playground.emulator.set_throttle(Throttle::Off);
    rows.note("a new key alone", alone.to_string());
    rows.add(
        format!("a new key beside a crowd with {left} slow jobs left"),
        crowded.to_string(),
        format!("≤ {} s", TARGET.as_secs()),
        crowded.0.iter().all(|time| *time <= TARGET),
    );
    Ok(())
}

/// How long the keys took.
#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    fn add(&mut self, time: Duration) {
        self.0.push(time);
        self.0.sort();
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |time: Option<&Duration>| time.copied().unwrap_or_default().as_secs_f64();
        write!(
            f,
            "{:.2} s to Ready, the median of {}; the longest {:.2} s",
            seconds(self.0.get(self.0.len() / 2)),
            self.0.len(),
            seconds(self.0.last())
        )
    }
}

/// Makes the key of this number, which all before it were, and waits until it is Ready.
async fn one(
    playground: &Playground,
    team: &str,
    number: u32,
    operator: &Operator,
) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let group = [group_of(team)];
    playground.keys(team, number..number + 1, &group).await?;
    all_ready(playground, team, number + 1, operator, PATIENCE).await?;
    Ok(started.elapsed())
}

/// Waits until something of the crowd's slow work is done: the rest is under way or waits then.
async fn at_work(playground: &Playground, busy: &str) -> anyhow::Result<()> {
    let started = Instant::now();
    while done(playground, busy).await? == 0 {
        if started.elapsed() > 3 * PATIENCE {
            bail!("nothing of the crowd's slow work is done");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// How much of the crowd's slow work is done, seen by the Secrets that come of it.
async fn done(playground: &Playground, busy: &str) -> anyhow::Result<usize> {
    let secrets: Api<Secret> = Api::namespaced(playground.client.clone(), busy);
    let all = secrets.list_metadata(&ListParams::default()).await;
    let all = all.context("list the crowd's Secrets")?.items;
    let done = all
        .iter()
        .filter(|secret| crowd::is_slow(&secret.name_any()));
    Ok(done.count())
}
