//! What rests on what: a step that is refused for good stops those that rest on it, and no other.

use crate::plan::{
    decision::Plan,
    observed::{secret::SecretView, snapshot::Observed},
    step::{describe::Concern, kinds::Step},
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
            Step::CreateResourceGroup { .. }
                | Step::PublishKey { .. }
                | Step::UpdateAzureKey { .. }
        )
    };
    let mut coming = plan.steps.iter().filter(comes);
    let leaves = matches!(step, Step::DeleteAzureKey { .. });
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
    let concern = step.concern();
    let is_public = matches!(concern, Concern::Azure | Concern::Outputs);
    match refused {
        Step::Record { .. } => !observed.object.has_finalizer || creates(step),
        Step::RecordPlaces { .. } => concern == Concern::Azure,
        Step::HoldStore { .. } | Step::RemoveFinalizer { .. } => false,
        Step::CreateSecret { .. } | Step::ImportKey { .. } | Step::AdoptSecret { .. } => {
            is_public || concern == Concern::Rotation || matches!(step, Step::RecordPlaces { .. })
        }
        Step::RepairSecret { .. } => {
            concern == Concern::Rotation || (is_public && !secret_is_own(observed))
        }
        Step::StageKey { .. }
        | Step::StageImportedKey { .. }
        | Step::KeepPreviousKey { .. }
        | Step::BeginDelay { .. }
        | Step::ActivateKey { .. }
        | Step::DateFormerKeys { .. }
        | Step::RetireKeys { .. } => concern == Concern::Rotation,
        Step::DropStagedKey { .. }
        | Step::DeletePreviousKeys { .. }
        | Step::DeleteSecret { .. } => ends(step),
        Step::CreateResourceGroup { id, .. } => match step {
            Step::PublishKey { id: key, .. } => key.group_key() == id.group_key(),
            Step::DeleteAzureKey { .. } => true,
            _ => false,
        },
        Step::PublishKey { .. } | Step::UpdateAzureKey { .. } => {
            matches!(step, Step::DeleteAzureKey { .. })
        }
        Step::DeleteAzureKey { id } => step.azure_id() == Some(id) || destroys(step),
        Step::CreateOutput { object, .. }
        | Step::UpdateOutput { object, .. }
        | Step::DeleteOutput { object, .. } => {
            step.output() == Some(object) || matches!(step, Step::RemoveFinalizer { .. })
        }
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
    matches!(
        step,
        Step::CreateSecret { .. }
            | Step::ImportKey { .. }
            | Step::AdoptSecret { .. }
            | Step::StageKey { .. }
            | Step::StageImportedKey { .. }
            | Step::CreateOutput { .. }
            | Step::RecordPlaces { .. }
            | Step::CreateResourceGroup { .. }
            | Step::PublishKey { .. }
            | Step::UpdateAzureKey { .. }
    )
}

/// Whether a step lets the last of an object go.
fn ends(step: &Step) -> bool {
    matches!(
        step,
        Step::DeleteSecret { .. } | Step::RemoveFinalizer { .. }
    )
}

/// Whether a step takes private keys away whose public half may still be in Azure.
fn destroys(step: &Step) -> bool {
    ends(step)
        || matches!(
            step,
            Step::DropStagedKey { .. } | Step::DeletePreviousKeys { .. }
        )
}
