//! Objects that wait for their turn wait by name, and are called when it is near.
//!
//! A reconcile that waits is a task with all that it holds, and the runtime's controller polls each of them whenever one of
//! them moves: with ten thousand that wait, nearly all the time goes into asking them. So a reconcile whose turn is not
//! near ends at once, and the object is reconciled again when it is called. Where many are to be reconciled at once, all wait
//! here from the beginning, and the runtime hears of each when it is called.

use std::{collections::HashSet, sync::Arc};

use futures::channel::mpsc::UnboundedReceiver;
use parking_lot::Mutex;

use crate::controller::{memory::identity::Place, turns::line::Line, wakeups::Wakeups};

/// The objects that are at work or called, and those that wait.
#[derive(Debug)]
pub(in crate::controller) struct Calls {
    state: Mutex<State>,
    wakeups: Wakeups<Place>,
}

#[derive(Debug)]
struct State {
    /// How many more may be called or be at work.
    free: usize,
    line: Line<Arc<Place>>,
    waiting: HashSet<Arc<Place>>,
    /// Those that were called and have not come yet.
    called: HashSet<Arc<Place>>,
    /// Those of them that are to be called once more, since they may come as they were before.
    again: HashSet<Arc<Place>>,
}

/// An object that may be at work; the next is called when it is dropped.
#[derive(Debug)]
pub(in crate::controller) struct Called<'a>(&'a Calls);

impl Calls {
    /// For so many at work at once. Some more are called ahead, so that none of them waits for one that is on its way.
    pub(in crate::controller) fn new(workers: u16) -> Self {
        Self {
            state: Mutex::new(State {
                free: most(workers),
                line: Line::default(),
                waiting: HashSet::new(),
                called: HashSet::new(),
                again: HashSet::new(),
            }),
            wakeups: Wakeups::default(),
        }
    }

    /// An object comes to be reconciled; `None` when others go before it: then it is called later.
    pub(in crate::controller) fn come(&self, object: &Place) -> Option<Called<'_>> {
        let mut state = self.state.lock();
        if state.called.remove(object) {
            if state.again.remove(object) {
                state.wait(object);
            }
            return Some(Called(self));
        }
        if state.free > 0 && state.line.is_empty() {
            state.free -= 1;
            return Some(Called(self));
        }
        state.wait(object);
        None
    }

    /// An object is to be reconciled: it is called when its turn is near.
    pub(in crate::controller) fn want(&self, object: &Place) {
        let mut state = self.state.lock();
        if state.called.contains(object) {
            return;
        }
        self.line_up(&mut state, object);
    }

    /// The same, of an object that is another than before: the runtime may have taken it as it was for a call that is on its
    /// way.
    pub(in crate::controller) fn want_changed(&self, object: &Place) {
        let mut state = self.state.lock();
        if let Some(called) = state.called.get(object).cloned() {
            state.again.insert(called);
            return;
        }
        self.line_up(&mut state, object);
    }

    /// An object that was called has to wait after all, and comes by itself.
    pub(in crate::controller) fn decline(&self, object: &Place) {
        let mut state = self.state.lock();
        if state.called.remove(object) {
            if state.again.remove(object) {
                state.wait(object);
            }
            self.call_another(&mut state);
        }
    }

    fn line_up(&self, state: &mut State, object: &Place) {
        state.wait(object);
        if state.free > 0 {
            state.free -= 1;
            self.call_another(state);
        }
    }

    /// An object is gone: if it was called, another is called in its stead.
    pub(in crate::controller) fn leave(&self, object: &Place) {
        let mut state = self.state.lock();
        if state.waiting.remove(object) {
            state
                .line
                .leave(object.namespace(), |waiting| **waiting == *object);
        }
        state.again.remove(object);
        if state.called.remove(object) {
            self.call_another(&mut state);
        }
    }

    /// The objects that are called from now on.
    pub(in crate::controller) fn listen(&self) -> UnboundedReceiver<Place> {
        self.wakeups.listen()
    }

    fn call_another(&self, state: &mut State) {
        match state.line.next() {
            Some(next) => {
                self.wakeups.tell(&next);
                state.waiting.remove(&next);
                state.called.insert(next);
            }
            None => state.free += 1,
        }
    }
}

impl State {
    fn wait(&mut self, object: &Place) {
        if self.waiting.contains(object) {
            return;
        }
        let object = Arc::new(object.clone());
        self.waiting.insert(Arc::clone(&object));
        self.line.join(object.namespace(), Arc::clone(&object));
    }
}

impl Drop for Called<'_> {
    fn drop(&mut self) {
        self.0.call_another(&mut self.0.state.lock());
    }
}

/// How many are at work or called at once. An object that is called comes a twentieth of a second later.
fn most(workers: u16) -> usize {
    let workers = usize::from(workers.max(1));
    workers + (workers / 2).max(2)
}

/// How many reconciles the runtime's controller may hold: those that are called, and as many that come and are told to
/// wait.
pub(in crate::controller) fn most_held(workers: u16) -> u16 {
    u16::try_from(2 * most(workers)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(namespace: &str, number: usize) -> Place {
        Place::new("SshKey".into(), namespace, &number.to_string())
    }

    fn heard(calls: &mut UnboundedReceiver<Place>) -> Vec<Place> {
        std::iter::from_fn(|| calls.try_recv().ok()).collect()
    }

    #[test]
    fn a_burst_of_one_namespace_delays_anothers_single_object_by_one_call() {
        let calls = Calls::new(1);
        let mut called = calls.listen();
        let mut at_work: Vec<_> = (0..3)
            .filter_map(|one| calls.come(&key("a", one)))
            .collect();
        assert_eq!(at_work.len(), 3);
        for one in 3..1_000 {
            assert!(calls.come(&key("a", one)).is_none());
        }
        assert!(calls.come(&key("b", 0)).is_none());
        assert_eq!(heard(&mut called), []);
        at_work.clear();
        assert_eq!(heard(&mut called), [key("a", 3), key("b", 0), key("a", 4)]);
        assert!(calls.come(&key("b", 0)).is_some());
    }

    #[test]
    fn who_comes_again_while_it_waits_is_called_once() {
        let calls = Calls::new(1);
        let mut called = calls.listen();
        let at_work: Vec<_> = (0..3)
            .filter_map(|one| calls.come(&key("a", one)))
            .collect();
        for _ in 0..3 {
            assert!(calls.come(&key("b", 0)).is_none());
        }
        drop(at_work);
        assert_eq!(heard(&mut called), [key("b", 0)]);
        assert_eq!(calls.state.lock().free, 2);
    }

    #[test]
    fn objects_that_are_wanted_at_once_are_called_one_by_one() {
        let calls = Calls::new(1);
        let mut called = calls.listen();
        for number in 0..5 {
            calls.want(&key("a", number));
            calls.want(&key("a", number));
        }
        calls.want(&key("b", 0));
        assert_eq!(heard(&mut called), [key("a", 0), key("a", 1), key("a", 2)]);
        let first = calls.come(&key("a", 0)).unwrap();
        calls.want(&key("a", 0));
        drop(first);
        assert_eq!(heard(&mut called), [key("b", 0)]);
        for object in [key("a", 1), key("a", 2), key("b", 0), key("a", 3)] {
            drop(calls.come(&object).unwrap());
        }
        let rest = [key("a", 3), key("a", 4), key("a", 0)];
        assert_eq!(heard(&mut called), rest, "one that was at work comes again");
    }

    #[test]
    fn one_that_changes_after_it_was_called_is_called_once_more() {
        let calls = Calls::new(1);
        let mut called = calls.listen();
        calls.want(&key("a", 0));
        calls.want_changed(&key("a", 0));
        assert_eq!(heard(&mut called), [key("a", 0)]);
        drop(calls.come(&key("a", 0)).unwrap());
        assert_eq!(heard(&mut called), [key("a", 0)]);
        calls.want_changed(&key("a", 0));
        calls.decline(&key("a", 0));
        assert_eq!(heard(&mut called), [key("a", 0)]);
        calls.want_changed(&key("a", 0));
        calls.leave(&key("a", 0));
        assert_eq!(heard(&mut called), []);
        let state = calls.state.lock();
        assert_eq!(state.free, 3);
        assert!(state.again.is_empty() && state.waiting.is_empty());
    }

    #[test]
    fn nobody_overtakes_those_who_wait() {
        let calls = Calls::new(1);
        let mut at_work: Vec<_> = (0..3)
            .filter_map(|one| calls.come(&key("a", one)))
            .collect();
        assert!(calls.come(&key("a", 3)).is_none());
        at_work.pop();
        assert!(calls.come(&key("b", 0)).is_none(), "one was called before");
        assert!(calls.come(&key("a", 3)).is_some());
    }

    #[test]
    fn an_object_that_is_gone_keeps_nobody_waiting() {
        let calls = Calls::new(1);
        let mut called = calls.listen();
        let mut at_work: Vec<_> = (0..3)
            .filter_map(|one| calls.come(&key("a", one)))
            .collect();
        for one in 3..6 {
            assert!(calls.come(&key("a", one)).is_none());
        }
        calls.leave(&key("a", 4));
        at_work.pop();
        assert_eq!(heard(&mut called), [key("a", 3)]);
        calls.leave(&key("a", 3));
        assert_eq!(heard(&mut called), [key("a", 5)]);
        calls.leave(&key("a", 5));
        drop(at_work);
        let state = calls.state.lock();
        assert_eq!(state.free, 3);
        assert!(state.waiting.is_empty() && state.called.is_empty());
    }
}
