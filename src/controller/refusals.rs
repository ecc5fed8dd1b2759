//! Requests that Azure has refused: the same one is not sent again before its time, whatever wakes the object meanwhile.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::plan::{Failure, Step};

/// The last refusal of each object, by UID.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<HashMap<String, Refused>>);

/// A step that was refused.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    /// The object's generation: who edits it wants it to be tried again.
    pub(super) generation: i64,
    pub(super) step: Step,
    pub(super) failure: Failure,
    /// When it may be tried again.
    pub(super) due: Instant,
}

impl Refusals {
    /// Why the step is not to be taken now, and how long not; `None` when it may be.
    pub(super) fn of(
        &self,
        uid: &str,
        generation: i64,
        step: &Step,
        now: Instant,
    ) -> Option<(Failure, Duration)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = all.get(uid)?;
        let is_it = refused.generation == generation && refused.step == *step;
        (is_it && refused.due > now)
            .then(|| (refused.failure.clone(), refused.due.duration_since(now)))
    }

    /// A step was refused.
    pub(super) fn remember(&self, uid: &str, refused: Refused) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(uid.to_owned(), refused);
    }

    /// Nothing of an object is refused any more.
    pub(super) fn forget(&self, uid: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(uid);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
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
        refusals.remember("u", refused);
        let (failure, wait) = refusals.of("u", 1, &delete("a"), now).unwrap();
        assert_eq!((failure.reason, wait.as_secs()), (Reason::ScopeLocked, 60));
        assert_eq!(refusals.of("u", 2, &delete("a"), now), None);
        assert_eq!(refusals.of("u", 1, &delete("b"), now), None);
        assert_eq!(refusals.of("v", 1, &delete("a"), now), None);
        let later = now + Duration::from_mins(1);
        assert_eq!(refusals.of("u", 1, &delete("a"), later), None);
        refusals.forget("u");
        assert_eq!(refusals.of("u", 1, &delete("a"), now), None);
    }
}
