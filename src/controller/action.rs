//! What comes after a reconcile. Kube has the same, and keeps the time in it to itself.

use std::time::Duration;

use kube::runtime::controller;

/// When an object is reconciled again, if nothing else wakes it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::controller) struct Action {
    /// How long it waits until then. `None`: until it changes.
    pub(in crate::controller) after: Option<Duration>,
}

impl Action {
    /// After some time.
    pub(in crate::controller) const fn requeue(after: Duration) -> Self {
        Self { after: Some(after) }
    }

    /// When it has changed.
    pub(in crate::controller) const fn await_change() -> Self {
        Self { after: None }
    }
}

impl From<Action> for controller::Action {
    fn from(action: Action) -> Self {
        action.after.map_or_else(Self::await_change, Self::requeue)
    }
}
