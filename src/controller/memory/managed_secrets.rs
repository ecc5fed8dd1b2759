//! What is known of the managed Secrets of objects, between their reconciles.

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
        self.change(of, |kept| kept.key_since = since);
    }

    /// The earliest time at which a key of these objects came into its Secret.
    pub(in crate::controller) fn oldest_key(&self) -> Option<Timestamp> {
        let entries = self.entries.lock();
        let since = entries.values().filter_map(|entry| entry.kept.key_since);
        since.min()
    }

    /// A reconcile has ended, with this state of the object and of its Secret.
    pub(in crate::controller) fn settle(&self, object: &SshKey, secret: &SecretView) {
        self.change(object, |kept| {
            let settled = SettledSecret::of(secret, object, kept.key_since, &self.lines);
            kept.secret = settled.map(Box::new);
        });
    }

    /// What the Secret of an object said when it was read last, with its version; `None` when that is not known.
    pub(in crate::controller) fn settled_secret(
        &self,
        object: &SshKey,
    ) -> Option<(u64, SecretFacts)> {
        self.read(Identity::from(object), |kept| {
            let settled = kept.secret.as_ref()?;
            let facts = settled.facts(object, kept.key_since, &self.lines)?;
            Some((settled.version(), facts))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        keys::{Comment, KeyPair, KeySpec, PublicKey},
        plan::{Durability, SecretKey},
    };

    fn memory() -> Memory {
        Memory::new(Duration::from_mins(5), Duration::from_mins(1))
    }

    fn public_key() -> PublicKey {
        let comment = Comment::for_object("team", "web");
        let pair = KeyPair::generate(KeySpec::Ed25519, &comment).unwrap();
        pair.public_key()
    }

    /// An object whose status says this line.
    fn object(line: &str) -> SshKey {
        serde_json::from_value(serde_json::json!({
            "apiVersion": "sshkey-operator.io/v1alpha1",
            "kind": "SshKey",
            "metadata": { "name": "web", "namespace": "team", "uid": "u" },
            "spec": {},
            "status": { "recordedFor": "u", "publicKey": line },
        }))
        .unwrap()
    }

    fn facts(key: &PublicKey) -> SecretFacts {
        SecretFacts {
            uid: "7e0f1e4e-5c4e-4a56-8b5a-0b1c2d3e4f50".to_owned(),
            resource_version: "41".to_owned(),
            labelled: true,
            owner_name: Some("web".to_owned()),
            owner_uid: Some("u".to_owned()),
            owner_namespace: Some("team".to_owned()),
            is_well_formed: true,
            may_be_adopted: false,
            recorded: Some(key.fingerprint()),
            revision: 3,
            created_at: "2026-01-02T03:04:05Z".parse().ok(),
            request: Some("monday".to_owned()),
            key: SecretKey::Readable(key.clone()),
            public_entry_matches: true,
            private_entry_is_a_file: true,
            durability: Durability::default(),
        }
    }

    /// What is said again of a Secret that was read so, of this object.
    fn said_again(memory: &Memory, object: &SshKey, facts: SecretFacts) -> Option<SecretFacts> {
        let secret = SecretView::Present(Box::new(facts));
        memory.secret_was_read(object, &secret);
        memory.settle(object, &secret);
        let (version, facts) = memory.settled_secret(object)?;
        assert_eq!(version, 41);
        Some(facts)
    }

    #[test]
    fn what_a_usual_secret_said_is_said_again() {
        let key = public_key();
        let object = object(&key.to_line());
        let again = said_again(&memory(), &object, facts(&key));
        assert_eq!(again, Some(facts(&key)));
        let SecretKey::Readable(again) = again.unwrap().key else {
            panic!("no key");
        };
        assert_eq!(again.to_line(), key.to_line());
    }

    #[test]
    fn a_status_that_says_something_else_leads_to_a_read() {
        let (key, memory) = (public_key(), memory());
        let honest = object(&key.to_line());
        assert!(said_again(&memory, &honest, facts(&key)).is_some());
        let another = object(&public_key().to_line());
        assert!(memory.settled_secret(&another).is_none());
        let other_comment = object(&format!("{}x", key.to_line()));
        assert!(memory.settled_secret(&other_comment).is_none());
        let mut none = honest.clone();
        none.status = None;
        assert!(memory.settled_secret(&none).is_none());
        let mut restored = honest.clone();
        restored.metadata.uid = Some("another".to_owned());
        assert!(memory.settled_secret(&restored).is_none());
        assert!(memory.settled_secret(&honest).is_some());
    }

    #[test]
    fn nothing_is_kept_of_a_secret_that_is_not_as_usual() {
        let key = public_key();
        let object = object(&key.to_line());
        let unusual: [fn(&mut SecretFacts); 13] = [
            |facts| facts.labelled = false,
            |facts| facts.owner_name = Some("db".to_owned()),
            |facts| facts.owner_uid = None,
            |facts| facts.owner_namespace = None,
            |facts| facts.is_well_formed = false,
            |facts| facts.may_be_adopted = true,
            |facts| facts.recorded = None,
            |facts| facts.key = SecretKey::Missing,
            |facts| facts.key = SecretKey::Readable(public_key()),
            |facts| facts.public_entry_matches = false,
            |facts| facts.private_entry_is_a_file = false,
            |facts| facts.durability.held_by = Some(Vec::new()),
            |facts| facts.resource_version = "x".to_owned(),
        ];
        for (number, change) in unusual.into_iter().enumerate() {
            let memory = memory();
            assert!(said_again(&memory, &object, facts(&key)).is_some());
            let mut changed = facts(&key);
            change(&mut changed);
            assert_eq!(said_again(&memory, &object, changed), None, "{number}");
            assert_eq!(memory.counts()["secrets"], 0, "{number}");
        }
        let memory = memory();
        said_again(&memory, &object, facts(&key));
        memory.settle(&object, &SecretView::Absent);
        assert!(memory.settled_secret(&object).is_none());
    }
}
