//! Calls the keys whose time has come, and ends the claims of names whose time is over.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::controller::{
    action::Action, context::Context, memory::watched_key::WatchedKey, turns::calls::Work,
};

/// How often it is looked whose time has come.
const LOOK: Duration = Duration::from_secs(1);
/// Shorter times are left to kube, which is exact: a turn to write to Azure is waited for at most a minute in one go, and
/// who comes late to it holds up those behind.
const SHORT: Duration = Duration::from_secs(75);

/// Keeps when a key is due next. Returns what of it is left to kube.
pub(in crate::controller) fn keep(context: &Context, key: &WatchedKey, action: Action) -> Action {
    match action.after {
        Some(after) if after >= SHORT => {
            context.memory.is_due_after(key, after);
            Action::await_change()
        }
        _ => action,
    }
}

/// Calls keys when they are due, and ends old claims, until `shutdown` comes.
pub async fn call_due_keys(context: Arc<Context>, shutdown: CancellationToken) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown.run_until_cancelled(looks.tick()).await.is_some() {
        let now = Instant::now();
        for (key, is_in_trouble) in context.memory.take_due(now) {
            let work = if is_in_trouble {
                Work::Asked
            } else {
                Work::Upkeep
            };
            context.calls.want(&key, work);
        }
        context.claims.end_old(now);
    }
}
