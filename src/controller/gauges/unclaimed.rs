//! Keys in Azure that carry a mark of this cluster and whose `SshKey` is gone: what a person has to look after. They are
//! counted and named, and left as they are.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use tokio_util::sync::CancellationToken;

use crate::{
    api::{ArmId, names::tag},
    azure::SshPublicKey,
    controller::context::Context,
};

/// Counts them once a sweep, from the lists of Azure that sweeps have read, until `shutdown` comes.
pub async fn count_unclaimed(context: Arc<Context>, shutdown: CancellationToken) {
    let mut told = BTreeSet::new();
    context.metrics.azure.unclaimed.replace([([""; 0], 0.0)]);
    let sweep = context.options.intervals.sweep;
    while shutdown
        .run_until_cancelled(tokio::time::sleep(sweep))
        .await
        .is_some()
    {
        let scopes = context.options.watched.len();
        let Some(living) = context.caches.claimed_uids(scopes) else {
            continue;
        };
        let unclaimed = context.unclaimed(&living);
        for (id, whose) in unclaimed.iter().filter(|(id, _)| !told.contains(*id)) {
            tracing::warn!(%id, sshkey = whose, "a key in Azure belongs to an SshKey that is gone; it was left as it is");
        }
        let count = u32::try_from(unclaimed.len()).unwrap_or(u32::MAX);
        context
            .metrics
            .azure
            .unclaimed
            .replace([([""; 0], count.into())]);
        told = unclaimed.into_keys().collect();
    }
}

impl Context {
    /// Where they are, and whose they were, as namespace and name.
    fn unclaimed(&self, living: &HashSet<String>) -> BTreeMap<ArmId, String> {
        let sessions = self.sessions.all().into_iter();
        let listed = sessions.flat_map(|session| {
            session
                .inventory
                .marked_otherwise(|uid| living.contains(uid))
        });
        let unclaimed = listed.filter_map(|(id, key)| {
            let owner = Owner::of(&key)?;
            let is_ours =
                owner.cluster == self.options.cluster_id && self.options.watches(owner.namespace);
            is_ours.then(|| (id, format!("{}/{}", owner.namespace, owner.object)))
        });
        unclaimed.collect()
    }
}

/// A complete mark.
struct Owner<'a> {
    cluster: &'a str,
    namespace: &'a str,
    object: &'a str,
}

impl<'a> Owner<'a> {
    fn of(key: &'a SshPublicKey) -> Option<Self> {
        let value = |name: &str| {
            let mut tags = key.tags.iter().flatten();
            let tag = tags.find(|(tag, _)| tag.eq_ignore_ascii_case(name));
            tag.map(|(_, value)| value.as_str())
        };
        Some(Self {
            cluster: value(tag::CLUSTER)?,
            namespace: value(tag::NAMESPACE)?,
            object: value(tag::OBJECT)?,
        })
    }
}
