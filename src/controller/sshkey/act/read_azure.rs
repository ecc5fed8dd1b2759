//! Reads one place in Azure itself.

use crate::{
    api::ArmId,
    controller::{
        sessions::session::Session,
        sshkey::{
            act::error::StepError,
            observe::{azure_views, observation::Observation},
        },
    },
    plan::{Freshness, Outcome},
};

/// Reads a place in Azure itself before it is written to, where a list was all that was known of it.
pub(in crate::controller) async fn read_azure(
    observation: &Observation,
    id: &ArmId,
) -> Result<Outcome, StepError> {
    let session = session(observation, id)?;
    let seen = session
        .inventory
        .read(&session.arm, id, &observation.caller)
        .await?;
    Ok(Outcome::Azure(
        id.clone(),
        azure_views::seen_as(&seen, Freshness::Live),
    ))
}

/// The session that reaches a place: that of the store it is recorded with, seen through, or wanted in.
pub(in crate::controller) fn session<'a>(
    observation: &'a Observation,
    id: &ArmId,
) -> Result<&'a Session, StepError> {
    let known = observation.observed.record(id).map(|record| &record.store);
    let looked = observation.observed.stores_of_places.get(id);
    let store = known
        .or(looked)
        .or_else(|| observation.desired.azure.as_ref().map(|azure| &azure.store));
    store
        .and_then(|store| observation.sessions.get(store))
        .map(AsRef::as_ref)
        .ok_or_else(|| StepError::OutOfReach(id.clone()))
}
