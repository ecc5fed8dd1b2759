//! Who waits for one bucket, and in which order they go: what is urgent first, and namespaces by turns, so that one with
//! a thousand keys holds up another's single key by one request and not by a thousand.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

/// On whose behalf something is sent.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The namespace, by which turns are taken; empty for what belongs to none.
    pub namespace: String,
    /// The object's UID: it waits once, however often it asks.
    pub object: String,
    /// Its generation: with another spec it may want something else.
    pub generation: i64,
    /// What Azure calls all requests of one reconcile, in `x-ms-correlation-request-id`: a GUID.
    /// <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>
    pub correlation: String,
    /// Whether nothing is done on its behalf but to answer a question: all work goes first.
    pub is_question: bool,
}

impl Caller {
    /// How urgent its requests are; those of a question come last.
    pub(super) fn urgency(&self, of_work: Urgency) -> Urgency {
        if self.is_question {
            Urgency::Repair
        } else {
            of_work
        }
    }

    /// Whether this is the caller that stood in line, with the same spec, in whichever reconcile.
    pub(super) fn is_still(&self, before: &Self) -> bool {
        self.namespace == before.namespace
            && self.object == before.object
            && self.generation == before.generation
    }
}

/// What goes before what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// First creations, deletions, and a public key that is another one in Azure.
    Prompt,
    /// Tags, and what only answers a question.
    Repair,
}

/// A caller that has not come back so long after its time no longer wants it, and holds up nobody.
const GRACE: SignedDuration = SignedDuration::from_secs(10);

/// Those who wait for one bucket.
#[derive(Debug, Default)]
pub(super) struct Line {
    prompt: Namespaces,
    repair: Namespaces,
    /// How many have had their turn.
    turns: u64,
}

type Namespaces = BTreeMap<String, Queue>;

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// When the namespace had its last turn, counted in turns.
    last: u64,
}

#[derive(Debug)]
struct Waiting {
    object: String,
    until: Timestamp,
}

impl Line {
    /// How many go before this one, whether it stands in the line or has yet to join it.
    pub(super) fn ahead(&self, caller: &Caller, urgency: Urgency) -> u32 {
        let more_urgent = match urgency {
            Urgency::Prompt => 0,
            Urgency::Repair => length(&self.prompt),
        };
        let peers = match urgency {
            Urgency::Prompt => &self.prompt,
            Urgency::Repair => &self.repair,
        };
        let own = peers.get(&caller.namespace);
        let last = own.map_or(0, |queue| queue.last);
        // Of each other namespace, as many as of the own, and one more of those whose turn is longer ago.
        let index = own.map_or(0, |queue| queue.index_of(&caller.object));
        let others: usize = peers
            .iter()
            .filter(|(namespace, _)| **namespace != caller.namespace)
            .map(|(namespace, queue)| {
                let is_first = (queue.last, namespace) < (last, &caller.namespace);
                queue.waiting.len().min(index + usize::from(is_first))
            })
            .sum();
        u32::try_from(more_urgent + others + index).unwrap_or(u32::MAX)
    }

    /// Stands in the line, or goes on standing in it, to come back at `until`.
    pub(super) fn join(&mut self, caller: &Caller, urgency: Urgency, until: Timestamp) {
        let (mine, other) = match urgency {
            Urgency::Prompt => (&mut self.prompt, &mut self.repair),
            Urgency::Repair => (&mut self.repair, &mut self.prompt),
        };
        remove(other, caller);
        let queue = mine.entry(caller.namespace.clone()).or_default();
        let mut waiting = queue.waiting.iter_mut();
        match waiting.find(|waiting| waiting.object == caller.object) {
            Some(waiting) => waiting.until = until,
            None => queue.waiting.push_back(Waiting {
                object: caller.object.clone(),
                until,
            }),
        }
    }

    /// Has had its turn.
    pub(super) fn go(&mut self, caller: &Caller, urgency: Urgency) {
        self.turns += 1;
        let turn = self.turns;
        let peers = match urgency {
            Urgency::Prompt => &mut self.prompt,
            Urgency::Repair => &mut self.repair,
        };
        if !peers.is_empty() {
            peers.entry(caller.namespace.clone()).or_default().last = turn;
        }
        self.leave(caller);
    }

    /// Waits no more.
    pub(super) fn leave(&mut self, caller: &Caller) {
        for peers in [&mut self.prompt, &mut self.repair] {
            remove(peers, caller);
            forget_turns(peers);
        }
    }

    /// Forgets those who did not come back; whether there were any.
    pub(super) fn forget_absent(&mut self, now: Timestamp) -> bool {
        let before = self.len();
        for peers in [&mut self.prompt, &mut self.repair] {
            for queue in peers.values_mut() {
                queue
                    .waiting
                    .retain(|waiting| now.duration_since(waiting.until) < GRACE);
            }
            forget_turns(peers);
        }
        self.len() < before
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        length(&self.prompt) + length(&self.repair)
    }
}

impl Queue {
    /// Its place among those of its namespace; that behind all of them, when it is not there.
    fn index_of(&self, object: &str) -> usize {
        let mut waiting = self.waiting.iter();
        let place = waiting.position(|waiting| waiting.object == object);
        place.unwrap_or(self.waiting.len())
    }
}

fn length(namespaces: &Namespaces) -> usize {
    namespaces.values().map(|queue| queue.waiting.len()).sum()
}

fn remove(namespaces: &mut Namespaces, caller: &Caller) {
    if let Some(queue) = namespaces.get_mut(&caller.namespace) {
        queue
            .waiting
            .retain(|waiting| waiting.object != caller.object);
    }
}

/// Whose turn it was matters only while somebody waits.
fn forget_turns(namespaces: &mut Namespaces) {
    if length(namespaces) == 0 {
        namespaces.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(namespace: &str, object: &str) -> Caller {
        Caller {
            namespace: namespace.to_owned(),
            object: object.to_owned(),
            generation: 1,
            correlation: String::new(),
            is_question: false,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn many(line: &mut Line, namespace: &str, count: usize) {
        for number in 0..count {
            let one = caller(namespace, &format!("{namespace}{number}"));
            line.join(&one, Urgency::Prompt, at(0));
        }
    }

    #[test]
    fn a_single_key_is_held_up_by_one_of_anothers_thousand() {
        let mut line = Line::default();
        many(&mut line, "a", 1_000);
        let single = caller("b", "b0");
        assert!(line.ahead(&single, Urgency::Prompt) <= 1);
        line.join(&single, Urgency::Prompt, at(0));
        assert_eq!(line.ahead(&caller("a", "a500"), Urgency::Prompt), 501);
    }

    #[test]
    fn namespaces_take_turns() {
        let mut line = Line::default();
        many(&mut line, "a", 4);
        many(&mut line, "b", 2);
        let mut order = Vec::new();
        while line.len() > 0 {
            let all = [("a", 4), ("b", 2)];
            let callers = all.into_iter().flat_map(|(namespace, count)| {
                (0..count).map(move |number| caller(namespace, &format!("{namespace}{number}")))
            });
            let next = callers
                .filter(|one| !order.contains(&one.object))
                .find(|one| line.ahead(one, Urgency::Prompt) == 0)
                .unwrap();
            line.go(&next, Urgency::Prompt);
            order.push(next.object);
        }
        assert_eq!(order, ["a0", "b0", "a1", "b1", "a2", "a3"]);
    }

    #[test]
    fn tags_wait_for_everything_else() {
        let mut line = Line::default();
        let tags = caller("a", "tags");
        line.join(&tags, Urgency::Repair, at(0));
        many(&mut line, "b", 3);
        assert_eq!(line.ahead(&tags, Urgency::Repair), 3);
        assert_eq!(line.ahead(&caller("c", "new"), Urgency::Prompt), 1);
    }

    #[test]
    fn a_caller_that_asks_again_keeps_its_place_and_one_that_stays_away_loses_it() {
        let mut line = Line::default();
        many(&mut line, "a", 3);
        line.join(&caller("a", "a1"), Urgency::Prompt, at(60));
        assert_eq!(line.ahead(&caller("a", "a1"), Urgency::Prompt), 1);
        assert!(line.forget_absent(at(20)));
        assert_eq!(line.len(), 1);
        assert_eq!(line.ahead(&caller("a", "a1"), Urgency::Prompt), 0);
        assert!(!line.forget_absent(at(20)));
    }
}
