//! When objects are reconciled again, if nothing else wakes them before. A time takes sixteen bytes of what is kept of an
//! object anyway; kube would keep its name, version and UID twice for it.

use std::time::{Duration, Instant};

use crate::controller::memory::{
    identity::{Identity, Place},
    objects::Memory,
};

impl Memory {
    /// A reconcile has ended: the next is due after this time.
    pub(in crate::controller) fn is_due_after(&self, of: impl Into<Identity>, after: Duration) {
        let due = Instant::now().checked_add(after);
        self.change(of, |kept| kept.due = due);
    }

    /// The objects that are due by now, each once, and whether something is the matter with them.
    pub(in crate::controller) fn take_due(&self, now: Instant) -> Vec<(Place, bool)> {
        let mut due = Vec::new();
        self.entries.lock().retain(|place, entry| {
            if entry.kept.due.take_if(|due| *due <= now).is_none() {
                return true;
            }
            due.push((place.clone(), entry.kept.is_in_trouble()));
            !entry.kept.is_empty()
        });
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api::SshKey, controller::memory::patience::Patience};

    fn key(name: &str) -> Identity {
        Identity::of::<SshKey>("team", name, "uid")
    }

    #[test]
    fn an_object_is_due_once_and_not_while_it_is_at_work() {
        let memory = Memory::new(Duration::from_secs(1), Duration::from_secs(1));
        let now = Instant::now();
        for (name, after) in [("a", 10), ("b", 10), ("c", 60)] {
            memory.is_due_after(key(name), Duration::from_secs(after));
        }
        memory.begin_work(key("b"));
        assert_eq!(memory.take_due(now), []);
        let later = now + Duration::from_secs(30);
        assert_eq!(memory.take_due(later), [(key("a").place, false)]);
        assert_eq!(memory.take_due(later), []);
        assert!(!memory.end_work(key("b")));
        memory.is_due_after(key("b"), Duration::ZERO);
        memory.change(key("b"), |kept| kept.patience = Some(Patience::default()));
        assert_eq!(memory.take_due(later), [(key("b").place, true)]);
        let left = memory.entries.lock().len();
        assert_eq!(left, 2, "the one that is not due, and the one in trouble");
    }
}
