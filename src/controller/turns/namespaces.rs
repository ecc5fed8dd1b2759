//! So many reconciles at once, and namespaces take turns at them.

use futures::channel::oneshot;
use parking_lot::{Mutex, MutexGuard};

use crate::controller::turns::line::Line;

/// Reconciles at once, and those who wait to be one of them.
#[derive(Debug)]
pub(in crate::controller) struct Turns(Mutex<State>);

#[derive(Debug)]
struct State {
    free: usize,
    line: Line<oneshot::Sender<()>>,
}

/// A turn; it goes to the next when it is dropped.
#[derive(Debug)]
pub(in crate::controller) struct Turn<'a>(&'a Turns);

impl Turns {
    /// So many at once.
    pub(in crate::controller) fn new(count: usize) -> Self {
        Self(Mutex::new(State {
            free: count.max(1),
            line: Line::default(),
        }))
    }

    /// Waits for a turn. Who stops waiting takes none.
    pub(in crate::controller) async fn take(&self, namespace: &str) -> Turn<'_> {
        let wait = {
            let mut state = self.lock();
            if state.free > 0 {
                state.free -= 1;
                return Turn(self);
            }
            let (sender, receiver) = oneshot::channel();
            state.line.join(namespace, sender);
            receiver
        };
        let handed = Handed { turns: self, wait };
        handed.over().await
    }

    /// A turn has ended: the next one who still waits has it, or it is free.
    fn pass_on(&self) {
        let mut state = self.lock();
        while let Some(next) = state.line.next() {
            if next.send(()).is_ok() {
                return;
            }
        }
        state.free += 1;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.pass_on();
    }
}

/// One who waits. A turn that was given to one who is dropped at this moment is passed on.
struct Handed<'a> {
    turns: &'a Turns,
    wait: oneshot::Receiver<()>,
}

impl<'a> Handed<'a> {
    async fn over(mut self) -> Turn<'a> {
        // The sender is dropped only after it has sent.
        let _ = (&mut self.wait).await;
        self.wait.close();
        Turn(self.turns)
    }
}

impl Drop for Handed<'_> {
    fn drop(&mut self) {
        self.wait.close();
        // Taken out already when `over` has ended.
        if let Ok(Some(())) = self.wait.try_recv() {
            self.turns.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future, pin::Pin, task::Poll};

    use futures::{FutureExt, poll};

    use super::*;

    type Waiting<'a> = Pin<Box<dyn Future<Output = Turn<'a>> + 'a>>;

    async fn is_there<'a>(one: &mut Waiting<'a>) -> Option<Turn<'a>> {
        match poll!(one) {
            Poll::Ready(turn) => Some(turn),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn a_burst_of_one_namespace_delays_anothers_single_object_by_one_turn() {
        let turns = Turns::new(2);
        let first = turns.take("a").await;
        let second = turns.take("a").await;
        let mut burst: Vec<Waiting<'_>> = Vec::new();
        for _ in 0..1_000 {
            let mut one = turns.take("a").boxed_local();
            assert!(is_there(&mut one).await.is_none());
            burst.push(one);
        }
        let mut single: Waiting<'_> = turns.take("b").boxed_local();
        assert!(is_there(&mut single).await.is_none());
        drop(first);
        let of_burst = is_there(&mut burst[0]).await.unwrap();
        assert!(is_there(&mut single).await.is_none());
        drop(second);
        assert!(is_there(&mut single).await.is_some());
        drop(of_burst);
    }

    #[tokio::test]
    async fn a_turn_of_one_who_has_stopped_waiting_is_not_lost() {
        let turns = Turns::new(1);
        let only = turns.take("a").await;
        let mut gone = turns.take("a").boxed_local();
        assert!(is_there(&mut gone).await.is_none());
        let mut given = turns.take("b").boxed_local();
        assert!(is_there(&mut given).await.is_none());
        drop(gone);
        drop(only);
        // It was given to this one, who stops without having looked.
        drop(given);
        let last = turns.take("c").await;
        drop(last);
        assert_eq!(turns.lock().free, 1);
    }
}
