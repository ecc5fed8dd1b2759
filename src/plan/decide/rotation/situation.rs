//! What the evaluation of a rotation starts from.

use jiff::Timestamp;

use crate::{
    keys::PublicKey,
    plan::{
        desired::{
            resolve::Desired,
            rotation::RotationPolicy,
            source::{Custody, KeySource},
        },
        observed::{rotation_secrets::PreviousFacts, secret::SecretFacts, snapshot::Observed},
    },
};

/// What a rotation starts from.
pub(crate) struct Situation<'a> {
    pub(crate) desired: &'a Desired,
    pub(crate) observed: &'a Observed,
    pub(crate) policy: &'a RotationPolicy,
    pub(crate) custody: &'a Custody,
    pub(crate) managed: &'a SecretFacts,
    /// The current key; `None` when it is lost and another is to take its place.
    pub(crate) current: Option<&'a PublicKey>,
    pub(crate) now: Timestamp,
}

impl<'a> Situation<'a> {
    /// The key that the user gives now, of a source that is imported.
    pub(crate) fn imported(&self) -> Option<&'a PublicKey> {
        match (&self.desired.source, &self.observed.given) {
            (KeySource::Imported { .. }, Some(Ok(key))) => Some(key),
            _ => None,
        }
    }

    /// The Secret of former keys, if it is there and this object's.
    pub(crate) fn previous(&self) -> Option<&'a PreviousFacts> {
        self.observed.rotation_secrets.previous()
    }
}
