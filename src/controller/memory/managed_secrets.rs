//! What is known of the managed Secrets of objects, between their reconciles.

use std::time::Instant;

use jiff::Timestamp;

use crate::{
    api::SshKey,
    controller::memory::{identity::Identity, objects::Memory, settled_secret::SettledSecret},
    plan::{SecretFacts, SecretView},
};

impl Memory {
    /// The managed Secret of an object was read. Another object's says nothing of this object's key.
    pub(in crate::controller) fn secret_was_read(
        &self,
        of: impl Into<Identity>,
        secret: &SecretView,
    ) {
        let of = of.into();
        let since = secret.key_since(&of.uid);
        self.change(of, |kept| {
            kept.key_since = since;
            kept.secret = None;
        });
    }

    /// The earliest time at which a key of these objects came into its Secret.
    pub(in crate::controller) fn oldest_key(&self) -> Option<Timestamp> {
        let entries = self.entries.lock();
        let since = entries.values().filter_map(|entry| entry.kept.key_since);
        since.min()
    }

    /// A reconcile has ended with this state of the object, and nothing was to be done: keeps what the Secret said. If the
    /// reconcile has not read it, that is kept already.
    pub(in crate::controller) fn settle(&self, object: &SshKey, secret: &SecretView) {
        let of = Identity::from(object);
        // The watch may have failed since the Secret was read, so it counts as read when the reconcile began.
        let unsettled = self.read(of.clone(), |kept| {
            let begun = kept.hearing.as_ref()?.begun?;
            kept.secret.is_none().then_some((kept.key_since, begun))
        });
        let (Some((since, begun)), Some(facts)) = (unsettled, secret.facts()) else {
            return;
        };
        let settled = SettledSecret::of(facts, object, since, &self.line_hashes, begun);
        self.change(of, |kept| {
            // The object may be gone by now.
            if kept.is_present {
                kept.secret = settled.map(Box::new);
            }
        });
    }

    /// What the Secret of an object said when it was read last; `None` when that is not known, or when `is_shown` does not say
    /// that it still has the version that it had then.
    pub(in crate::controller) fn settled_secret(
        &self,
        object: &SshKey,
        is_shown: impl FnOnce(u64, Instant) -> bool,
    ) -> Option<SecretFacts> {
        let (settled, since) = self.read(Identity::from(object), |kept| {
            Some((kept.secret.clone()?, kept.key_since))
        })?;
        if settled.is_old(Instant::now()) || !is_shown(settled.version(), settled.read()) {
            return None;
        }
        settled.facts(object, since, &self.line_hashes)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::controller::memory::settled_secret::tests::{facts, object, public_key};

    fn memory() -> Memory {
        Memory::new(Duration::from_mins(5), Duration::from_mins(1))
    }

    /// An object at rest, and its Secret.
    fn at_rest() -> (SshKey, SecretView) {
        let key = public_key();
        let secret = SecretView::Present(Box::new(facts(&key)));
        (object(&key.to_line()), secret)
    }

    /// A memory in which a reconcile of the object is at work that has read the Secret.
    fn memory_of(object: &SshKey, secret: &SecretView) -> Memory {
        let memory = memory();
        memory.on_seen(object);
        memory.begin_work(object);
        memory.secret_was_read(object, secret);
        memory
    }

    #[test]
    fn what_was_read_is_known_until_the_next_read() {
        let (object, secret) = at_rest();
        let memory = memory_of(&object, &secret);
        let known = || memory.settled_secret(&object, |version, _| version == 41);
        assert_eq!(known(), None);
        memory.settle(&object, &secret);
        assert_eq!(known(), secret.facts().cloned());
        assert_eq!(memory.settled_secret(&object, |_, _| false), None);
        // The next reconcile finds it changed, and does not come to its end.
        memory.secret_was_read(&object, &SecretView::Absent);
        assert_eq!(known(), None);
    }

    #[test]
    fn it_counts_as_read_when_that_reconcile_began_and_no_later_one() {
        let (object, secret) = at_rest();
        let memory = memory_of(&object, &secret);
        let after = Instant::now();
        memory.settle(&object, &secret);
        let read = || {
            let mut time = None;
            memory.settled_secret(&object, |_, read| time.insert(read) == &read);
            time.unwrap()
        };
        let before = read();
        assert!(before <= after, "the watch may have failed since");
        memory.end_work(&object);
        memory.begin_work(&object);
        memory.settle(&object, &secret);
        assert_eq!(read(), before);
    }

    #[test]
    fn nothing_is_kept_of_an_object_that_is_gone() {
        let (object, secret) = at_rest();
        let memory = memory_of(&object, &secret);
        memory.forget(&object);
        memory.on_finished(&object);
        memory.settle(&object, &secret);
        assert_eq!(memory.counts()["secrets"], 0);
    }
}
