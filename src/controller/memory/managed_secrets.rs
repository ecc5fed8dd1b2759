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
        let is_unsettled = self.read(of.clone(), |kept| {
            (kept.is_present && kept.secret.is_none()).then_some(kept.key_since)
        });
        let (Some(since), Some(facts)) = (is_unsettled, secret.facts()) else {
            return;
        };
        let settled = SettledSecret::of(facts, object, since, &self.line_hashes);
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

    use serde_json::json;

    use super::*;
    use crate::{
        keys::{Comment, KeyPair, KeySpec},
        plan::{Durability, SecretKey},
    };

    fn memory() -> Memory {
        Memory::new(Duration::from_mins(5), Duration::from_mins(1))
    }

    /// An object at rest, and its Secret.
    fn at_rest() -> (SshKey, SecretView) {
        let comment = Comment::for_object("team", "web");
        let key = KeyPair::generate(KeySpec::Ed25519, &comment).unwrap();
        let key = key.public_key();
        let object: SshKey = serde_json::from_value(json!({
            "apiVersion": "sshkey-operator.io/v1alpha1",
            "kind": "SshKey",
            "metadata": { "name": "web", "namespace": "team", "uid": "u" },
            "spec": {},
            "status": { "recordedFor": "u", "publicKey": key.to_line() },
        }))
        .unwrap();
        let facts = SecretFacts {
            uid: "7e0f1e4e-5c4e-4a56-8b5a-0b1c2d3e4f50".to_owned(),
            resource_version: "41".to_owned(),
            labelled: true,
            owner_name: Some("web".to_owned()),
            owner_uid: Some("u".to_owned()),
            owner_namespace: Some("team".to_owned()),
            is_well_formed: true,
            may_be_adopted: false,
            recorded: Some(key.fingerprint()),
            revision: 1,
            created_at: "2026-01-02T03:04:05Z".parse().ok(),
            request: None,
            key: SecretKey::Readable(key),
            public_entry_matches: true,
            private_entry_is_a_file: true,
            durability: Durability::default(),
        };
        (object, SecretView::Present(Box::new(facts)))
    }

    #[test]
    fn what_was_read_is_known_until_the_next_read() {
        let (memory, (object, secret)) = (memory(), at_rest());
        memory.on_seen(&object);
        memory.secret_was_read(&object, &secret);
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
    fn what_was_not_read_again_is_no_newer_than_before() {
        let (memory, (object, secret)) = (memory(), at_rest());
        memory.on_seen(&object);
        memory.secret_was_read(&object, &secret);
        memory.settle(&object, &secret);
        let read = || {
            let mut time = None;
            memory.settled_secret(&object, |_, read| time.insert(read) == &read);
            time.unwrap()
        };
        let before = read();
        memory.settle(&object, &secret);
        assert_eq!(read(), before);
    }

    #[test]
    fn nothing_is_kept_of_an_object_that_is_gone() {
        let (memory, (object, secret)) = (memory(), at_rest());
        memory.settle(&object, &secret);
        assert_eq!(memory.counts()["secrets"], 0);
        assert!(memory.entries.lock().is_empty());
    }
}
