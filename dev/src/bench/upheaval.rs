//! Much that happens at once, and how long other work has to wait for it.

use std::time::Duration;

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use kube::{
    Api,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::{AzureStore, SshKey};

use super::{
    latency::{self, KEYS},
    options::Options,
    playground::Playground,
    rows::{Rows, mib},
};
use crate::{
    crds,
    operator::Operator,
    processes::{Usage, usage},
};

/// Keys that are deleted at once.
const AT_ONCE: usize = 32;

/// Longer than a new key takes alone, by how much it may be held up.
const PAUSE: f64 = 1.0;

/// Edits the store that all use, applies the definitions again, and deletes half of the keys. Beside each, a new key of
/// another namespace is timed.
pub(super) async fn measure(
    playground: &Playground,
    [many, team]: [&str; 2],
    options: &Options,
    operator: &Operator,
    rested: Usage,
    rows: &mut Rows,
) -> anyhow::Result<()> {
    let keys = options.ready_keys;
    let mut next = 2 * KEYS;
    let alone = latency::new_key(playground, team, next, operator).await?;
    let mut beside = async |what: String, rows: &mut Rows| {
        next += 1;
        let time = latency::new_key(playground, team, next, operator).await?;
        rows.add(
            what,
            format!("a new key in {time:.2} s; alone {alone:.2} s"),
            "no pause above 1 s",
            time <= alone + PAUSE,
        );
        anyhow::Ok(())
    };
    edit_store(playground, many).await?;
    beside(format!("a store edited that {keys} use"), rows).await?;
    tokio::time::sleep(Duration::from_secs(20)).await;
    crds::install(&playground.client).await?;
    beside("the definitions applied again".to_owned(), rows).await?;

    let half = keys / 2;
    let api: Api<SshKey> = Api::namespaced(playground.client.clone(), many);
    let first = ListParams::default().limit(half);
    let page = api.list_metadata(&first).await.context("list the keys")?;
    let names = page.items.into_iter().filter_map(|key| key.metadata.name);
    let names: Vec<String> = names.collect();
    let last = names.last().cloned().unwrap_or_default();
    let deleted = tokio::spawn(delete(api.clone(), names));
    beside(format!("{half} keys deleted at once"), rows).await?;
    deleted.await.context("join")??;
    while api.get_metadata_opt(&last).await?.is_some() {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    let (before, now) = (
        mib(rested.anonymous_kib),
        mib(usage(operator.id())?.anonymous_kib),
    );
    rows.add(
        "memory of its own after that, against before",
        format!("{now:.1} MiB, {before:.1} before"),
        "≤ 1.2 ×",
        now <= before * 1.2,
    );
    Ok(())
}

async fn edit_store(playground: &Playground, namespace: &str) -> anyhow::Result<()> {
    let stores: Api<AzureStore> = Api::namespaced(playground.client.clone(), namespace);
    let edit = json!({ "spec": { "defaults": { "tags": { "edited": "by-the-bench" } } } });
    stores
        .patch("default", &PatchParams::default(), &Patch::Merge(edit))
        .await
        .context("edit the store")?;
    Ok(())
}

async fn delete(api: Api<SshKey>, names: Vec<String>) -> anyhow::Result<()> {
    let each = stream::iter(names).map(|name| {
        let api = api.clone();
        async move {
            let deleted = api.delete(&name, &DeleteParams::background()).await;
            deleted.map(drop).with_context(|| format!("delete {name}"))
        }
    });
    each.buffer_unordered(AT_ONCE)
        .try_for_each(|()| async { Ok(()) })
        .await
}
