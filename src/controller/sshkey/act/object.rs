//! The steps that change the `SshKey` itself, and the look at it that goes before a deletion.

use kube::{Api, ResourceExt};

use crate::{
    api::{
        AzureStore, ClusterAzureStore, OutputRef, SshKey, StoreKey, StoreKind,
        output_ref::outputs_text,
    },
    controller::{
        context::Context,
        sshkey::{
            act::error::StepError,
            observe::{object, observation::Observation, own_status},
        },
        store_id::StoreId,
    },
    kubernetes::{sshkeys, stores},
    plan::{AzureRecord, Outcome, RotationRecord, Step, records_json},
};

/// Takes a step that changes the `SshKey`, or holds a store for it.
pub(in crate::controller) async fn act(
    context: &Context,
    observation: &mut Observation,
    step: &Step,
) -> Result<Outcome, StepError> {
    match step {
        Step::Record {
            records,
            outputs,
            rotation,
            recorded_uid,
        } => {
            record(
                context,
                observation,
                records,
                outputs,
                rotation,
                recorded_uid,
            )
            .await
        }
        Step::RecordPlaces { places } => record_places(context, observation, places).await,
        Step::HoldStore { store, uid } => hold_store(context, observation, store, uid).await,
        Step::RemoveFinalizer { .. } => release(context, observation).await,
        other => Err(StepError::Misplaced(other.name())),
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
    records: &[AzureRecord],
    outputs: &[OutputRef],
    rotation: &RotationRecord,
    recorded_uid: &str,
) -> Result<Outcome, StepError> {
    let rotation = rotation.text();
    let json = (!records.is_empty()).then(|| records_json(records));
    let outputs = (!outputs.is_empty()).then(|| outputs_text(outputs));
    let annotations = sshkeys::Records {
        azure: json.as_deref(),
        outputs: outputs.as_deref(),
        rotation: rotation.as_deref(),
        uid: recorded_uid,
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
    let mut status = own_status::own_status(&observation.object)
        .cloned()
        .unwrap_or_default();
    status.recorded_for = observation.object.uid();
    let azure = status.azure.get_or_insert_default();
    azure.places = places.iter().map(AzureRecord::to_status).collect();
    let written = sshkeys::write_status(&context.client, &observation.object, &status).await?;
    let live = written.ok_or(StepError::Gone)?;
    context.definitions.learn(&live);
    context.memory.remember_write(live.clone());
    let facts = object::object(&live);
    observation.object = live;
    Ok(Outcome::Object(facts))
}

/// Reads the object itself, before something is deleted on its word. One whose spec has changed since is looked at again.
pub(in crate::controller) async fn read_object(
    context: &Context,
    observation: &mut Observation,
) -> Result<Outcome, StepError> {
    let namespace = observation.object.namespace().unwrap_or_default();
    let live = sshkeys::read(&context.client, &namespace, &observation.object.name_any()).await?;
    let is_same = |live: &SshKey| {
        live.uid() == observation.object.uid()
            && live.metadata.generation == observation.object.metadata.generation
            && live.metadata.deletion_timestamp.is_some()
                == observation.object.metadata.deletion_timestamp.is_some()
    };
    let live = live.filter(is_same).ok_or(StepError::Overtaken)?;
    let facts = object::object(&live);
    observation.object = live;
    Ok(Outcome::Object(facts))
}

async fn hold_store(
    context: &Context,
    observation: &Observation,
    store: &StoreKey,
    uid: &str,
) -> Result<Outcome, StepError> {
    let client = context.client.clone();
    let namespace = &observation.caller.namespace;
    // Told first: the watch may show that the store is held before the answer is here, and that nobody needs it.
    let id = StoreId::seen_from(namespace, store);
    context.memory.begin_hold(&observation.object, &id);
    match store.kind {
        StoreKind::AzureStore => {
            let api: Api<AzureStore> = Api::namespaced(client, namespace);
            stores::hold(&api, &store.name, uid).await?;
        }
        StoreKind::ClusterAzureStore => {
            let api: Api<ClusterAzureStore> = Api::all(client);
            stores::hold(&api, &store.name, uid).await?;
        }
    }
    Ok(Outcome::Held(store.clone()))
}
