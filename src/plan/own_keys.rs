//! Which keys are this object's: the current one, those that were or will be, and those that it vouches for.

use super::{Desired, FormerKey, KeySource, KeyView, Observed, SecretView};
use crate::keys::{Fingerprint, PublicKey};

impl Observed {
    /// The key that this object is about: the one that may be published.
    pub fn key(&self, desired: &Desired) -> Option<&PublicKey> {
        match &desired.source {
            KeySource::Generated { .. }
            | KeySource::Imported {
                custody: Some(_), ..
            } => self.stored_key(),
            KeySource::Imported { custody: None, .. } | KeySource::Uploaded => {
                self.given.as_ref()?.as_ref().ok()
            }
            KeySource::Followed => {
                let wanted = desired.azure.as_ref()?.target.as_ref().ok()?;
                match self.azure.get(wanted.id())? {
                    KeyView::Present { key, .. } => key.public_key.as_ref().ok(),
                    KeyView::Absent { .. } | KeyView::Unknown(_) => None,
                }
            }
        }
    }

    /// The former keys that this object vouches for, the newest first: those that its status names, or that were its
    /// current or next one in this very pass. Others are kept, and nobody is told to trust them.
    pub fn former_keys(&self) -> Vec<&FormerKey> {
        let Some(facts) = self.companions.previous() else {
            return Vec::new();
        };
        let is_wiped = !self.object.has_status && self.object.reported_fingerprint.is_none();
        let is_named = |fingerprint: Fingerprint| {
            self.object.reported_fingerprint == Some(fingerprint)
                || self.object.reported_others.contains(&fingerprint)
        };
        let is_at_work = |key: &PublicKey| {
            self.stored_key() == Some(key) || self.companions.staged_key() == Some(key)
        };
        let vouched = |former: &&FormerKey| {
            (is_wiped && facts.is_exact)
                || is_named(former.public_key.fingerprint())
                || is_at_work(&former.public_key)
        };
        facts.keys.iter().filter(vouched).collect()
    }

    /// Whether this is a key that the object is or was about: the current, the next or a former one, or the one that it
    /// last reported.
    pub(super) fn is_own_key(&self, desired: &Desired, key: &PublicKey) -> bool {
        self.has_private_half(desired, key)
            || self.object.reported_fingerprint == Some(key.fingerprint())
    }

    /// Whether this is the current, the next or a former key, as a look at it has shown.
    pub(super) fn has_private_half(&self, desired: &Desired, key: &PublicKey) -> bool {
        self.key(desired) == Some(key) || self.companions.knows(&key.fingerprint())
    }

    /// The key pair in the managed Secret, when there is one to be read.
    pub fn stored_key(&self) -> Option<&PublicKey> {
        match &self.secret {
            SecretView::Present(facts) => facts.key.readable(),
            SecretView::Absent => None,
        }
    }
}
