//! What the managed Secret of a key said when it was read last. As long as the watch shows the Secret at that version, it says
//! the same, and need not be read to see that nothing is to be done.
//!
//! Only what is usual is kept: the Secret of a key that is as the operator writes it. The key itself is not kept again. The
//! status says it, and a hash shows that it says what was read: a status that somebody has forged leads to a read.

use std::hash::BuildHasher;

use jiff::Timestamp;
use kube::ResourceExt;
use uuid::Uuid;

use crate::{
    api::SshKey,
    keys::PublicKey,
    plan::{Durability, SecretFacts, SecretKey, SecretView},
};

/// What is needed to say again what the Secret said, beside the object.
#[derive(Debug)]
pub(in crate::controller) struct SettledSecret {
    uid: Uuid,
    version: u64,
    revision: u32,
    is_immutable: bool,
    request: Option<Box<str>>,
    /// A hash of the public key as the status says it.
    line: u64,
}

impl SettledSecret {
    /// What the Secret of this object said; `None` when it is not as usual.
    pub(super) fn of(
        secret: &SecretView,
        object: &SshKey,
        created_at: Option<Timestamp>,
        lines: &impl BuildHasher,
    ) -> Option<Self> {
        let facts = secret.facts()?;
        let SecretKey::Readable(key) = &facts.key else {
            return None;
        };
        // Two keys are equal that differ in their comments.
        let line = said(object).filter(|line| **line == key.to_line())?;
        let settled = Self {
            uid: facts.uid.parse().ok()?,
            version: facts.resource_version.parse().ok()?,
            revision: facts.revision,
            is_immutable: facts.durability.is_immutable,
            request: facts.request.as_deref().map(Box::from),
            line: lines.hash_one(line),
        };
        let again = settled.facts(object, created_at, lines)?;
        (again == *facts).then_some(settled)
    }

    /// The version at which it said so.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// What it said; `None` when the status does not say its key any more.
    pub(super) fn facts(
        &self,
        object: &SshKey,
        created_at: Option<Timestamp>,
        lines: &impl BuildHasher,
    ) -> Option<SecretFacts> {
        let line = said(object).filter(|line| lines.hash_one(line) == self.line)?;
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
