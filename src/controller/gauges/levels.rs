//! How things stand at the moment of a scrape: what is gone leaves no series behind.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use kube::Resource;

use crate::{
    api::{Condition, ConditionType, Reason, SshKey, condition::find},
    azure::{Bucket, Level},
    controller::{
        clock::now, context::Context, memory::identity::Identity,
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
/// What a key can be; `unknown` before its status says so.
const ALGORITHMS: [&str; 4] = ["Ed25519", "RSA", "ECDSA", "unknown"];

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
        for key in &keys {
            let labels = match &key.0 {
                Ok(key) => [state(key, conditions_of_key(key)), algorithm(key)],
                Err(_) => ["unreadable", "unknown"],
            };
            *by_state.entry(labels).or_default() += 1.0;
        }
        self.metrics.keys.replace(by_state);
        let drifted = keys
            .iter()
            .filter(|key| key.0.as_ref().is_ok_and(has_drifted));
        let drifted = u32::try_from(drifted.count()).unwrap_or(u32::MAX);
        self.metrics.drifted.replace([([""; 0], drifted.into())]);
        let mut by_state = count_stores(stores);
        if let Some(stores) = self.cluster_stores.all() {
            by_state.extend(count_stores(stores));
        }
        self.metrics.stores.replace(by_state);
        let of = keys.iter().map(|key| Identity::from(&**key));
        let age = self.memory.oldest_key(of).map(|since| seconds(since, now));
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

fn has_drifted(key: &SshKey) -> bool {
    find(conditions_of_key(key), ConditionType::AzureSynced)
        .is_some_and(|synced| synced.reason == Reason::DriftDetected.as_str())
}

fn conditions_of_key(key: &SshKey) -> &[Condition] {
    key.status.as_ref().map_or(&[], |status| &status.conditions)
}

/// As kubectl shows it: what is said of an older generation holds no more.
pub(in crate::controller) fn state<K: Resource>(
    object: &K,
    conditions: &[Condition],
) -> &'static str {
    if object.meta().deletion_timestamp.is_some() {
        return "deleting";
    }
    let holds = |kind| {
        find(conditions, kind).filter(|condition| {
            condition.status == "True" && condition.observed_generation == object.meta().generation
        })
    };
    let suspended = find(conditions, ConditionType::Ready)
        .is_some_and(|ready| ready.reason == Reason::Suspended.as_str());
    if holds(ConditionType::Ready).is_some() {
        "ready"
    } else if holds(ConditionType::Stalled).is_some() {
        "stalled"
    } else if suspended {
        "suspended"
    } else {
        "reconciling"
    }
}

/// Only names that are known: a person who may write a status must not make a series.
fn algorithm(key: &SshKey) -> &'static str {
    let said = key
        .status
        .as_ref()
        .and_then(|status| status.algorithm.as_deref());
    let known = ALGORITHMS.into_iter().find(|known| Some(*known) == said);
    known.unwrap_or("unknown")
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

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;

    use crate::api::{
        SshKeyStatus,
        condition::{ConditionDraft, conditions},
    };

    fn key(drafts: &[(ConditionType, bool, Reason)]) -> SshKey {
        let drafts: Vec<ConditionDraft> = drafts
            .iter()
            .map(|(kind, status, reason)| ConditionDraft::new(*kind, Some(*status), *reason, ""))
            .collect();
        let mut key = SshKey::new("a", Default::default());
        key.metadata.generation = Some(2);
        key.status = Some(SshKeyStatus {
            conditions: conditions(&drafts, &[], 2, Timestamp::UNIX_EPOCH),
            ..SshKeyStatus::default()
        });
        key
    }

    fn state_of(key: &SshKey) -> &'static str {
        state(key, conditions_of_key(key))
    }

    #[test]
    fn a_state_is_what_the_conditions_say_of_the_present_generation() {
        use ConditionType::{Ready, Reconciling, Stalled};
        let ready = key(&[(Ready, true, Reason::UpToDate)]);
        assert_eq!(state_of(&ready), "ready");
        let mut edited = ready.clone();
        edited.metadata.generation = Some(3);
        assert_eq!(state_of(&edited), "reconciling");
        let mut leaving = ready;
        leaving.metadata.deletion_timestamp = Some(Time(Timestamp::UNIX_EPOCH));
        assert_eq!(state_of(&leaving), "deleting");
        let lost = Reason::PrivateKeyLost;
        assert_eq!(
            state_of(&key(&[(Ready, false, lost), (Stalled, true, lost)])),
            "stalled"
        );
        let throttled = Reason::Throttled;
        assert_eq!(
            state_of(&key(&[
                (Ready, false, throttled),
                (Reconciling, true, throttled)
            ])),
            "reconciling"
        );
        assert_eq!(
            state_of(&key(&[(Ready, false, Reason::Suspended)])),
            "suspended"
        );
        assert_eq!(
            state_of(&SshKey::new("a", Default::default())),
            "reconciling"
        );
    }

    #[test]
    fn an_algorithm_that_is_none_makes_no_series() {
        let mut key = key(&[]);
        assert_eq!(algorithm(&key), "unknown");
        for (said, shown) in [("RSA", "RSA"), ("my-secret", "unknown")] {
            key.status.as_mut().unwrap().algorithm = Some(said.to_owned());
            assert_eq!(algorithm(&key), shown);
        }
    }
}
