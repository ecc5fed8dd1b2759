//! How things stand at the moment of a scrape: what is gone leaves no series behind.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::{
    azure::{Bucket, Level},
    controller::{
        clock::now,
        context::Context,
        memory::summary::{ALGORITHMS, state},
        sessions::store_object::StoreObject,
    },
    kubernetes::guarded::Guarded,
    metrics::Metrics,
};

/// What an object can be. Every state is told of, if only as 0.
const STATES: [&str; 6] = [
    "ready",
    "reconciling",
    "stalled",
    "suspended",
    "deleting",
    "unreadable",
];

impl Context {
    /// Tells the metrics how things stand.
    pub fn measure(&self) {
        let now = now();
        budgets(&self.metrics, &self.budget.levels(now));
        let entries = |count| u32::try_from(count).unwrap_or(u32::MAX).into();
        let remembered = self.remembered();
        let series = remembered.map(|(what, count)| ([what], entries(count)));
        self.metrics.remembered.replace(series);
        let known = self.caches.0.lock();
        if known.is_empty() {
            return;
        }
        let keys: Vec<_> = known.iter().flat_map(|known| known.keys.state()).collect();
        let stores = known.iter().flat_map(|known| known.stores.state());
        let mut by_state = zeros(&STATES, &ALGORITHMS);
        let mut drifted: f64 = 0.0;
        for key in &keys {
            let summary = &key.summary;
            let labels = [summary.state, summary.algorithm];
            *by_state.entry(labels).or_default() += 1.0;
            drifted += f64::from(summary.has_drifted);
        }
        self.metrics.keys.replace(by_state);
        self.metrics.drifted.replace([([""; 0], drifted)]);
        let mut by_state = count_stores(stores);
        if let Some(stores) = self.cluster_stores.all() {
            by_state.extend(count_stores(stores));
        }
        self.metrics.stores.replace(by_state);
        let age = self.memory.oldest_key().map(|since| seconds(since, now));
        let series = age.map(|age| ([""; 0], age));
        self.metrics.oldest_key.replace(series);
    }
}

fn zeros(first: &[&'static str], second: &[&'static str]) -> BTreeMap<[&'static str; 2], f64> {
    let pairs = first
        .iter()
        .flat_map(|one| second.iter().map(move |other| [*one, *other]));
    pairs.map(|pair| (pair, 0.0)).collect()
}

fn count_stores<K: StoreObject>(
    stores: impl IntoIterator<Item = Arc<Guarded<K>>>,
) -> BTreeMap<[&'static str; 2], f64> {
    let kind = K::KIND.as_str();
    let mut by_state = zeros(&[kind], &STATES);
    for store in stores {
        let state = match &store.0 {
            Ok(store) => {
                let status = store.status();
                state(store, status.map_or(&[], |status| &status.conditions))
            }
            Err(_) => "unreadable",
        };
        *by_state.entry([kind, state]).or_default() += 1.0;
    }
    by_state
}

fn seconds(since: Timestamp, now: Timestamp) -> f64 {
    now.duration_since(since).as_secs_f64().max(0.0)
}

/// By kind, subscription and location; of several identities in one subscription, the one with the least.
fn budgets(metrics: &Metrics, levels: &[Level]) {
    let mut all: BTreeMap<[String; 3], (f64, f64, usize)> = BTreeMap::new();
    for level in levels {
        let (kind, subscription, location) = match &level.bucket {
            Bucket::ComputeWrites {
                subscription,
                location,
            } => ("compute_writes", subscription, location.as_str()),
            Bucket::ArmReads { subscription, .. } => ("arm_reads", subscription, ""),
            Bucket::ArmWrites { subscription, .. } => ("arm_writes", subscription, ""),
            Bucket::ArmDeletes { subscription, .. } => ("arm_deletes", subscription, ""),
        };
        let labels = [kind, subscription, location].map(str::to_owned);
        let (left, wait, waiting) = all.entry(labels).or_insert((f64::INFINITY, 0.0, 0));
        *left = left.min(level.remaining.into());
        *wait = wait.max(level.wait);
        *waiting += level.waiting;
    }
    let series = |value: fn(&(f64, f64, usize)) -> f64| {
        let series = all
            .iter()
            .map(|(labels, known)| (labels.clone(), value(known)));
        series.collect::<Vec<_>>()
    };
    metrics.azure.budget_left.replace(series(|known| known.0));
    metrics.azure.budget_wait.replace(series(|known| known.1));
    metrics.azure.budget_waiting.replace(series(|known| {
        u32::try_from(known.2).unwrap_or(u32::MAX).into()
    }));
}
