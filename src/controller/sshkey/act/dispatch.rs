//! Takes one step: one request, and what it leaves behind.

use kube::ResourceExt;

use crate::{
    controller::{
        scope::Scope,
        sshkey::{
            act::{azure, error::StepError, object, outputs, rotation, secret},
            observe::observation::Observation,
        },
    },
    kubernetes::secrets::SecretOwner,
    plan::{Outcome, Step},
};

/// Takes a step.
pub(in crate::controller) async fn act(
    scope: &Scope,
    observation: &mut Observation,
    step: &Step,
) -> Result<Outcome, StepError> {
    let context = &scope.context;
    let namespace = observation.object.namespace().unwrap_or_default();
    let uid = observation.object.uid().unwrap_or_default();
    let object_name = observation.object.name_any();
    let owner = SecretOwner {
        namespace: &namespace,
        name: &object_name,
        uid: &uid,
    };
    match step {
        Step::Record { .. }
        | Step::RecordPlaces { .. }
        | Step::HoldStore { .. }
        | Step::RemoveFinalizer { .. } => Box::pin(object::act(context, observation, step)).await,
        Step::CreateSecret { .. }
        | Step::ImportKey { .. }
        | Step::AdoptSecret { .. }
        | Step::RepairSecret { .. }
        | Step::DeleteSecret { .. } => {
            Box::pin(secret::act(context, observation, owner, step)).await
        }
        Step::StageKey { .. }
        | Step::StageImportedKey { .. }
        | Step::KeepPreviousKey { .. }
        | Step::BeginDelay { .. }
        | Step::ActivateKey { .. }
        | Step::DropStagedKey { .. }
        | Step::DateFormerKeys { .. }
        | Step::RetireKeys { .. }
        | Step::DeletePreviousKeys { .. } => {
            Box::pin(rotation::act(context, observation, owner, step)).await
        }
        Step::CreateOutput { .. } | Step::UpdateOutput { .. } | Step::DeleteOutput { .. } => {
            Box::pin(outputs::act(context, observation, step)).await
        }
        Step::CreateResourceGroup { id, .. }
        | Step::PublishKey { id, .. }
        | Step::UpdateAzureKey { id, .. }
        | Step::DeleteAzureKey { id } => azure::act(context, observation, id, step).await,
    }
}
