//! What of a store matters to its keys.

use kube::{Resource, core::object::HasStatus};

use crate::{
    api::{AzureStoreStatus, ConditionType, Reason, condition::find},
    kubernetes::guarded::Guarded,
};

/// What of a store matters to its keys: another of this wakes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::controller) struct StoreState {
    uid: Option<String>,
    generation: Option<i64>,
    is_leaving: bool,
    /// Why it is not Ready, unless it was the keys that told so.
    not_ready: Option<String>,
}

impl StoreState {
    /// The state of a store as a watch shows it.
    pub(in crate::controller) fn of<K>(store: &Guarded<K>) -> Self
    where
        K: Resource + HasStatus<Status = AzureStoreStatus>,
    {
        let meta = store.meta();
        let status = store.0.as_ref().ok().and_then(HasStatus::status);
        let ready = status.and_then(|status| find(&status.conditions, ConditionType::Ready));
        let not_ready = ready
            .filter(|ready| ready.status != "True")
            .map(|ready| ready.reason.clone())
            .filter(|reason| {
                let from_keys = concerns_of_stores();
                !from_keys.iter().any(|known| known.as_str() == reason)
            });
        Self {
            uid: meta.uid.clone(),
            generation: meta.generation,
            is_leaving: meta.deletion_timestamp.is_some(),
            not_ready,
        }
    }
}

/// What one key can meet that is so for all keys of its store.
pub(in crate::controller) fn concerns_of_stores() -> [Reason; 3] {
    [
        Reason::SubscriptionNotFound,
        Reason::SubscriptionDisabled,
        Reason::ProviderNotRegistered,
    ]
}
