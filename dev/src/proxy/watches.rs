//! What becomes of watches: they fall silent, or end soon after they have begun.

use std::{
    io,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming};
use tokio::time::Sleep;
use tokio_util::sync::CancellationToken;

/// What all watches know.
#[derive(Default)]
pub(super) struct Watches(Mutex<State>);

#[derive(Default)]
struct State {
    /// Cancelled, and replaced, to silence all watches there are.
    silence: CancellationToken,
    ends_after: Option<Duration>,
    /// How many have begun that end soon.
    short: u64,
}

impl Watches {
    pub(super) fn silence(&self) {
        std::mem::take(&mut self.lock().silence).cancel();
    }

    pub(super) fn end_after(&self, time: Option<Duration>) {
        self.lock().ends_after = time;
    }

    /// How many were ended.
    pub(super) fn short(&self) -> u64 {
        self.lock().short
    }

    /// The answer to a watch that begins.
    pub(super) fn begun(&self, answer: Incoming) -> Watch {
        let mut state = self.lock();
        let end = state.ends_after.map(|time| {
            state.short += 1;
            // As a server's own time limit ends it, and as a broken connection does, by turns.
            let end = if state.short.is_multiple_of(2) {
                End::Cut
            } else {
                End::Clean
            };
            (Box::pin(tokio::time::sleep(time)), end)
        });
        Watch {
            answer,
            silence: state.silence.clone(),
            end,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a watch ends.
#[derive(Clone, Copy)]
enum End {
    Clean,
    Cut,
}

/// The body of an answer to a watch.
pub(super) struct Watch {
    answer: Incoming,
    silence: CancellationToken,
    end: Option<(Pin<Box<Sleep>>, End)>,
}

impl Body for Watch {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        // Nobody wakes it any more: what comes is not read, and the connection stays as it is until the client leaves.
        if self.silence.is_cancelled() {
            return Poll::Pending;
        }
        if let Some((time, end)) = &mut self.end
            && time.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(match end {
                End::Clean => None,
                End::Cut => Some(Err(io::ErrorKind::ConnectionAborted.into())),
            });
        }
        let frame = Pin::new(&mut self.answer).poll_frame(context);
        frame.map_err(io::Error::other)
    }
}
