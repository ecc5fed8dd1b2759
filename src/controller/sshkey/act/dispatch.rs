//! Takes one step: one request, and what it leaves behind.

use crate::{
    controller::{
        scope::Scope,
        sshkey::{
            act::{azure, error::StepError, object, outputs, rotation, secret},
            observe::observation::Observation,
        },
    },
    plan::{Outcome, Step},
};

/// Takes a step.
pub(in crate::controller) async fn act(
    scope: &Scope,
    observation: &mut Observation,
    step: &Step,
) -> Result<Outcome, StepError> {
    let context = &scope.context;
    match step {
        Step::Object(step) => Box::pin(object::act(context, observation, step)).await,
        Step::Secret(step) => Box::pin(secret::act(context, observation, step)).await,
        Step::Rotation(step) => Box::pin(rotation::act(context, observation, step)).await,
        Step::Output(step) => Box::pin(outputs::act(context, observation, step)).await,
        Step::Azure(step) => Box::pin(azure::act(context, observation, step)).await,
    }
}
