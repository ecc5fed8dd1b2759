//! The next key takes the place of the current one.

use jiff::Timestamp;

use crate::{
    api::rotation::staging_name,
    keys::PublicKey,
    plan::{
        desired::{rotation::RotationPolicy, source::Custody},
        observed::{rotation_secrets::StagedFacts, secret::SecretFacts},
        step::{
            kinds::Step,
            rotation::{ActivateKey, RotationStep},
        },
    },
};

/// When a key that waits for a time takes over; `None` until it is published.
pub(crate) fn activation_time(policy: &RotationPolicy, staged: &StagedFacts) -> Option<Timestamp> {
    staged.pending_since?.checked_add(policy.delay).ok()
}

/// The step by which the staged key becomes the current one, in the existing Secret or in one that is created again.
pub(crate) fn activate(
    custody: &Custody,
    managed: Option<&SecretFacts>,
    staged: &StagedFacts,
    next: &PublicKey,
    now: Timestamp,
) -> Step {
    let follows = managed.map_or(1, |managed| managed.revision.saturating_add(1));
    Step::Rotation(RotationStep::ActivateKey(ActivateKey {
        name: custody.name.clone(),
        resource_version: managed.map(|managed| managed.resource_version.clone()),
        staging: staging_name(&custody.name),
        public_key: next.clone(),
        revision: staged.revision.unwrap_or(follows),
        request: (staged.request.as_ref())
            .or_else(|| managed?.request.as_ref())
            .cloned(),
        made: staged.created_at.unwrap_or(now),
    }))
}
