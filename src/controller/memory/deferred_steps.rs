//! Requests that Azure has refused: the same one is not sent again before its time, whatever wakes the object meanwhile.

use std::time::Instant;

use crate::plan::{Failure, Step};

/// A step that was refused in the last pass of an object.
#[derive(Clone, Debug)]
pub(in crate::controller) struct DeferredStep {
    /// The object's generation: who edits it wants it to be tried again.
    pub(in crate::controller) generation: i64,
    pub(in crate::controller) step: Step,
    pub(in crate::controller) failure: Failure,
    /// When it may be tried again.
    pub(in crate::controller) due: Instant,
}

impl DeferredStep {
    /// Whether the step is not to be taken now.
    pub(in crate::controller) fn holds(&self, generation: i64, step: &Step, now: Instant) -> bool {
        self.generation == generation && self.step == *step && self.due > now
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{api::Reason, plan::AzureStep};

    fn delete(name: &str) -> Step {
        let id = format!(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/{name}"
        );
        Step::Azure(AzureStep::DeleteAzureKey {
            id: id.parse().unwrap(),
        })
    }

    #[test]
    fn the_same_step_waits_until_it_is_due_and_another_or_of_another_generation_does_not() {
        let now = Instant::now();
        let deferred = DeferredStep {
            generation: 1,
            step: delete("a"),
            failure: Failure::to_fix(Reason::ScopeLocked, "no"),
            due: now + Duration::from_mins(1),
        };
        assert!(deferred.holds(1, &delete("a"), now));
        assert!(!deferred.holds(2, &delete("a"), now));
        assert!(!deferred.holds(1, &delete("b"), now));
        assert!(!deferred.holds(1, &delete("a"), now + Duration::from_mins(1)));
    }
}
