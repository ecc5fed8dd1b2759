//! Which write is struck, and by what.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What becomes of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The operator is killed; the write is not passed on.
    KillBefore,
    /// The write is passed on; when the API server has answered, the operator is killed and never sees the answer.
    KillAfter,
    /// The write is not passed on, and the connection is closed without an answer.
    DropRequest,
    /// The write is passed on, and the connection is closed without an answer.
    DropAnswer,
    /// The write is not passed on and gets this answer.
    Answer {
        /// The HTTP status: 409, 429, 500.
        status: u16,
        /// The header `Retry-After`, in whole seconds.
        retry_after: Option<Duration>,
    },
    /// The write is not passed on and never answered.
    Timeout,
    /// The write is passed on after a while.
    Delay(Duration),
}

/// Kills the operator.
pub(super) type Kill = Arc<dyn Fn() + Send + Sync>;

/// The plan, and how far the writes have come.
#[derive(Default)]
pub(super) struct Faults {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    writes: u64,
    plan: BTreeMap<u64, Fault>,
    kill: Option<Kill>,
}

impl Faults {
    pub(super) fn plan(&self, write: u64, fault: Fault) {
        self.with(|state| state.plan.insert(write, fault));
    }

    pub(super) fn on_kill(&self, kill: Kill) {
        self.with(|state| state.kill = Some(kill));
    }

    /// Numbers begin again at 1, with no plan.
    pub(super) fn reset(&self) {
        self.with(|state| {
            state.writes = 0;
            state.plan.clear();
        });
    }

    pub(super) fn writes(&self) -> u64 {
        self.with(|state| state.writes)
    }

    /// Numbers a write, and says what strikes it.
    pub(super) fn next(&self) -> (u64, Option<Fault>) {
        self.with(|state| {
            state.writes += 1;
            (state.writes, state.plan.remove(&state.writes))
        })
    }

    pub(super) fn kill(&self) {
        // Taken out first: the hook waits for the process, and must not hold up other requests.
        if let Some(kill) = self.with(|state| state.kill.clone()) {
            kill();
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
