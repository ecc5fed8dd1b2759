//! Requests that Azure has refused: the same one is not sent again before its time, whatever wakes the object meanwhile.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use crate::plan::{Failure, Step};

/// The refusals of the last pass of each object, by UID.
#[derive(Debug, Default)]
pub(in crate::controller) struct Refusals(Mutex<HashMap<String, Vec<Refused>>>);

/// A step that was refused.
#[derive(Clone, Debug)]
pub(in crate::controller) struct Refused {
    /// The object's generation: who edits it wants it to be tried again.
    pub(in crate::controller) generation: i64,
    pub(in crate::controller) step: Step,
    pub(in crate::controller) failure: Failure,
    /// When it may be tried again.
    pub(in crate::controller) due: Instant,
}

impl Refusals {
    /// The refusal for which the step is not to be taken now; `None` when it may be.
    pub(in crate::controller) fn of(
        &self,
        uid: &str,
        generation: i64,
        step: &Step,
        now: Instant,
    ) -> Option<Refused> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut refused = all.get(uid)?.iter();
        let holds = |refused: &&Refused| {
            refused.generation == generation && refused.step == *step && refused.due > now
        };
        refused.find(holds).cloned()
    }

    /// These steps were refused in the last pass, and no other.
    pub(in crate::controller) fn remember(&self, uid: &str, refused: Vec<Refused>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.is_empty() {
            all.remove(uid);
        } else {
            all.insert(uid.to_owned(), refused);
        }
    }

    /// Nothing of an object is refused any more.
    pub(in crate::controller) fn forget(&self, uid: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(uid);
    }

    /// How many there are.
    pub(in crate::controller) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::api::Reason;

    fn delete(name: &str) -> Step {
        let id = format!(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/{name}"
        );
        Step::DeleteAzureKey {
            id: id.parse().unwrap(),
        }
    }

    #[test]
    fn the_same_step_waits_until_it_is_due_and_another_or_of_another_generation_does_not() {
        let refusals = Refusals::default();
        let now = Instant::now();
        let refused = Refused {
            generation: 1,
            step: delete("a"),
            failure: Failure::to_fix(Reason::ScopeLocked, "no"),
            due: now + Duration::from_mins(1),
        };
        let other = Refused {
            step: delete("c"),
            ..refused.clone()
        };
        refusals.remember("u", vec![refused, other]);
        let of = |uid, generation, name, now| refusals.of(uid, generation, &delete(name), now);
        for name in ["a", "c"] {
            let refused = of("u", 1, name, now).unwrap();
            assert_eq!(refused.failure.reason, Reason::ScopeLocked);
        }
        assert!(of("u", 2, "a", now).is_none());
        assert!(of("u", 1, "b", now).is_none());
        assert!(of("v", 1, "a", now).is_none());
        assert!(of("u", 1, "a", now + Duration::from_mins(1)).is_none());
        refusals.remember("u", Vec::new());
        assert!(of("u", 1, "a", now).is_none());
        assert_eq!(refusals.len(), 0);
    }
}
