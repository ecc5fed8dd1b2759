//! The step that makes the managed Secret, with a first key or with another in the place of a lost one.

use crate::plan::{
    decide::secret::{activation::activate, content::Content, situation::Situation},
    step::{
        kinds::Step,
        new_key::{GeneratedKey, ImportedKey},
        secret::SecretStep,
    },
};

/// The Secret with a first key, or with the one that the user gives.
pub(crate) fn create_secret(situation: &Situation<'_>) -> Step {
    let now = situation.now;
    let name = situation.custody.name.clone();
    let object = &situation.observed.object;
    let first = u32::from(object.reported_fingerprint.is_some());
    let reported = object.reported_revision.unwrap_or(first);
    match situation.content {
        Content::Generated {
            requirements,
            comment,
        } => Step::Secret(SecretStep::CreateSecret(GeneratedKey {
            name,
            key: requirements.initial(),
            comment: comment.clone(),
            revision: reported.saturating_add(1),
            request: object.rotate_requested.clone(),
            now,
        })),
        Content::Imported(public_key) => Step::Secret(SecretStep::ImportKey(ImportedKey {
            name,
            public_key: public_key.clone(),
            revision: reported.max(1),
            now,
        })),
    }
}

/// The private key is lost, if there was one, and another is to be made: the one that is staged, if there is one.
pub(crate) fn replace_lost_key(situation: &Situation<'_>) -> Step {
    let staged = situation.observed.rotation_secrets.staged();
    match staged.and_then(|staged| Some((staged, staged.key.readable()?))) {
        Some((staged, next)) => activate(situation.custody, None, staged, next, situation.now),
        None => create_secret(situation),
    }
}
