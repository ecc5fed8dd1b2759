//! What ends a command before its time.

use std::future::pending;

use tokio::{
    pin,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

/// Waits for Ctrl-C, for the end that a scheduler sends, and for that of the terminal.
pub(super) async fn interrupted() {
    tokio::select! {
        () = received(SignalKind::interrupt()) => {}
        () = received(SignalKind::terminate()) => {}
        () = received(SignalKind::hangup()) => {}
    }
}

async fn received(kind: SignalKind) {
    match signal(kind) {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(_) => pending().await,
    }
}

/// Lets work that has something to take back come to its end: a first signal is passed on to it, a second one ends it at
/// once. `None` when it was ended.
pub(super) async fn tidily<T>(
    stop: &CancellationToken,
    work: impl Future<Output = T>,
) -> Option<T> {
    pin!(work);
    tokio::select! {
        ended = &mut work => return Some(ended),
        () = interrupted() => stop.cancel(),
    }
    tokio::select! {
        _ = work => None,
        () = interrupted() => None,
    }
}
