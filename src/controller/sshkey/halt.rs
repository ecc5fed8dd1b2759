//! Where a pass of a reconcile has stopped, and why.

use std::time::{Duration, Instant};

use crate::{
    controller::memory::deferred_steps::DeferredStep,
    plan::{Failure, Observed, Step},
};

/// What came of one move.
pub(in crate::controller) enum Advance {
    /// It changed what is known: the plan is made again.
    On,
    /// Nothing more is done in this pass.
    Halted,
    /// Another has changed the object since it was read: the next reconcile decides what to do.
    Overtaken,
    /// Work outside of this reconcile has to be done first; it wakes the object.
    Waits,
}

/// Where a reconcile has stopped before everything was done.
#[derive(Default)]
pub(in crate::controller) struct Halt {
    /// The step that ended the pass, and why.
    pub(in crate::controller) at: Option<(Step, Failure)>,
    /// The steps that Azure refused, or did not answer, in this pass.
    pub(in crate::controller) by_azure: Vec<(Step, Failure)>,
    /// Those that were not even tried, since they were refused before.
    pub(in crate::controller) deferred: Vec<DeferredStep>,
    /// A step that nothing but itself waits for could not be had.
    pub(in crate::controller) is_held_up: bool,
}

impl Halt {
    /// Whether nothing stood against the pass.
    pub(in crate::controller) fn is_empty(&self) -> bool {
        let is_halted = self.at.is_some() || self.is_held_up;
        !is_halted && self.by_azure.is_empty() && self.deferred.is_empty()
    }

    /// Why the pass has ended.
    pub(in crate::controller) fn failure(&self) -> Option<&Failure> {
        self.at.as_ref().map(|(_, failure)| failure)
    }

    /// A step can't be had. An output holds up no other, nor Azure: what it met is what is known of it. One that is refused
    /// for good stops those that rest on it; the others go on. All else is tried again, with all that comes after it.
    pub(in crate::controller) fn stop(
        &mut self,
        observed: &mut Observed,
        step: Step,
        failure: Failure,
    ) -> Advance {
        if let Some(output) = step.output() {
            observed.output_failed(output, failure);
            self.is_held_up = true;
            return Advance::On;
        }
        if failure.is_to_fix() {
            observed.refuse(step, failure);
            self.is_held_up = true;
            return Advance::On;
        }
        self.at = Some((step, failure));
        Advance::Halted
    }

    /// How long nothing has to be tried again, if nothing was but what was refused before.
    pub(in crate::controller) fn wait(&self) -> Option<Duration> {
        let is_new = self.at.is_some() || !self.by_azure.is_empty();
        let due = self.deferred.iter().map(|deferred| deferred.due).min()?;
        (!is_new).then(|| due.saturating_duration_since(Instant::now()))
    }
}
