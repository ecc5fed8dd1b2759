//! The steps that write to Azure, and the look that goes before a write.

use std::{sync::Arc, time::Instant};

use crate::{
    api::ArmId,
    azure::Seen,
    controller::{
        clock::now,
        context::Context,
        sessions::session::Session,
        sshkey::{
            act::{error::StepError, read_azure::session},
            observe::{azure_views, observation::Observation},
        },
    },
    keys::PublicKey,
    plan::{Freshness, KeyView, Outcome, Ownership, Step},
};

/// Takes a step that writes to Azure.
pub(in crate::controller) async fn act(
    context: &Context,
    observation: &Observation,
    id: &ArmId,
    step: &Step,
) -> Result<Outcome, StepError> {
    if let Step::CreateResourceGroup { location, .. } = step {
        let session = session(observation, id)?;
        session
            .inventory
            .ensure_group(&session.arm, id, location, &observation.caller)
            .await?;
        return Ok(Outcome::Group(id.group_key()));
    }
    let uid = &observation.observed.object.uid;
    if needs_claim(observation, id, step) && !context.claims.claim(id, uid, Instant::now()) {
        return Err(StepError::Claimed(id.clone()));
    }
    let written = write_azure(context, observation, id, step).await?;
    if matches!(step, Step::DeleteAzureKey { .. }) {
        context.claims.give_up(id, uid);
    }
    remember_tags(context, observation, step);
    Ok(written)
}

/// Whether another object may be about to write there too: what carries this object's mark, only this object changes.
fn needs_claim(observation: &Observation, id: &ArmId, step: &Step) -> bool {
    match (step, observation.observed.azure.get(id)) {
        (Step::UpdateAzureKey { .. }, Some(KeyView::Present { key, .. })) => {
            observation.desired.mark.ownership(&key.tags) != Ownership::Ours
        }
        _ => true,
    }
}

/// The tags that a step has put right.
fn remember_tags(context: &Context, observation: &Observation, step: &Step) {
    if let Step::UpdateAzureKey {
        id,
        tags: Some(tags),
        ..
    } = step
        && let Some(KeyView::Present { key, .. }) = observation.observed.azure.get(id)
    {
        context
            .memory
            .tags_were_repaired(&observation.object, &key.tags, tags, Instant::now());
    }
}

async fn write_azure(
    context: &Context,
    observation: &Observation,
    id: &ArmId,
    step: &Step,
) -> Result<Outcome, StepError> {
    let session = session(observation, id)?;
    match send(session, observation, id, step).await {
        Ok(seen) => {
            if session.wrote() {
                context.store_uses.wake(&session.id);
            }
            session.inventory.wrote(id, seen.clone(), now());
            if matches!(step, Step::DeleteAzureKey { .. }) {
                let (namespace, name) = (
                    &observation.caller.namespace,
                    &observation.desired.mark.object,
                );
                tracing::info!(namespace, name, %id, "deleted the key in Azure");
            }
            Ok(Outcome::Azure(
                id.clone(),
                azure_views::seen_as(&seen, Freshness::Written),
            ))
        }
        Err(StepError::Azure(error)) => {
            if error.leaves_in_doubt() {
                session.inventory.in_doubt(id);
            }
            if observation.tells_its_store(id) && session.met(&error) {
                context.store_uses.wake(&session.id);
            }
            Err(error.into())
        }
        Err(error) => Err(error),
    }
}

/// Sends the request.
async fn send(
    session: &Session,
    observation: &Observation,
    id: &ArmId,
    step: &Step,
) -> Result<Seen, StepError> {
    Ok(match step {
        Step::PublishKey {
            location,
            tags,
            public_key,
            ..
        } => {
            let public_key = public_key
                .as_ref()
                .ok_or_else(|| StepError::NotStored(id.clone()))?;
            session
                .arm
                .create_key(
                    id,
                    location,
                    tags,
                    &public_key.to_line(),
                    &observation.caller,
                )
                .await
                .map(|key| Seen::Present(Arc::new(key)))?
        }
        Step::UpdateAzureKey {
            public_key, tags, ..
        } => {
            let line = public_key.as_ref().map(PublicKey::to_line);
            let location = location(observation, id);
            session
                .arm
                .update_key(
                    id,
                    &location,
                    tags.as_ref(),
                    line.as_deref(),
                    &observation.caller,
                )
                .await
                .map(|key| Seen::Present(Arc::new(key)))?
        }
        Step::DeleteAzureKey { .. } => session
            .arm
            .delete_key(id, &location(observation, id), &observation.caller)
            .await
            .map(|()| Seen::Absent)?,
        other => return Err(StepError::Misplaced(other.name())),
    })
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
