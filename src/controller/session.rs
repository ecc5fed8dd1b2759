//! An identity at work.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use k8s_openapi::api::core::v1::ObjectReference;

use super::{failure::azure_failure, store_id::StoreId, store_object::concerns_of_stores};
use crate::{
    azure::{ArmClient, AzureError, Inventory, Operation},
    plan::Failure,
};

/// An identity at work.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) arm: ArmClient,
    pub(super) inventory: Inventory,
    /// The store, for events.
    pub(super) store: ObjectReference,
    pub(super) id: StoreId,
    /// What a key has met that concerns all keys of the store, and when.
    pub(super) trouble: Mutex<Option<(Failure, Instant)>>,
    /// When its events last said that Azure asks to wait.
    pub(super) throttled: Mutex<Option<Instant>>,
    /// Whether its identity got no token when a key needed one: the store has to be looked at again.
    pub(super) failing: AtomicBool,
    /// What it was made from: another generation or credential needs another session.
    pub(super) made_from: (i64, String),
}

impl Session {
    /// A key has seen this error; whether it is news for the store.
    pub(super) fn met(&self, error: &AzureError) -> bool {
        if error.operation == Operation::GetToken {
            self.failing.store(true, Ordering::Relaxed);
        }
        if !concerns_of_stores().contains(&error.reason()) {
            return false;
        }
        let trouble = (azure_failure(error), Instant::now());
        let before = self.trouble().replace(trouble);
        before.is_none_or(|(before, _)| before.reason != error.reason())
    }

    /// A write was taken: there is no trouble any more. Whether that is news.
    pub(super) fn wrote(&self) -> bool {
        self.trouble().take().is_some()
    }

    /// What keys have met since so long ago at most.
    pub(super) fn trouble_within(&self, age: Duration) -> Option<Failure> {
        let mut trouble = self.trouble();
        if trouble.as_ref().is_some_and(|(_, at)| at.elapsed() > age) {
            *trouble = None;
        }
        trouble.as_ref().map(|(failure, _)| failure.clone())
    }

    fn trouble(&self) -> MutexGuard<'_, Option<(Failure, Instant)>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is time to say again that Azure asks to wait.
    pub(super) fn is_newly_throttled(&self) -> bool {
        let mut told = self
            .throttled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_told = told.is_some_and(|at| at.elapsed() < THROTTLE_TOLD);
        if !is_told {
            *told = Some(Instant::now());
        }
        !is_told
    }
}

/// While Azure asks to wait, an event says so this often.
pub(super) const THROTTLE_TOLD: Duration = Duration::from_mins(10);
