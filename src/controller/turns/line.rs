//! Who is next: namespaces take turns, so that one with a thousand objects holds up another's single one by one and not by a
//! thousand. Within a namespace, who came first goes first.

use std::collections::{BTreeSet, HashMap, VecDeque};

/// Of so many namespaces it is kept when they had their last turn, before all is forgotten.
const MOST_REMEMBERED: usize = 1_000;

/// Those who wait, by namespace.
#[derive(Debug)]
pub(in crate::controller) struct Line<T> {
    waiting: HashMap<String, Queue<T>>,
    /// The namespaces that wait, in the order of their turns.
    order: BTreeSet<Place>,
    /// When each namespace had its last turn, counted in turns.
    last: HashMap<String, u64>,
    turns: u64,
    /// How many ever began to wait.
    joined: u64,
}

/// When a namespace had its last turn, when its first one began to wait, and which it is.
type Place = (u64, u64, String);

#[derive(Debug)]
struct Queue<T> {
    all: VecDeque<T>,
    /// When the first of them began to wait.
    since: u64,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self {
            waiting: HashMap::new(),
            order: BTreeSet::new(),
            last: HashMap::new(),
            turns: 0,
            joined: 0,
        }
    }
}

impl<T> Line<T> {
    /// Stands at the end of the line of a namespace.
    pub(in crate::controller) fn join(&mut self, namespace: &str, one: T) {
        self.joined += 1;
        if let Some(queue) = self.waiting.get_mut(namespace) {
            queue.all.push_back(one);
            return;
        }
        let queue = Queue {
            all: VecDeque::from([one]),
            since: self.joined,
        };
        self.order.insert(self.place(namespace, queue.since));
        self.waiting.insert(namespace.to_owned(), queue);
    }

    /// Takes out the one whose turn it is: of the namespace whose last turn is the longest ago.
    pub(in crate::controller) fn next(&mut self) -> Option<T> {
        let (_, since, namespace) = self.order.pop_first()?;
        let queue = self.waiting.get_mut(&namespace)?;
        let next = queue.all.pop_front();
        let is_empty = queue.all.is_empty();
        self.turns += 1;
        self.last.insert(namespace.clone(), self.turns);
        if is_empty {
            self.close(&namespace);
        } else {
            self.order.insert((self.turns, since, namespace));
        }
        next
    }

    /// Takes out those of a namespace who do not wait any more.
    pub(in crate::controller) fn leave(&mut self, namespace: &str, leaves: impl Fn(&T) -> bool) {
        let Some(queue) = self.waiting.get_mut(namespace) else {
            return;
        };
        queue.all.retain(|one| !leaves(one));
        if queue.all.is_empty() {
            let since = queue.since;
            self.order.remove(&self.place(namespace, since));
            self.close(namespace);
        }
    }

    fn place(&self, namespace: &str, since: u64) -> Place {
        let last = self.last.get(namespace).copied().unwrap_or_default();
        (last, since, namespace.to_owned())
    }

    fn close(&mut self, namespace: &str) {
        self.waiting.remove(namespace);
        // Who has had a turn goes after who has not, also when nobody has waited in between.
        if self.waiting.is_empty() && self.last.len() > MOST_REMEMBERED {
            self.last.clear();
        }
    }

    /// Whether nobody waits.
    pub(in crate::controller) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many wait.
    #[cfg(test)]
    pub(in crate::controller) fn len(&self) -> usize {
        self.waiting.values().map(|queue| queue.all.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(all: &[(&str, usize)]) -> Line<String> {
        let mut line = Line::default();
        for (namespace, count) in all {
            for number in 0..*count {
                line.join(namespace, format!("{namespace}{number}"));
            }
        }
        line
    }

    fn rest(line: &mut Line<String>) -> Vec<String> {
        std::iter::from_fn(|| line.next()).collect()
    }

    #[test]
    fn namespaces_take_turns_and_within_one_the_first_goes_first() {
        let mut line = line(&[("a", 4), ("b", 2), ("c", 1)]);
        assert_eq!(line.len(), 7);
        assert_eq!(rest(&mut line), ["a0", "b0", "c0", "a1", "b1", "a2", "a3"]);
        assert_eq!(line.len(), 0);
    }

    #[test]
    fn a_newcomer_comes_before_the_next_of_who_had_a_turn() {
        let mut line = line(&[("a", 1_000), ("b", 1_000)]);
        line.next();
        line.join("new", "new0".to_owned());
        let before = rest(&mut line)
            .iter()
            .position(|one| one == "new0")
            .unwrap();
        assert_eq!(
            before, 1,
            "only the one that came before and had no turn yet"
        );
    }

    #[test]
    fn coming_back_again_and_again_gives_no_namespace_more_turns() {
        let mut line = line(&[("a", 1), ("b", 3)]);
        let mut order = Vec::new();
        while let Some(one) = line.next() {
            if one.starts_with('a') && order.len() < 4 {
                line.join("a", "a".to_owned());
            }
            order.push(one);
        }
        assert_eq!(order, ["a0", "b0", "a", "b1", "a", "b2"]);
    }

    #[test]
    fn who_went_when_nobody_else_waited_has_had_a_turn() {
        let mut line = line(&[("a", 1)]);
        assert_eq!(line.next().as_deref(), Some("a0"));
        for one in ["a1", "b0"] {
            line.join(&one[..1], one.to_owned());
        }
        assert_eq!(rest(&mut line), ["b0", "a1"]);
    }

    #[test]
    fn who_leaves_is_passed_over() {
        let mut line = line(&[("a", 2), ("b", 1), ("c", 1)]);
        line.leave("a", |one| one == "a0");
        line.leave("b", |_| true);
        line.leave("nobody", |_| true);
        assert_eq!(rest(&mut line), ["a1", "c0"]);
    }
}
