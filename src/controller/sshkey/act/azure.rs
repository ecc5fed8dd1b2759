//! The steps that write to Azure: each is one request, and what its answer says is remembered.

use std::{sync::Arc, time::Instant};

use crate::{
    api::ArmId,
    azure::{AzureError, Seen, SshPublicKey},
    controller::{
        clock::now,
        context::Context,
        sessions::session::Session,
        sshkey::{
            act::{error::StepError, hold_store::hold_store, read_azure::session},
            observe::{azure_views, observation::Observation},
        },
    },
    keys::PublicKey,
    plan::{
        AzureKey, AzureStep, Freshness, KeyView, Outcome, Ownership, PublishKey, UpdateAzureKey,
    },
};

/// Takes a step that writes to Azure, or holds a store.
pub(in crate::controller) async fn act(
    context: &Context,
    observation: &Observation,
    step: &AzureStep,
) -> Result<Outcome, StepError> {
    match step {
        AzureStep::HoldStore { store, uid } => hold_store(context, observation, store, uid).await,
        AzureStep::CreateResourceGroup { id, location } => {
            create_group(observation, id, location).await
        }
        AzureStep::PublishKey(key) => publish(context, observation, key).await,
        AzureStep::UpdateAzureKey(key) => update(context, observation, key).await,
        AzureStep::DeleteAzureKey { id } => delete(context, observation, id).await,
    }
}

async fn create_group(
    observation: &Observation,
    id: &ArmId,
    location: &str,
) -> Result<Outcome, StepError> {
    let session = session(observation, id)?;
    session
        .inventory
        .ensure_group(&session.arm, id, location, &observation.caller)
        .await?;
    Ok(Outcome::Group(id.group_key()))
}

async fn publish(
    context: &Context,
    observation: &Observation,
    key: &PublishKey,
) -> Result<Outcome, StepError> {
    let PublishKey {
        id, location, tags, ..
    } = key;
    claim(context, observation, id)?;
    let session = session(observation, id)?;
    let line = key.public_key.to_line();
    let caller = &observation.caller;
    let sent = session
        .arm
        .create_key(id, location, tags, &line, caller)
        .await;
    let seen = settle(context, observation, session, id, sent.map(present))?;
    Ok(written(id, &seen))
}

async fn update(
    context: &Context,
    observation: &Observation,
    key: &UpdateAzureKey,
) -> Result<Outcome, StepError> {
    let UpdateAzureKey { id, tags, .. } = key;
    let before = match observation.observed.azure.get(id) {
        Some(KeyView::Present { key, .. }) => Some(key),
        _ => None,
    };
    // What carries this object's mark, only this object changes.
    let is_ours = |key: &AzureKey| observation.desired.mark.ownership(&key.tags) == Ownership::Ours;
    if !before.is_some_and(is_ours) {
        claim(context, observation, id)?;
    }
    let session = session(observation, id)?;
    let line = key.public_key.as_ref().map(PublicKey::to_line);
    let location = location(observation, id);
    let (tags, line, caller) = (tags.as_ref(), line.as_deref(), &observation.caller);
    let sent = session
        .arm
        .update_key(id, &location, tags, line, caller)
        .await;
    let seen = settle(context, observation, session, id, sent.map(present))?;
    if let (Some(tags), Some(before)) = (tags, before) {
        let object = &observation.object;
        context
            .memory
            .tags_were_repaired(object, &before.tags, tags, Instant::now());
    }
    Ok(written(id, &seen))
}

async fn delete(
    context: &Context,
    observation: &Observation,
    id: &ArmId,
) -> Result<Outcome, StepError> {
    claim(context, observation, id)?;
    let session = session(observation, id)?;
    let location = location(observation, id);
    let sent = session
        .arm
        .delete_key(id, &location, &observation.caller)
        .await;
    let seen = settle(
        context,
        observation,
        session,
        id,
        sent.map(|()| Seen::Absent),
    )?;
    context.claims.give_up(id, &observation.observed.object.uid);
    Ok(written(id, &seen))
}

/// Reserves a place for this object: another may be about to write there too.
fn claim(context: &Context, observation: &Observation, id: &ArmId) -> Result<(), StepError> {
    let uid = &observation.observed.object.uid;
    if context.claims.claim(id, uid, Instant::now()) {
        Ok(())
    } else {
        Err(StepError::Claimed(id.clone()))
    }
}

/// Remembers what an answer to a write says of the place, and of the store.
fn settle(
    context: &Context,
    observation: &Observation,
    session: &Session,
    id: &ArmId,
    sent: Result<Seen, AzureError>,
) -> Result<Seen, StepError> {
    match sent {
        Ok(seen) => {
            if session.wrote() {
                context.store_uses.wake(&session.id);
            }
            session.inventory.wrote(id, &seen, now());
            Ok(seen)
        }
        Err(error) => {
            if error.leaves_in_doubt() {
                session.inventory.in_doubt(id);
            }
            if observation.tells_its_store(id) && session.met(&error) {
                context.store_uses.wake(&session.id);
            }
            Err(error.into())
        }
    }
}

fn present(key: SshPublicKey) -> Seen {
    Seen::Present(Arc::new(key))
}

fn written(id: &ArmId, seen: &Seen) -> Outcome {
    Outcome::Azure(id.clone(), azure_views::seen_as(seen, Freshness::Written))
}

/// The location of a key, by which its writes are counted: where it is, or where it was recorded to be.
fn location(observation: &Observation, id: &ArmId) -> String {
    if let Some(KeyView::Present { key, .. }) = observation.observed.azure.get(id) {
        return key.location.clone();
    }
    let known = observation.observed.record(id);
    known
        .map(|record| record.location.clone())
        .unwrap_or_default()
}
