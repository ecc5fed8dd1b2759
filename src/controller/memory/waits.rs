//! How long objects wait, and what for.

use std::time::{Duration, Instant};

use kube::Resource;

use crate::{
    controller::memory::{
        backoff::Backoff,
        deferred_steps::DeferredStep,
        identity::Identity,
        objects::Memory,
        tag_repairs::{Repaired, Tags},
    },
    plan::Step,
};

impl Memory {
    /// The object failed again: how long to wait.
    pub(in crate::controller) fn next_backoff(&self, of: impl Into<Identity>) -> Duration {
        self.change(of, |kept| {
            let backoff = kept
                .backoff
                .get_or_insert_with(|| Box::new(self.begin_backoff()));
            backoff.next()
        })
    }

    /// The object did not fail: the next failure is a first one.
    pub(in crate::controller) fn reset_backoff(&self, of: impl Into<Identity>) {
        self.change(of, |kept| kept.backoff = None);
    }

    /// The waits after one failure and those that follow it, for a caller that counts them itself.
    pub(in crate::controller) fn begin_backoff(&self) -> Backoff {
        self.backoffs.begin()
    }

    /// An object can't go on until somebody acts: how long to wait.
    pub(in crate::controller) fn next_patience<K: Resource<DynamicType = ()>>(
        &self,
        object: &K,
    ) -> Duration {
        let generation = object.meta().generation.unwrap_or_default();
        self.change(object, |kept| {
            let patience = kept.patience.get_or_insert_default();
            patience.next(generation, self.interval)
        })
    }

    /// The object goes on.
    pub(in crate::controller) fn end_patience(&self, of: impl Into<Identity>) {
        self.change(of, |kept| kept.patience = None);
    }

    /// The refusal for which the step is not to be taken now; `None` when it may be.
    pub(in crate::controller) fn deferred_step(
        &self,
        of: impl Into<Identity>,
        generation: i64,
        step: &Step,
        now: Instant,
    ) -> Option<DeferredStep> {
        self.read(of, |kept| {
            let mut deferred = kept.deferred_steps.iter();
            let found = deferred.find(|deferred| deferred.holds(generation, step, now));
            found.cloned()
        })
    }

    /// These steps were refused in the last pass, and no other.
    pub(in crate::controller) fn defer_steps(
        &self,
        of: impl Into<Identity>,
        deferred: Vec<DeferredStep>,
    ) {
        self.change(of, |kept| kept.deferred_steps = deferred);
    }

    /// Tags in Azure were changed from what was there to what is wanted.
    pub(in crate::controller) fn tags_were_repaired(
        &self,
        of: impl Into<Identity>,
        from: &Tags,
        to: &Tags,
        now: Instant,
    ) {
        self.change(of, |kept| {
            kept.tag_repairs.get_or_insert_default().add(from, to, now);
        });
    }

    /// The tags that were put right often enough, and to what.
    pub(in crate::controller) fn tags_turned_back(
        &self,
        of: impl Into<Identity>,
        now: Instant,
    ) -> Repaired {
        let found = self.read(of, |kept| Some(kept.tag_repairs.as_ref()?.enough(now)));
        found.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SshKey;

    fn memory() -> Memory {
        Memory::new(Duration::from_secs(5), Duration::from_mins(1))
    }

    fn key(uid: &str) -> SshKey {
        let mut key = SshKey::new("web", Default::default());
        key.metadata.uid = Some(uid.to_owned());
        key
    }

    #[test]
    fn waits_start_over_after_a_success() {
        let memory = memory();
        let first = |wait: Duration| wait < Duration::from_secs(3);
        assert!(first(memory.next_backoff(&key("1"))));
        for _ in 0..10 {
            assert!(memory.next_backoff(&key("1")) <= Duration::from_secs(5));
        }
        memory.reset_backoff(&key("1"));
        assert!(first(memory.next_backoff(&key("1"))));
        let patience = || memory.next_patience(&key("1")).as_secs();
        assert_eq!([patience(), patience()], [1, 15]);
        memory.end_patience(&key("1"));
        assert_eq!(patience(), 1);
    }
}
