//! One line of the audit log.

use std::fmt;

use crate::{
    api::ArmId,
    keys::{Fingerprint, PublicKey},
};

/// What happened, as the field `audit` of a log line has it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::EnumIter, strum::Display,
)]
#[strum(serialize_all = "snake_case")]
pub enum AuditAction {
    /// A key pair was generated and stored in a Secret.
    Generated,
    /// A copy of a user's key pair was stored in a Secret.
    Imported,
    /// An existing Secret or key in Azure became this object's, as its spec allows.
    Adopted,
    /// The Secret of an earlier object of this name became this object's.
    TakenUp,
    /// The records, the public entry or the form of a Secret were put right; the key stayed.
    Repaired,
    /// A private key was kept among the former ones.
    Kept,
    /// The next key took the place of the current one, by itself.
    Rotated,
    /// The next key took the place of the current one, at its time or at a person's request.
    Activated,
    /// The Secret of the next key was deleted: its key took over, or was given up and kept.
    Dropped,
    /// The private half of a former key was deleted.
    Retired,
    /// A key was written into an output.
    Delivered,
    /// An output was deleted.
    Withdrawn,
    /// A resource group was created.
    GroupCreated,
    /// A public key was written to Azure.
    Published,
    /// The tags of a key in Azure were changed.
    Tagged,
    /// A key in Azure was deleted, since its object has another place there.
    Moved,
    /// A Secret or a key in Azure was deleted.
    Deleted,
    /// The object was let go.
    Released,
    /// A key was left in Azure, and nothing deletes it any more.
    Orphaned,
}

/// One thing that happened to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// What happened.
    pub action: AuditAction,
    /// The key that it happened to, where that is known.
    pub fingerprint: Option<Fingerprint>,
    /// How often the key had been changed with it, from 1.
    pub revision: Option<u32>,
    /// The other key that stood in its place before.
    pub replaced: Option<Fingerprint>,
    /// The Secret or `ConfigMap` that was written, as `Secret NAME`.
    pub written: Option<String>,
    /// The place in Azure.
    pub id: Option<ArmId>,
}

impl AuditLine {
    pub(crate) fn new(action: AuditAction) -> Self {
        Self {
            action,
            fingerprint: None,
            revision: None,
            replaced: None,
            written: None,
            id: None,
        }
    }

    pub(crate) fn key(mut self, key: Option<&PublicKey>, revision: Option<u32>) -> Self {
        self.fingerprint = key.map(PublicKey::fingerprint);
        self.revision = revision;
        self
    }

    pub(crate) fn secret(mut self, name: &str) -> Self {
        self.written = Some(format!("Secret {name}"));
        self
    }

    pub(crate) fn in_place_of(mut self, there: Option<&PublicKey>, key: &PublicKey) -> Self {
        let other = there.filter(|there| *there != key);
        self.replaced = other.map(PublicKey::fingerprint);
        self
    }

    pub(crate) fn at(mut self, id: &ArmId) -> Self {
        self.id = Some(id.clone());
        self
    }
}

impl fmt::Display for AuditLine {
    /// A sentence in the past tense, for an event: `published key SHA256:... at /subscriptions/...`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.action {
            AuditAction::TakenUp => "took up",
            AuditAction::Kept => "kept",
            AuditAction::Moved => "deleted, after it was published elsewhere, the key at",
            AuditAction::Dropped => "deleted the next key's",
            AuditAction::GroupCreated => "created the resource group for",
            AuditAction::Delivered => "wrote",
            AuditAction::Withdrawn => "deleted output",
            AuditAction::Released => return f.write_str("let the SshKey go"),
            AuditAction::Orphaned => "left in Azure",
            other => other.into(),
        };
        f.write_str(verb)?;
        if let Some(fingerprint) = &self.fingerprint {
            write!(f, " key {fingerprint}")?;
        }
        if let Some(revision) = self.revision.filter(|revision| *revision > 0) {
            write!(f, " (revision {revision})")?;
        }
        match (&self.written, &self.fingerprint) {
            (Some(written), Some(_)) => write!(f, " in {written}")?,
            (Some(written), None) => write!(f, " {written}")?,
            (None, _) => {}
        }
        match (&self.id, &self.fingerprint) {
            (Some(id), Some(_)) => write!(f, " at {id}")?,
            (Some(id), None) => write!(f, " {id}")?,
            (None, _) => {}
        }
        match &self.replaced {
            Some(replaced) => write!(f, ", in place of key {replaced}"),
            None => Ok(()),
        }
    }
}
