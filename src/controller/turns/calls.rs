//! Objects that wait for their turn wait by name, and are called when it is near.
//!
//! A reconcile that waits is a task with all that it holds, and the runtime's controller polls each of them whenever one of
//! them moves: with ten thousand that wait, nearly all the time goes into asking them. So a reconcile whose turn is not
//! near ends at once, and the object is reconciled again when it is called. Where many are to be reconciled at once, all wait
//! here from the beginning, and the runtime hears of each when it is called.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures::channel::mpsc::UnboundedReceiver;
use parking_lot::Mutex;

use crate::controller::{memory::identity::Place, turns::line::Line, wakeups::Wakeups};

/// Whether a user waits for the reconcile of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::controller) enum Work {
    /// A user waits: the object is new, has changed, or is not Ready.
    Asked,
    /// No user waits: the operator checks a Ready object again, or deletes it. Beside asked work, upkeep takes a quarter of the
    /// turns: an API server with forty requests under way answers each of them slowly.
    Upkeep,
}

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
    /// How many of those that are called or at work are asked for, and how many are upkeep.
    asked: usize,
    upkeep: usize,
    /// The upkeep that has its turns whatever else waits.
    share: usize,
    asked_line: Line<Arc<Place>>,
    /// One that was asked for since may still stand here: only its place in the other line counts.
    upkeep_line: Line<Arc<Place>>,
    waiting: HashMap<Arc<Place>, Work>,
    /// Those that were called and have not come yet.
    called: HashMap<Arc<Place>, Work>,
    /// Those of them that are to be called once more, since they may come as they were before.
    again: HashSet<Arc<Place>>,
}

/// An object that may be at work; the next is called when it is dropped.
#[derive(Debug)]
pub(in crate::controller) struct Called<'a> {
    calls: &'a Calls,
    work: Work,
}

impl Calls {
    /// For so many at work at once. Some more are called ahead, so that none of them waits for one that is on its way.
    pub(in crate::controller) fn new(workers: u16) -> Self {
        Self {
            state: Mutex::new(State {
                free: most(workers),
                asked: 0,
                upkeep: 0,
                share: usize::from(workers / 4).max(1),
                asked_line: Line::default(),
                upkeep_line: Line::default(),
                waiting: HashMap::new(),
                called: HashMap::new(),
                again: HashSet::new(),
            }),
            wakeups: Wakeups::default(),
        }
    }

    /// An object comes to be reconciled; `None` when others go before it: then it is called later.
    pub(in crate::controller) fn come(&self, object: &Place, work: Work) -> Option<Called<'_>> {
        let mut state = self.state.lock();
        if let Some(work) = state.called.remove(object) {
            if state.again.remove(object) {
                state.wait(object, Work::Asked);
            }
            return Some(Called { calls: self, work });
        }
        if state.has_room(work) && state.line(work).is_empty() {
            state.begin(work);
            state.waiting.remove(object);
            return Some(Called { calls: self, work });
        }
        state.wait(object, work);
        None
    }

    /// An object is to be reconciled: it is called when its turn is near.
    pub(in crate::controller) fn want(&self, object: &Place, work: Work) {
        let mut state = self.state.lock();
        if !state.called.contains_key(object) {
            state.wait(object, work);
            self.call(&mut state);
        }
    }

    /// The same, of an object that is another than before: the runtime may have taken it as it was for a call that is on its
    /// way.
    pub(in crate::controller) fn want_changed(&self, object: &Place) {
        let mut state = self.state.lock();
        if let Some((called, _)) = state.called.get_key_value(object) {
            let called = Arc::clone(called);
            state.again.insert(called);
            return;
        }
        state.wait(object, Work::Asked);
        self.call(&mut state);
    }

    /// An object that was called has to wait after all, and comes by itself.
    pub(in crate::controller) fn decline(&self, object: &Place) {
        let mut state = self.state.lock();
        if let Some(work) = state.called.remove(object) {
            if state.again.remove(object) {
                state.wait(object, Work::Asked);
            }
            self.end(&mut state, work);
        }
    }

    /// An object is gone: if it was called, another is called in its stead.
    pub(in crate::controller) fn leave(&self, object: &Place) {
        let mut state = self.state.lock();
        if let Some(work) = state.waiting.remove(object) {
            let line = state.line(work);
            line.leave(object.namespace(), |waiting| **waiting == *object);
        }
        state.again.remove(object);
        if let Some(work) = state.called.remove(object) {
            self.end(&mut state, work);
        }
    }

    /// The objects that are called from now on.
    pub(in crate::controller) fn listen(&self) -> UnboundedReceiver<Place> {
        self.wakeups.listen()
    }

    fn end(&self, state: &mut State, work: Work) {
        state.free += 1;
        *state.under_way(work) -= 1;
        self.call(state);
    }

    /// Calls those whose turn is near.
    fn call(&self, state: &mut State) {
        while let Some((next, work)) = state.next() {
            self.wakeups.tell(&next);
            state.called.insert(next, work);
        }
    }
}

impl State {
    fn wait(&mut self, object: &Place, work: Work) {
        match self.waiting.get(object) {
            Some(Work::Asked) => return,
            Some(Work::Upkeep) if work == Work::Upkeep => return,
            _ => {}
        }
        let object = Arc::new(object.clone());
        self.waiting.insert(Arc::clone(&object), work);
        self.line(work)
            .join(object.namespace(), Arc::clone(&object));
    }

    /// Takes the next out of its line, if there is room for one.
    fn next(&mut self) -> Option<(Arc<Place>, Work)> {
        // What nobody waits for has its share first, or a burst would keep it waiting for as long as it lasts.
        [Work::Upkeep, Work::Asked].into_iter().find_map(|work| {
            while self.has_room(work) {
                let next = self.line(work).next()?;
                if self.waiting.get(&next) == Some(&work) {
                    self.waiting.remove(&next);
                    self.begin(work);
                    return Some((next, work));
                }
            }
            None
        })
    }

    fn has_room(&self, work: Work) -> bool {
        let is_alone = self.asked == 0 && self.asked_line.is_empty();
        self.free > 0 && (work == Work::Asked || self.upkeep < self.share || is_alone)
    }

    fn begin(&mut self, work: Work) {
        self.free -= 1;
        *self.under_way(work) += 1;
    }

    fn line(&mut self, work: Work) -> &mut Line<Arc<Place>> {
        match work {
            Work::Asked => &mut self.asked_line,
            Work::Upkeep => &mut self.upkeep_line,
        }
    }

    fn under_way(&mut self, work: Work) -> &mut usize {
        match work {
            Work::Asked => &mut self.asked,
            Work::Upkeep => &mut self.upkeep,
        }
    }
}

impl Drop for Called<'_> {
    fn drop(&mut self) {
        self.calls.end(&mut self.calls.state.lock(), self.work);
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
    use std::collections::VecDeque;

    use super::*;

    fn key(namespace: &str, number: usize) -> Place {
        Place::new("SshKey".into(), namespace, &number.to_string())
    }

    fn heard(calls: &mut UnboundedReceiver<Place>) -> Vec<Place> {
        std::iter::from_fn(|| calls.try_recv().ok()).collect()
    }

    /// Three objects of one namespace at work, which are all turns of one worker.
    fn three_at_work(calls: &Calls) -> Vec<Called<'_>> {
        (0..3)
            .filter_map(|one| calls.come(&key("a", one), Work::Asked))
            .collect()
    }

    #[test]
    fn a_burst_of_one_namespace_delays_anothers_single_object_by_one_call() {
        let calls = Calls::new(1);
        let mut called = calls.listen();
        let mut at_work = three_at_work(&calls);
        assert_eq!(at_work.len(), 3);
        for one in 3..1_000 {
            assert!(calls.come(&key("a", one), Work::Asked).is_none());
        }
        assert!(calls.come(&key("b", 0), Work::Asked).is_none());
        assert_eq!(heard(&mut called), []);
        at_work.clear();
        assert_eq!(heard(&mut called), [key("a", 3), key("b", 0), key("a", 4)]);
        assert!(calls.come(&key("b", 0), Work::Asked).is_some());
    }

    #[test]
    fn who_comes_again_while_it_waits_is_called_once() {
        let calls = Calls::new(1);
        let mut called = calls.listen();
        let at_work = three_at_work(&calls);
        for _ in 0..3 {
            assert!(calls.come(&key("b", 0), Work::Asked).is_none());
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
            calls.want(&key("a", number), Work::Asked);
            calls.want(&key("a", number), Work::Asked);
        }
        calls.want(&key("b", 0), Work::Asked);
        assert_eq!(heard(&mut called), [key("a", 0), key("a", 1), key("a", 2)]);
        let first = calls.come(&key("a", 0), Work::Asked).unwrap();
        calls.want(&key("a", 0), Work::Asked);
        drop(first);
        assert_eq!(heard(&mut called), [key("b", 0)]);
        for object in [key("a", 1), key("a", 2), key("b", 0), key("a", 3)] {
            drop(calls.come(&object, Work::Asked).unwrap());
        }
        let rest = [key("a", 3), key("a", 4), key("a", 0)];
        assert_eq!(heard(&mut called), rest, "one that was at work comes again");
    }

    #[test]
    fn one_that_changes_after_it_was_called_is_called_once_more() {
        let calls = Calls::new(1);
        let mut called = calls.listen();
        calls.want(&key("a", 0), Work::Asked);
        calls.want_changed(&key("a", 0));
        assert_eq!(heard(&mut called), [key("a", 0)]);
        drop(calls.come(&key("a", 0), Work::Asked).unwrap());
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
    fn upkeep_has_all_turns_while_nothing_is_asked_for_and_a_quarter_beside_it() {
        let calls = Calls::new(12);
        let mut called = calls.listen();
        for number in 0..30 {
            calls.want(&key("many", number), Work::Upkeep);
        }
        let mut at_work: VecDeque<_> = heard(&mut called)
            .iter()
            .map(|key| calls.come(key, Work::Upkeep).unwrap())
            .collect();
        assert_eq!(at_work.len(), 18);
        for number in 0..18 {
            assert!(calls.come(&key("new", number), Work::Asked).is_none());
        }
        for number in 0..15 {
            at_work.pop_front();
            assert_eq!(heard(&mut called), [key("new", number)]);
        }
        at_work.pop_front();
        let next = heard(&mut called);
        assert_eq!(next, [key("many", 18)], "a burst stops no upkeep");
        at_work.clear();
        assert_eq!(heard(&mut called), [key("many", 19), key("many", 20)]);
    }

    #[test]
    fn upkeep_goes_on_with_all_turns_once_what_was_asked_for_is_done() {
        let calls = Calls::new(12);
        let mut called = calls.listen();
        let asked = calls.come(&key("new", 0), Work::Asked).unwrap();
        for number in 0..30 {
            calls.want(&key("many", number), Work::Upkeep);
        }
        assert_eq!(heard(&mut called).len(), 3);
        drop(asked);
        assert_eq!(heard(&mut called).len(), 15);
        assert_eq!(calls.state.lock().free, 0);
    }

    #[test]
    fn an_object_that_is_asked_for_while_it_waits_for_upkeep_is_called_once() {
        let calls = Calls::new(1);
        let mut called = calls.listen();
        let mut at_work = three_at_work(&calls);
        for number in 3..6 {
            calls.want(&key("a", number), Work::Upkeep);
        }
        calls.want_changed(&key("a", 5));
        calls.want(&key("a", 5), Work::Upkeep);
        at_work.pop();
        assert_eq!(heard(&mut called), [key("a", 3)]);
        at_work.pop();
        assert_eq!(heard(&mut called), [key("a", 5)]);
        at_work.clear();
        for one in [3, 5, 4] {
            drop(calls.come(&key("a", one), Work::Asked).unwrap());
        }
        assert_eq!(heard(&mut called), [key("a", 4)]);
        let state = calls.state.lock();
        assert_eq!((state.free, state.asked, state.upkeep), (3, 0, 0));
        assert!(state.waiting.is_empty() && state.called.is_empty());
    }

    #[test]
    fn nobody_overtakes_those_who_wait() {
        let calls = Calls::new(1);
        let mut at_work = three_at_work(&calls);
        assert!(calls.come(&key("a", 3), Work::Asked).is_none());
        at_work.pop();
        assert!(
            calls.come(&key("b", 0), Work::Asked).is_none(),
            "one was called before"
        );
        assert!(calls.come(&key("a", 3), Work::Asked).is_some());
    }

    #[test]
    fn an_object_that_is_gone_keeps_nobody_waiting() {
        let calls = Calls::new(1);
        let mut called = calls.listen();
        let mut at_work = three_at_work(&calls);
        for one in 3..6 {
            assert!(calls.come(&key("a", one), Work::Asked).is_none());
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
