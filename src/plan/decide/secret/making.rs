//! The step that makes the managed Secret, with a first key or with another in the place of a lost one.

use jiff::Timestamp;

use crate::plan::{
    decide::secret::{activation::activate, content::Content},
    desired::source::Custody,
    observed::snapshot::Observed,
    step::kinds::Step,
};

pub(crate) fn create_secret(
    custody: &Custody,
    content: Content<'_>,
    observed: &Observed,
    now: Timestamp,
) -> Step {
    let name = custody.name.clone();
    let object = &observed.object;
    let first = u32::from(object.reported_fingerprint.is_some());
    let reported = object.reported_revision.unwrap_or(first);
    match content {
        Content::Generated {
            requirements,
            comment,
        } => Step::CreateSecret {
            name,
            key: requirements.initial(),
            comment: comment.clone(),
            revision: reported.saturating_add(1),
            request: observed.object.rotate_requested.clone(),
            now,
        },
        Content::Imported(public_key) => Step::ImportKey {
            name,
            public_key: public_key.clone(),
            revision: reported.max(1),
            now,
        },
    }
}

/// The private key is lost, if there was one, and another is to be made: the one that is staged, if there is one.
pub(crate) fn replace_lost_key(
    custody: &Custody,
    content: Content<'_>,
    observed: &Observed,
    now: Timestamp,
) -> Step {
    let staged = observed.rotation_secrets.staged();
    match staged.and_then(|staged| Some((staged, staged.key.readable()?))) {
        Some((staged, next)) => activate(custody, None, staged, next, now),
        None => create_secret(custody, content, observed, now),
    }
}
