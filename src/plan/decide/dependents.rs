//! What rests on what: a step that is refused for good stops those that rest on it, and no other.

use crate::plan::{
    decision::Plan,
    observed::{secret::SecretView, snapshot::Observed},
    step::{
        azure::AzureStep,
        kinds::{Concern, Step},
        object::ObjectStep,
        output::OutputStep,
        rotation::RotationStep,
        secret::SecretStep,
    },
};

/// Whether a step may be taken as far as those go that were refused: it is none of them, and rests on none.
fn is_open(observed: &Observed, step: &Step) -> bool {
    let written = step.written();
    let stops = |refused: &Step| refused.written() == written || rests_on(observed, step, refused);
    !observed.refused.iter().any(|(refused, _)| stops(refused))
}

/// Whether a step of a plan may be taken. What leaves Azure makes room for what comes there: while that can't come, it
/// stays.
pub(crate) fn is_open_in(plan: &Plan, observed: &Observed, step: &Step) -> bool {
    let comes = |step: &&Step| {
        matches!(
            step,
            Step::Azure(
                AzureStep::CreateResourceGroup { .. }
                    | AzureStep::PublishKey(_)
                    | AzureStep::UpdateAzureKey(_)
            )
        )
    };
    let mut coming = plan.steps.iter().filter(comes);
    let leaves = matches!(step, Step::Azure(AzureStep::DeleteAzureKey { .. }));
    is_open(observed, step) && !(leaves && coming.any(|step| !is_open(observed, step)))
}

/// Whether a step rests on an earlier one that was refused.
///
/// | refused | what rests on it |
/// |---|---|
/// | the first `Record`, which brings the finalizer | everything |
/// | a later `Record` | what creates something that it names; and what leaves Azure to make room for that |
/// | `RecordPlaces` | writes to Azure |
/// | `HoldStore` | nothing: the plan leaves Azure alone then |
/// | a step that makes the key pair | Azure, outputs and rotation |
/// | `RepairSecret` | the rotation; and Azure and outputs while the Secret is not this object's |
/// | a step of a rotation | later ones |
/// | `CreateResourceGroup`, `PublishKey`, `UpdateAzureKey` | deletions in Azure, and the key in that group |
/// | `DeleteAzureKey` | the same place; the Secrets with the private half, and the finalizer |
/// | a step on an output | another on the same output, and the finalizer |
/// | a deletion of a Secret | the managed Secret, which goes last, and the finalizer |
fn rests_on(observed: &Observed, step: &Step, refused: &Step) -> bool {
    match refused {
        Step::Object(refused) => rests_on_object(observed, step, refused),
        Step::Secret(refused) => rests_on_secret(observed, step, refused),
        Step::Rotation(refused) => rests_on_rotation(step, refused),
        Step::Output(refused) => step.output() == Some(refused.object()) || lets_go(step),
        Step::Azure(refused) => rests_on_azure(step, refused),
    }
}

fn rests_on_object(observed: &Observed, step: &Step, refused: &ObjectStep) -> bool {
    match refused {
        ObjectStep::Record(_) => !observed.object.has_finalizer || creates(step),
        ObjectStep::RecordPlaces { .. } => step.concern() == Concern::Azure,
        ObjectStep::RemoveFinalizer { .. } => false,
    }
}

fn rests_on_secret(observed: &Observed, step: &Step, refused: &SecretStep) -> bool {
    let concern = step.concern();
    let is_public = matches!(concern, Concern::Azure | Concern::Outputs);
    match refused {
        SecretStep::CreateSecret(_) | SecretStep::ImportKey(_) | SecretStep::AdoptSecret { .. } => {
            is_public
                || concern == Concern::Rotation
                || matches!(step, Step::Object(ObjectStep::RecordPlaces { .. }))
        }
        SecretStep::RepairSecret { .. } => {
            concern == Concern::Rotation || (is_public && !secret_is_own(observed))
        }
        SecretStep::DeleteSecret { .. } => ends(step),
    }
}

fn rests_on_rotation(step: &Step, refused: &RotationStep) -> bool {
    match refused {
        RotationStep::StageKey(_)
        | RotationStep::StageImportedKey(_)
        | RotationStep::KeepPreviousKey(_)
        | RotationStep::BeginDelay { .. }
        | RotationStep::ActivateKey(_)
        | RotationStep::DateFormerKeys { .. }
        | RotationStep::RetireKeys(_) => step.concern() == Concern::Rotation,
        RotationStep::DropStagedKey { .. } | RotationStep::DeletePreviousKeys { .. } => ends(step),
    }
}

fn rests_on_azure(step: &Step, refused: &AzureStep) -> bool {
    match refused {
        AzureStep::HoldStore { .. } => false,
        AzureStep::CreateResourceGroup { id, .. } => match step {
            Step::Azure(AzureStep::PublishKey(publish)) => publish.id.group_key() == id.group_key(),
            Step::Azure(AzureStep::DeleteAzureKey { .. }) => true,
            _ => false,
        },
        AzureStep::PublishKey(_) | AzureStep::UpdateAzureKey(_) => {
            matches!(step, Step::Azure(AzureStep::DeleteAzureKey { .. }))
        }
        AzureStep::DeleteAzureKey { id } => step.azure_id() == Some(id) || destroys(step),
    }
}

fn secret_is_own(observed: &Observed) -> bool {
    match &observed.secret {
        SecretView::Present(facts) => facts.owner_uid.as_ref() == Some(&observed.object.uid),
        SecretView::Absent => false,
    }
}

/// Whether a step makes something that the object must name first.
fn creates(step: &Step) -> bool {
    match step {
        Step::Object(step) => matches!(step, ObjectStep::RecordPlaces { .. }),
        Step::Secret(step) => matches!(
            step,
            SecretStep::CreateSecret(_) | SecretStep::ImportKey(_) | SecretStep::AdoptSecret { .. }
        ),
        Step::Rotation(step) => matches!(
            step,
            RotationStep::StageKey(_) | RotationStep::StageImportedKey(_)
        ),
        Step::Output(step) => matches!(step, OutputStep::CreateOutput(_)),
        Step::Azure(step) => matches!(
            step,
            AzureStep::CreateResourceGroup { .. }
                | AzureStep::PublishKey(_)
                | AzureStep::UpdateAzureKey(_)
        ),
    }
}

/// Whether a step lets the object go.
fn lets_go(step: &Step) -> bool {
    matches!(step, Step::Object(ObjectStep::RemoveFinalizer { .. }))
}

/// Whether a step lets the last of an object go.
fn ends(step: &Step) -> bool {
    matches!(step, Step::Secret(SecretStep::DeleteSecret { .. })) || lets_go(step)
}

/// Whether a step takes private keys away whose public half may still be in Azure.
fn destroys(step: &Step) -> bool {
    let others = matches!(
        step,
        Step::Rotation(
            RotationStep::DropStagedKey { .. } | RotationStep::DeletePreviousKeys { .. }
        )
    );
    others || ends(step)
}
