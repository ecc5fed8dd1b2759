//! Which keys are this object's: the current one, those that were or will be, and those that it vouches for.

use crate::{
    keys::{Fingerprint, PublicKey},
    plan::{
        desired::{resolve::Desired, source::KeySource},
        observed::{azure::KeyView, snapshot::Observed},
        records::former_key::FormerKey,
    },
};

/// The key that this object is about: the one that may be published.
pub fn current_key<'a>(desired: &Desired, observed: &'a Observed) -> Option<&'a PublicKey> {
    match &desired.source {
        KeySource::Generated { .. }
        | KeySource::Imported {
            custody: Some(_), ..
        } => observed.stored_key(),
        KeySource::Imported { custody: None, .. } | KeySource::Uploaded => {
            observed.given.as_ref()?.as_ref().ok()
        }
        KeySource::Followed => {
            let wanted = desired.azure.as_ref()?.target.as_ref().ok()?;
            match observed.azure.get(wanted.id())? {
                KeyView::Present { key, .. } => key.public_key.as_ref().ok(),
                KeyView::Absent { .. } | KeyView::Unknown(_) => None,
            }
        }
    }
}

/// The former keys that this object vouches for, the newest first: those that its status names, or that were its
/// current or next one in this very pass. Others are kept, and nobody is told to trust them.
pub(crate) fn former_keys(observed: &Observed) -> Vec<&FormerKey> {
    let Some(facts) = observed.rotation_secrets.previous() else {
        return Vec::new();
    };
    let is_wiped = !observed.object.has_status && observed.object.reported_fingerprint.is_none();
    let is_named = |fingerprint: Fingerprint| {
        observed.object.reported_fingerprint == Some(fingerprint)
            || observed.object.reported_others.contains(&fingerprint)
    };
    let is_at_work = |key: &PublicKey| {
        observed.stored_key() == Some(key) || observed.rotation_secrets.staged_key() == Some(key)
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
pub(crate) fn is_own_key(desired: &Desired, observed: &Observed, key: &PublicKey) -> bool {
    has_private_half(desired, observed, key)
        || observed.object.reported_fingerprint == Some(key.fingerprint())
}

/// Whether this is the current, the next or a former key, as a look at it has shown.
pub(crate) fn has_private_half(desired: &Desired, observed: &Observed, key: &PublicKey) -> bool {
    current_key(desired, observed) == Some(key)
        || observed.rotation_secrets.knows(&key.fingerprint())
}
