//! Reads what a step is about to rest on.

use crate::{
    controller::{
        context::Context,
        sshkey::{
            act::{error::StepError, object::read_object, read_azure::read_azure},
            observe::{observation::Observation, rotation_secrets},
        },
    },
    plan::{Outcome, Place},
};

/// Reads what a step is about to rest on.
pub(in crate::controller) async fn read(
    context: &Context,
    observation: &mut Observation,
    place: &Place,
) -> Result<Outcome, StepError> {
    match place {
        Place::Azure(id) => read_azure(observation, id).await,
        Place::RotationSecrets => read_rotation_secrets(context, observation).await,
        Place::Object => read_object(context, observation).await,
    }
}

async fn read_rotation_secrets(
    context: &Context,
    observation: &Observation,
) -> Result<Outcome, StepError> {
    let secret = observation
        .desired
        .source
        .custody()
        .map(|custody| &custody.name);
    let secret = secret.ok_or(StepError::SecretChanging)?;
    let found = rotation_secrets::look(&context.client, observation.owner(), secret).await?;
    Ok(Outcome::RotationSecrets(found))
}
