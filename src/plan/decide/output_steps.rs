//! The steps on one output, and their previews while there is no key.

use crate::{
    api::OutputRef,
    keys::PublicKey,
    plan::{
        authority::own_keys::former_keys,
        desired::outputs::Shape,
        observed::{outputs::OutputFacts, secret::SecretView, snapshot::Observed},
        step::{
            kinds::Step,
            output::{OutputContent, OutputStep, UpdateOutput},
            planned::{Planned, Preview},
        },
    },
};

/// The step that creates an output; its preview while there is no key.
pub(crate) fn create(
    observed: &Observed,
    object: &OutputRef,
    shape: &Shape,
    key: Option<&PublicKey>,
) -> Planned {
    match key {
        Some(key) => {
            let content = content(observed, object, shape, key);
            Planned::Step(OutputStep::CreateOutput(content).into())
        }
        None => Planned::Preview(Preview::CreateOutput {
            object: object.clone(),
            shape: shape.clone(),
        }),
    }
}

/// The step that puts an output in order; its preview while there is no key.
pub(crate) fn update(
    observed: &Observed,
    object: &OutputRef,
    shape: &Shape,
    facts: &OutputFacts,
    key: Option<&PublicKey>,
) -> Planned {
    let Some(key) = key else {
        let object = object.clone();
        return Planned::Preview(Preview::UpdateOutput { object });
    };
    let update = UpdateOutput {
        content: content(observed, object, shape, key),
        uid: facts.uid.clone(),
        resource_version: facts.resource_version.clone(),
        superfluous: facts.superfluous.clone(),
    };
    Planned::Step(OutputStep::UpdateOutput(update).into())
}

fn content(
    observed: &Observed,
    object: &OutputRef,
    shape: &Shape,
    key: &PublicKey,
) -> OutputContent {
    OutputContent {
        object: object.clone(),
        shape: shape.clone(),
        public_key: key.clone(),
        trusted: trusted(observed, key),
    }
}

/// The step that deletes an output.
pub(crate) fn delete(object: &OutputRef, facts: &OutputFacts) -> Step {
    Step::Output(OutputStep::DeleteOutput {
        object: object.clone(),
        uid: facts.uid.clone(),
    })
}

/// The keys that a server may have to trust: the next one while it waits, the current one, and the former ones, of which
/// VMs may know no other.
pub(crate) fn trusted(observed: &Observed, key: &PublicKey) -> Vec<PublicKey> {
    let next = match &observed.secret {
        SecretView::Present(managed) => observed
            .rotation_secrets
            .staged()
            .filter(|staged| staged.revision.is_none_or(|next| next > managed.revision))
            .and_then(|staged| staged.key.readable()),
        SecretView::Absent => None,
    };
    let former = former_keys(observed);
    let all = next
        .into_iter()
        .chain([key])
        .chain(former.iter().map(|former| &former.public_key));
    let mut trusted: Vec<PublicKey> = Vec::new();
    for one in all {
        if !trusted.contains(one) {
            trusted.push(one.clone());
        }
    }
    trusted
}
