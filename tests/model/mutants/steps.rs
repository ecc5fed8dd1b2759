//! Steps that a wrong planner takes.

use jiff::Timestamp;
use sshkey_operator::{
    keys::{Comment, KeySpec, PublicKey},
    plan::{
        ActivateKey, AzureStep, GeneratedKey, Observed, Plan, RotationStep, SecretStep, SecretView,
        StagedFacts, Step, UpdateAzureKey,
    },
};

use crate::view::keys::place;

/// Puts another step in the place of the first of a name.
pub(crate) fn replace(plan: &mut Plan, name: &str, with: impl FnOnce() -> Step) {
    if let Some(step) = plan.steps.iter_mut().find(|step| step.name() == name) {
        *step = with();
    }
}

/// Leaves out all steps of a name.
pub(crate) fn without(mut plan: Plan, name: &str) -> Plan {
    plan.steps.retain(|step| step.name() != name);
    plan
}

fn staged(observed: &Observed) -> &StagedFacts {
    let staged = observed.rotation_secrets.staged();
    staged.expect("something is staged")
}

/// The next key takes over.
pub(crate) fn activate(observed: &Observed) -> Step {
    let staged = staged(observed);
    Step::Rotation(RotationStep::ActivateKey(ActivateKey {
        name: "m".into(),
        resource_version: Some("1".into()),
        staging: "n".into(),
        public_key: staged.key.readable().expect("a key").clone(),
        revision: staged.revision.unwrap_or_default(),
        request: staged.request.clone(),
        made: Timestamp::UNIX_EPOCH,
    }))
}

/// The next key is deleted.
pub(crate) fn drop_staged(observed: &Observed) -> Step {
    Step::Rotation(RotationStep::DropStagedKey {
        name: "n".into(),
        uid: staged(observed).uid.clone(),
        resource_version: staged(observed).resource_version.clone(),
    })
}

/// The first key is made.
pub(crate) fn create() -> Step {
    Step::Secret(SecretStep::CreateSecret(GeneratedKey {
        name: "m".into(),
        key: KeySpec::Ed25519,
        comment: Comment::empty(),
        revision: 1,
        request: None,
        now: Timestamp::UNIX_EPOCH,
    }))
}

/// The next key is made.
pub(crate) fn stage(observed: &Observed, request: Option<String>) -> Step {
    let revision = match &observed.secret {
        SecretView::Present(managed) => managed.revision,
        SecretView::Absent => 0,
    };
    Step::Rotation(RotationStep::StageKey(GeneratedKey {
        name: "n".into(),
        key: KeySpec::Ed25519,
        comment: Comment::empty(),
        revision: revision + 1,
        request,
        now: Timestamp::UNIX_EPOCH,
    }))
}

/// A key is put into a place in Azure.
pub(crate) fn update(number: usize, key: PublicKey) -> Step {
    Step::Azure(AzureStep::UpdateAzureKey(UpdateAzureKey {
        id: place(number).clone(),
        public_key: Some(key),
        tags: None,
    }))
}

/// What is at a place in Azure is deleted.
pub(crate) fn delete(number: usize) -> Step {
    Step::Azure(AzureStep::DeleteAzureKey {
        id: place(number).clone(),
    })
}
