//! An identity at work.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use k8s_openapi::api::core::v1::ObjectReference;
use parking_lot::{Mutex, MutexGuard};

use crate::{
    azure::{ArmClient, AzureError, Inventory, Operation},
    controller::{
        failure::azure_failure, memory::store_state::concerns_of_stores,
        sessions::store_object::StoreView, store_id::StoreId,
    },
    plan::Failure,
};

/// The generation of a store, and the version of its credential.
pub(in crate::controller) type MadeFrom = (i64, String);

/// Which token shows that an identity is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::controller) enum Token {
    /// One that was issued before, as long as it is good.
    AnyGoodOne,
    /// One that is issued now.
    NewOne,
}

/// An identity at work.
#[derive(Debug)]
pub(in crate::controller) struct Session {
    pub(in crate::controller) arm: ArmClient,
    pub(in crate::controller) inventory: Inventory,
    /// The store, for events.
    pub(in crate::controller) store: ObjectReference,
    pub(in crate::controller) id: StoreId,
    /// What a key has met that concerns all keys of the store, and when.
    trouble: Mutex<Option<(Failure, Instant)>>,
    /// When its events last said that Azure asks to wait.
    throttled: Mutex<Option<Instant>>,
    /// Whether its identity got no token when a key needed one: the store has to be checked again.
    failing: AtomicBool,
    /// Whether it got no new token when it was to get one: the one that it has proves nothing until it gets another.
    is_refused: AtomicBool,
    /// What it was made from: another generation or credential needs another session.
    made_from: MadeFrom,
}

impl Session {
    /// An identity that has not asked Azure for anything yet.
    pub(in crate::controller) fn new(
        arm: ArmClient,
        store: &StoreView,
        made_from: MadeFrom,
    ) -> Self {
        Self {
            arm,
            inventory: Inventory::default(),
            store: store.reference.clone(),
            id: store.id.clone(),
            trouble: Mutex::default(),
            throttled: Mutex::default(),
            failing: AtomicBool::new(false),
            is_refused: AtomicBool::new(false),
            made_from,
        }
    }

    /// Whether it was made from this generation and this credential.
    pub(in crate::controller) fn is_made_from(&self, made_from: &MadeFrom) -> bool {
        self.made_from == *made_from
    }

    /// Gets a token, so that it is known whether the identity is accepted.
    pub(in crate::controller) async fn sign_in(&self, token: Token) -> Result<(), AzureError> {
        let is_new = token == Token::NewOne || self.is_refused.load(Ordering::Relaxed);
        if is_new {
            let signed_in = self.arm.sign_in_anew().await;
            self.is_refused.store(signed_in.is_err(), Ordering::Relaxed);
            signed_in?;
        } else {
            self.arm.sign_in().await?;
        }
        self.failing.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Whether its identity got no token when a key needed one last.
    pub(in crate::controller) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// A key has seen this error; whether it is news for the store.
    pub(in crate::controller) fn met(&self, error: &AzureError) -> bool {
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
    pub(in crate::controller) fn wrote(&self) -> bool {
        self.forget_trouble()
    }

    /// What keys have met may be mended: they meet it again if it is not. Whether there was anything.
    pub(in crate::controller) fn forget_trouble(&self) -> bool {
        self.trouble().take().is_some()
    }

    /// What keys have met since so long ago at most.
    pub(in crate::controller) fn trouble_within(&self, age: Duration) -> Option<Failure> {
        let mut trouble = self.trouble();
        if trouble.as_ref().is_some_and(|(_, at)| at.elapsed() > age) {
            *trouble = None;
        }
        trouble.as_ref().map(|(failure, _)| failure.clone())
    }

    fn trouble(&self) -> MutexGuard<'_, Option<(Failure, Instant)>> {
        self.trouble.lock()
    }

    /// Whether it is time to say again that Azure asks to wait.
    pub(in crate::controller) fn is_newly_throttled(&self) -> bool {
        let mut told = self.throttled.lock();
        let is_told = told.is_some_and(|at| at.elapsed() < THROTTLE_TOLD);
        if !is_told {
            *told = Some(Instant::now());
        }
        !is_told
    }
}

/// While Azure asks to wait, an event says so this often.
const THROTTLE_TOLD: Duration = Duration::from_mins(10);
