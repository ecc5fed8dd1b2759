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
    plan::{AzureRecord, Outcome, RotationRecord, records_json},
};

pub(in crate::controller) async fn record(
    context: &Context,
    at: &mut Observation,
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
    let live = sshkeys::record(&context.client, &at.object, annotations).await?;
    context.own_writes.remember(live.clone());
    let facts = object::object(&live);
    at.object = live;
    Ok(Outcome::Object(facts))
}

/// Writes places into the status, with all that it says already.
pub(in crate::controller) async fn record_places(
    context: &Context,
    at: &mut Observation,
    places: &[AzureRecord],
) -> Result<Outcome, StepError> {
    let mut status = own_status::own_status(&at.object)
        .cloned()
        .unwrap_or_default();
    status.recorded_for = at.object.uid();
    let azure = status.azure.get_or_insert_default();
    azure.places = places.iter().map(AzureRecord::to_status).collect();
    let written = sshkeys::write_status(&context.client, &at.object, &status).await?;
    let live = written.ok_or(StepError::Gone)?;
    context.definitions.learn(&live);
    context.own_writes.remember(live.clone());
    let facts = object::object(&live);
    at.object = live;
    Ok(Outcome::Object(facts))
}

/// Reads the object itself, before something is deleted on its word. One whose spec has changed since is looked at again.
pub(in crate::controller) async fn read_object(
    context: &Context,
    at: &mut Observation,
) -> Result<Outcome, StepError> {
    let namespace = at.object.namespace().unwrap_or_default();
    let live = sshkeys::read(&context.client, &namespace, &at.object.name_any()).await?;
    let is_same = |live: &SshKey| {
        live.uid() == at.object.uid()
            && live.metadata.generation == at.object.metadata.generation
            && live.metadata.deletion_timestamp.is_some()
                == at.object.metadata.deletion_timestamp.is_some()
    };
    let live = live.filter(is_same).ok_or(StepError::Overtaken)?;
    let facts = object::object(&live);
    at.object = live;
    Ok(Outcome::Object(facts))
}

pub(in crate::controller) async fn hold_store(
    context: &Context,
    at: &Observation,
    store: &StoreKey,
    uid: &str,
) -> Result<Outcome, StepError> {
    let client = context.client.clone();
    let namespace = &at.caller.namespace;
    // Told first: the watch may show that the store is held before the answer is here, and that nobody needs it.
    let id = StoreId::seen_from(namespace, store);
    context.store_uses.hold(&id, &at.observed.object.uid);
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
