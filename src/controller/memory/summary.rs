//! What is asked of all keys at once, so that none of them need be unpacked for it: their states for the metrics, and the
//! stores that each has to do with.

use std::collections::BTreeSet;

use kube::{Resource, ResourceExt, api::ObjectMeta};

use crate::{
    api::{
        Condition, ConditionType, Reason, SshKey, StoreKey,
        condition::find,
        names::{FINALIZER, annotation},
    },
    plan::{AzureRecord, default_stores, defaults, parse_records, stores_of},
};

/// The algorithms that a key can have, as the metrics name them; `unknown` before its status says so. A person who may write
/// a status must not make a series.
pub(in crate::controller) const ALGORITHMS: [&str; 4] = ["Ed25519", "RSA", "ECDSA", "unknown"];

/// What one key says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::controller) struct Summary {
    /// Its state, as the metrics name it.
    pub(in crate::controller) state: &'static str,
    /// The algorithm of the key, as the metrics name it.
    pub(in crate::controller) algorithm: &'static str,
    /// Whether it differs in Azure, and that is only reported.
    pub(in crate::controller) has_drifted: bool,
    /// The UID of the object whose place it takes.
    pub(in crate::controller) predecessor: Option<Box<str>>,
    /// Whether the default stores are meant.
    means_default: bool,
    stores: Box<[Tie]>,
}

/// What a key has to do with a store.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tie {
    store: StoreKey,
    /// The spec or a record names it.
    is_named: bool,
    /// The key is in Azure through it, or is about to be.
    is_used: bool,
}

impl Summary {
    /// Of an object that can't be read.
    pub(in crate::controller) fn unreadable(metadata: &ObjectMeta) -> Self {
        Self {
            state: "unreadable",
            algorithm: "unknown",
            has_drifted: false,
            predecessor: predecessor(metadata),
            means_default: false,
            stores: Box::default(),
        }
    }

    /// Of an object as it is.
    pub(in crate::controller) fn of(key: &SshKey) -> Self {
        let conditions = key.status.as_ref().map(|status| &status.conditions[..]);
        let conditions = conditions.unwrap_or_default();
        let hints = key.annotations().get(annotation::AZURE_KEYS);
        let hints = parse_records(hints.map(String::as_str)).unwrap_or_default();
        Self {
            state: state(key, conditions),
            algorithm: algorithm(key),
            has_drifted: has_drifted(conditions),
            predecessor: predecessor(&key.metadata),
            means_default: !default_stores(&key.spec, &hints).is_empty(),
            stores: ties(key, &hints),
        }
    }

    /// The stores that its spec and its records name.
    pub(in crate::controller) fn named(&self) -> impl Iterator<Item = &StoreKey> {
        let named = self.stores.iter().filter(|tie| tie.is_named);
        named.map(|tie| &tie.store)
    }

    /// The stores of which the first existing one is meant; none while one is named.
    pub(in crate::controller) fn defaults(&self) -> Vec<StoreKey> {
        let meant = self.means_default.then(defaults);
        meant.into_iter().flatten().collect()
    }

    /// The stores through which the key is in Azure, or is about to be.
    pub(in crate::controller) fn used(&self) -> impl Iterator<Item = &StoreKey> {
        let used = self.stores.iter().filter(|tie| tie.is_used);
        used.map(|tie| &tie.store)
    }

    /// Whether the key is in Azure through a store of this name, as far as the watch knows, or is about to be.
    pub(in crate::controller) fn uses(&self, store: &StoreKey) -> bool {
        self.used().any(|used| used == store)
    }
}

/// The UID that an object recorded, if it is not its own. Its length is bounded like that of all own annotations.
fn predecessor(metadata: &ObjectMeta) -> Option<Box<str>> {
    let recorded = metadata
        .annotations
        .as_ref()?
        .get(annotation::RECORDED_UID)?;
    let is_anothers = Some(recorded) != metadata.uid.as_ref();
    let is_one = is_anothers && !annotation::is_too_long(annotation::RECORDED_UID, recorded);
    is_one.then(|| recorded.as_str().into())
}

/// The stores that an object has to do with. Those that it uses are those of the places that its status lists, and of its
/// hints while the finalizer holds it.
fn ties(key: &SshKey, hints: &[AzureRecord]) -> Box<[Tie]> {
    let named = stores_of(&key.spec, hints);
    let places = key.own_status().and_then(|status| status.azure.as_ref());
    let places = places.into_iter().flat_map(|azure| &azure.places);
    let listed = places.map(|place| StoreKey::new(place.store_kind, place.store.clone()));
    let is_held = key.finalizers().iter().any(|one| one == FINALIZER);
    let hinted = hints.iter().filter(|_| is_held);
    let used: BTreeSet<_> = listed
        .chain(hinted.map(|hint| hint.store.clone()))
        .collect();
    let tie = |store: &StoreKey| Tie {
        store: store.clone(),
        is_named: named.contains(store),
        is_used: used.contains(store),
    };
    named.union(&used).map(tie).collect()
}

/// The state of an object: what its conditions say of the present generation.
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

fn has_drifted(conditions: &[Condition]) -> bool {
    find(conditions, ConditionType::AzureSynced)
        .is_some_and(|synced| synced.reason == Reason::DriftDetected.as_str())
}

fn algorithm(key: &SshKey) -> &'static str {
    let said = key
        .status
        .as_ref()
        .and_then(|status| status.algorithm.as_deref());
    let known = ALGORITHMS.into_iter().find(|known| Some(*known) == said);
    known.unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
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
        Summary::of(key).state
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
    fn an_unknown_algorithm_makes_no_series() {
        let mut key = key(&[]);
        assert_eq!(algorithm(&key), "unknown");
        for (said, shown) in [("RSA", "RSA"), ("my-secret", "unknown")] {
            key.status.as_mut().unwrap().algorithm = Some(said.to_owned());
            assert_eq!(algorithm(&key), shown);
        }
    }
}
