//! What the evaluation of a rotation starts from.

use jiff::Timestamp;

use crate::{
    keys::PublicKey,
    plan::{
        companions::PreviousFacts,
        desired::Desired,
        key_source::{Custody, KeySource},
        observed::Observed,
        rotation_policy::RotationPolicy,
        secret_view::SecretFacts,
    },
};

/// What a rotation starts from.
pub(super) struct Ground<'a> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) policy: &'a RotationPolicy,
    pub(super) custody: &'a Custody,
    pub(super) managed: &'a SecretFacts,
    /// The current key; `None` when it is lost and another is to take its place.
    pub(super) current: Option<&'a PublicKey>,
    pub(super) now: Timestamp,
}

impl<'a> Ground<'a> {
    /// The key that the user gives now, of a source that is imported.
    pub(super) fn imported(&self) -> Option<&'a PublicKey> {
        match (&self.desired.source, &self.observed.given) {
            (KeySource::Imported { .. }, Some(Ok(key))) => Some(key),
            _ => None,
        }
    }

    /// The Secret of former keys, if it is there and this object's.
    pub(super) fn previous(&self) -> Option<&'a PreviousFacts> {
        self.observed.companions.previous()
    }
}
