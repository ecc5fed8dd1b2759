//! The steps that change the `SshKey` itself, and the look at it that goes before a deletion.

use kube::ResourceExt;

use crate::{
    api::{SshKey, condition, crd::NEVER_OBSERVED, output_ref::outputs_text},
    controller::{
        context::Context,
        sshkey::{
            act::error::StepError,
            observe::{object, observation::Observation},
        },
    },
    kubernetes::sshkeys,
    plan::{AzureRecord, ObjectStep, Outcome, Record, records_json},
};

/// Takes a step that changes the `SshKey` itself.
pub(in crate::controller) async fn act(
    context: &Context,
    observation: &mut Observation,
    step: &ObjectStep,
) -> Result<Outcome, StepError> {
    match step {
        ObjectStep::Record(wanted) => record(context, observation, wanted).await,
        ObjectStep::RecordPlaces { places } => record_places(context, observation, places).await,
        ObjectStep::RemoveFinalizer { .. } => release(context, observation).await,
    }
}

async fn release(context: &Context, observation: &Observation) -> Result<Outcome, StepError> {
    let object = &observation.object;
    // Told first: the watch may tell the end of the object before the answer is here.
    context.memory.begin_release(object);
    let released = sshkeys::release(&context.client, object).await;
    // One that was gone already may have been told before.
    if !matches!(released, Ok(true)) {
        context.memory.end_release(object);
    }
    released.map(|_| Outcome::Released).map_err(StepError::from)
}

async fn record(
    context: &Context,
    observation: &mut Observation,
    wanted: &Record,
) -> Result<Outcome, StepError> {
    let rotation = wanted.rotation.text();
    let azure = (!wanted.records.is_empty()).then(|| records_json(&wanted.records));
    let outputs = (!wanted.outputs.is_empty()).then(|| outputs_text(&wanted.outputs));
    let annotations = sshkeys::Records {
        azure: azure.as_deref(),
        outputs: outputs.as_deref(),
        rotation: rotation.as_deref(),
        uid: &wanted.recorded_uid,
    };
    let live = sshkeys::record(&context.client, &observation.object, annotations).await?;
    context.memory.remember_write(live.clone());
    let facts = object::object(&live);
    observation.object = live;
    Ok(Outcome::Object(facts))
}

/// Writes places into the status, with all that it says already.
async fn record_places(
    context: &Context,
    observation: &mut Observation,
    places: &[AzureRecord],
) -> Result<Outcome, StepError> {
    let mut status = observation.object.own_status().cloned().unwrap_or_default();
    status
        .conditions
        .retain(|condition| condition::is_own(&condition.type_));
    status.recorded_for = observation.object.uid();
    status.observed_generation.get_or_insert(NEVER_OBSERVED);
    let azure = status.azure.get_or_insert_default();
    azure.places = places.iter().map(AzureRecord::to_status).collect();
    let written = sshkeys::write_status(&context.client, &observation.object, &status).await?;
    let written = written.ok_or(StepError::Gone)?;
    context.definitions.learn(&written.live);
    let live = context.memory.remember_status(written);
    let facts = object::object(&live);
    observation.object = live;
    Ok(Outcome::Object(facts))
}

/// Reads the object itself, before something is deleted on its word. An object whose spec has changed since is observed again.
pub(in crate::controller) async fn read_object(
    context: &Context,
    observation: &mut Observation,
) -> Result<Outcome, StepError> {
    let within = observation.within(&context.client);
    let live = sshkeys::read(within, &observation.object.name_any()).await?;
    let is_same = |live: &SshKey| {
        live.uid() == observation.object.uid()
            && live.metadata.generation == observation.object.metadata.generation
            && live.metadata.deletion_timestamp.is_some()
                == observation.object.metadata.deletion_timestamp.is_some()
    };
    let live = live.filter(is_same).ok_or(StepError::Overtaken)?;
    if live.resource_version() != observation.object.resource_version() {
        context.memory.is_overtaken(&live);
    }
    let facts = object::object(&live);
    observation.object = live;
    Ok(Outcome::Object(facts))
}
