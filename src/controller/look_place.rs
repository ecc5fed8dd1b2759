//! Reads what a step is about to rest on.

use super::{
    act_object::read_object, companions, context::Context, look_azure::read_azure,
    observation::Observation, step_error::StepError,
};
use crate::plan::{Outcome, Place};

/// Reads what a step is about to rest on.
pub(super) async fn read(
    context: &Context,
    at: &mut Observation,
    place: &Place,
) -> Result<Outcome, StepError> {
    match place {
        Place::Azure(id) => read_azure(at, id).await,
        Place::RotationSecrets => read_companions(context, at).await,
        Place::Object => read_object(context, at).await,
    }
}

pub(super) async fn read_companions(
    context: &Context,
    at: &Observation,
) -> Result<Outcome, StepError> {
    let secret = at.desired.source.custody().map(|custody| &custody.name);
    let secret = secret.ok_or(StepError::SecretChanging)?;
    let found = companions::look(&context.client, at.owner(), secret).await?;
    Ok(Outcome::RotationSecrets(found))
}
