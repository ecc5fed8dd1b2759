//! What the managed Secret of a key said when it was read last and nothing was to be done. As long as the watch shows the Secret
//! at that version, it says the same, and need not be read to see that still nothing is to be done.
//!
//! Only what is usual is kept: the Secret of a key that is as the operator writes it. The key itself is not kept again. The
//! status says it, and a hash shows that it says what was read. If somebody has forged the status, the Secret is read.
//!
//! After some hours the Secret is read all the same: then the operator also learns that it may not read it any more, or that
//! the API server can't decrypt it.

use std::{
    hash::BuildHasher,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use kube::ResourceExt;
use uuid::Uuid;

use crate::{
    api::SshKey,
    keys::PublicKey,
    plan::{Durability, SecretFacts, SecretKey},
};

/// For how long the Secret is not read again, at least. The most is twice that, so that not all are read at once.
const UNREAD_FOR: Duration = Duration::from_hours(4);

/// What is needed to say again what the Secret said, beside the object.
#[derive(Clone, Debug)]
pub(in crate::controller) struct SettledSecret {
    uid: Uuid,
    version: u64,
    revision: u32,
    is_immutable: bool,
    request: Option<Box<str>>,
    /// A hash of the public key as the status says it.
    line_hash: u64,
    read: Instant,
}

impl SettledSecret {
    /// What the Secret of this object said at this time or later; `None` when it is not as usual.
    pub(super) fn of(
        facts: &SecretFacts,
        object: &SshKey,
        created_at: Option<Timestamp>,
        line_hashes: &impl BuildHasher,
        read: Instant,
    ) -> Option<Self> {
        let SecretKey::Readable(key) = &facts.key else {
            return None;
        };
        // Two keys are equal that differ in their comments.
        let line = said(object).filter(|line| **line == key.to_line())?;
        if !facts.is_short() {
            return None;
        }
        let settled = Self {
            uid: facts.uid.parse().ok()?,
            version: facts.resource_version.parse().ok()?,
            revision: facts.revision,
            is_immutable: facts.durability.is_immutable,
            request: facts.request.as_deref().map(Box::from),
            line_hash: line_hashes.hash_one(line),
            read,
        };
        let again = settled.facts(object, created_at, line_hashes)?;
        (again == *facts).then_some(settled)
    }

    /// The version at which it said so.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// When it was read, or a moment before.
    pub(super) fn read(&self) -> Instant {
        self.read
    }

    /// Whether it was read so long ago that it is to be read again.
    pub(super) fn is_old(&self, now: Instant) -> bool {
        let more = self.line_hash % UNREAD_FOR.as_secs();
        now.saturating_duration_since(self.read) > UNREAD_FOR + Duration::from_secs(more)
    }

    /// What it said; `None` when the status does not say its key any more.
    pub(super) fn facts(
        &self,
        object: &SshKey,
        created_at: Option<Timestamp>,
        line_hashes: &impl BuildHasher,
    ) -> Option<SecretFacts> {
        let line = said(object).filter(|line| line_hashes.hash_one(line) == self.line_hash)?;
        let key = PublicKey::parse(line).ok()?;
        Some(SecretFacts {
            uid: self.uid.to_string(),
            resource_version: self.version.to_string(),
            labelled: true,
            owner_name: Some(object.name_any()),
            owner_uid: object.uid(),
            owner_namespace: object.namespace(),
            is_well_formed: true,
            may_be_adopted: false,
            recorded: Some(key.fingerprint()),
            revision: self.revision,
            created_at,
            request: self.request.as_deref().map(str::to_owned),
            key: SecretKey::Readable(key),
            public_entry_matches: true,
            private_entry_is_a_file: true,
            durability: Durability {
                held_by: None,
                is_immutable: self.is_immutable,
            },
        })
    }
}

/// The public key that the status says.
fn said(object: &SshKey) -> Option<&String> {
    object.own_status()?.public_key.as_ref()
}

#[cfg(test)]
pub(super) mod tests {
    use std::{hash::RandomState, time::Instant};

    use jiff::Timestamp;
    use serde_json::json;

    use crate::{
        api::SshKey,
        controller::memory::settled_secret::{SettledSecret, UNREAD_FOR},
        keys::{Comment, KeyPair, KeySpec, PublicKey},
        plan::{Durability, SecretFacts, SecretKey},
    };

    pub(in crate::controller) fn public_key() -> PublicKey {
        let comment = Comment::for_object("team", "web");
        let pair = KeyPair::generate(KeySpec::Ed25519, &comment).unwrap();
        pair.public_key()
    }

    /// An object whose status says this line.
    pub(in crate::controller) fn object(line: &str) -> SshKey {
        serde_json::from_value(json!({
            "apiVersion": "sshkey-operator.io/v1alpha1",
            "kind": "SshKey",
            "metadata": { "name": "web", "namespace": "team", "uid": "u" },
            "spec": {},
            "status": { "recordedFor": "u", "publicKey": line },
        }))
        .unwrap()
    }

    pub(in crate::controller) fn facts(key: &PublicKey) -> SecretFacts {
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
            created_at: created_at(),
            request: Some("monday".to_owned()),
            key: SecretKey::Readable(key.clone()),
            public_entry_matches: true,
            private_entry_is_a_file: true,
            durability: Durability {
                held_by: None,
                is_immutable: true,
            },
        }
    }

    /// What is kept of a Secret that was read now.
    fn settle(facts: &SecretFacts, object: &SshKey, hashes: &RandomState) -> Option<SettledSecret> {
        SettledSecret::of(facts, object, created_at(), hashes, Instant::now())
    }

    fn created_at() -> Option<Timestamp> {
        "2026-01-02T03:04:05Z".parse().ok()
    }

    #[test]
    fn what_a_usual_secret_said_is_said_again() {
        let (key, hashes) = (public_key(), RandomState::new());
        let object = object(&key.to_line());
        let settled = settle(&facts(&key), &object, &hashes).unwrap();
        let again = settled.facts(&object, created_at(), &hashes).unwrap();
        assert_eq!(again, facts(&key));
        let SecretKey::Readable(again) = again.key else {
            panic!("no key");
        };
        assert_eq!(again.to_line(), key.to_line());
    }

    #[test]
    fn a_status_that_says_something_else_leads_to_a_read() {
        let (key, hashes) = (public_key(), RandomState::new());
        let honest = object(&key.to_line());
        let settled = settle(&facts(&key), &honest, &hashes).unwrap();
        let mut none = honest.clone();
        none.status = None;
        let mut restored = honest.clone();
        restored.metadata.uid = Some("another".to_owned());
        let others = [
            object(&public_key().to_line()),
            object(&format!("{}x", key.to_line())),
            none,
            restored,
        ];
        for other in others {
            assert!(settled.facts(&other, created_at(), &hashes).is_none());
            assert!(settle(&facts(&key), &other, &hashes).is_none());
        }
        assert!(settled.facts(&honest, created_at(), &hashes).is_some());
    }

    #[test]
    fn nothing_is_kept_of_a_secret_that_is_not_as_usual() {
        let (key, hashes) = (public_key(), RandomState::new());
        let object = object(&key.to_line());
        let unusual: [fn(&mut SecretFacts); 16] = [
            |facts| facts.uid = "x".to_owned(),
            |facts| facts.resource_version = "x".to_owned(),
            |facts| facts.labelled = false,
            |facts| facts.owner_name = Some("db".to_owned()),
            |facts| facts.owner_uid = Some("another".to_owned()),
            |facts| facts.owner_namespace = None,
            |facts| facts.is_well_formed = false,
            |facts| facts.may_be_adopted = true,
            |facts| facts.recorded = None,
            |facts| facts.created_at = None,
            |facts| facts.request = Some("x".repeat(257)),
            |facts| facts.key = SecretKey::Unreadable("x".to_owned()),
            |facts| facts.key = SecretKey::Readable(public_key()),
            |facts| facts.public_entry_matches = false,
            |facts| facts.private_entry_is_a_file = false,
            |facts| facts.durability.held_by = Some(Vec::new()),
        ];
        for (number, change) in unusual.into_iter().enumerate() {
            let mut changed = facts(&key);
            change(&mut changed);
            let settled = settle(&changed, &object, &hashes);
            assert!(settled.is_none(), "{number}");
        }
    }

    #[test]
    fn after_some_hours_it_is_old() {
        let (key, hashes) = (public_key(), RandomState::new());
        let object = object(&key.to_line());
        let settled = settle(&facts(&key), &object, &hashes).unwrap();
        assert!(!settled.is_old(settled.read + UNREAD_FOR));
        assert!(settled.is_old(settled.read + 2 * UNREAD_FOR));
    }
}
