//! Takes one step: one request, and what it leaves behind.

use jiff::Timestamp;
use kube::{Api, Client, ResourceExt};

use super::{
    azure_steps,
    context::{Context, Scope},
    facts, given,
    observe::Observation,
    outputs, rotation_steps,
    step_error::StepError,
    store_object::StoreId,
};
use crate::{
    api::{
        AzureStore, ClusterAzureStore, OutputRef, SshKey, StoreKey, StoreKind,
        output_ref::outputs_text,
    },
    keys::{Algorithm, Comment, KeyPair, KeySpec, PublicKey},
    kubernetes::{
        secrets::{self, FoundSecret, Replacement, SecretOwner},
        sshkeys, stores,
    },
    plan::{AzureRecord, Outcome, RotationRecord, SecretRecord, SecretView, Step, records_json},
};

/// Takes a step.
pub(super) async fn act(
    scope: &Scope,
    at: &mut Observation,
    step: &Step,
) -> Result<Outcome, StepError> {
    let context = &scope.context;
    let client = &context.client;
    let namespace = at.object.namespace().unwrap_or_default();
    let uid = at.object.uid().unwrap_or_default();
    let object_name = at.object.name_any();
    let owner = SecretOwner {
        namespace: &namespace,
        name: &object_name,
        uid: &uid,
    };
    match step {
        Step::Record {
            records,
            outputs,
            rotation,
            recorded_uid,
        } => record(context, at, records, outputs, rotation, recorded_uid).await,
        Step::RecordPlaces { places } => record_places(context, at, places).await,
        Step::CreateSecret {
            name,
            key,
            comment,
            revision,
            request,
            now,
        } => {
            let pair = generate(context, at, *key, comment.clone()).await?;
            let key = Replacement {
                pair: &pair,
                revision: *revision,
                request: request.as_deref(),
                now: *now,
            };
            let created = secrets::create(client, &namespace, name, owner, key).await?;
            created_or_there(context, at, name, created).await
        }
        Step::ImportKey {
            name,
            public_key,
            revision,
            now,
        } => {
            let pair = given(context, at, public_key).await?;
            let key = Replacement {
                pair: &pair,
                revision: *revision,
                request: None,
                now: *now,
            };
            let created = secrets::create(client, &namespace, name, owner, key).await?;
            created_or_there(context, at, name, created).await
        }
        Step::AdoptSecret { secret, now } => {
            let found = record_secret(client, &namespace, secret, owner, Some((1, *now))).await?;
            Ok(seen(context, at, Some(found)).await)
        }
        Step::RepairSecret { secret, anew } => {
            let found = record_secret(client, &namespace, secret, owner, *anew).await?;
            Ok(seen(context, at, Some(found)).await)
        }
        Step::DeleteSecret { name, uid } => {
            secrets::delete(client, &namespace, name, uid).await?;
            Ok(Outcome::Secret(SecretView::Absent))
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
            Box::pin(rotation_steps::act(context, at, owner, step)).await
        }
        Step::HoldStore { store, uid } => hold_store(context, at, store, uid).await,
        Step::RemoveFinalizer { .. } => {
            // Told first: the watch may tell the end of the object before the answer is here.
            context.released.begin(&uid);
            let released = sshkeys::release(client, &at.object).await;
            // One that was gone already may have been told before.
            if !matches!(released, Ok(true)) {
                context.released.failed(&uid);
            }
            released.map(|_| Outcome::Released).map_err(StepError::from)
        }
        Step::CreateOutput { .. } | Step::UpdateOutput { .. } | Step::DeleteOutput { .. } => {
            Box::pin(outputs::act(context, at, step)).await
        }
        Step::CreateResourceGroup { id, .. }
        | Step::PublishKey { id, .. }
        | Step::UpdateAzureKey { id, .. }
        | Step::DeleteAzureKey { id } => azure_steps::act(context, at, id, step).await,
    }
}

async fn record(
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
    let facts = facts::object(&live);
    at.object = live;
    Ok(Outcome::Object(facts))
}

/// Writes places into the status, with all that it says already.
async fn record_places(
    context: &Context,
    at: &mut Observation,
    places: &[AzureRecord],
) -> Result<Outcome, StepError> {
    let mut status = facts::own_status(&at.object).cloned().unwrap_or_default();
    status.recorded_for = at.object.uid();
    let azure = status.azure.get_or_insert_default();
    azure.places = places.iter().map(AzureRecord::to_status).collect();
    let written = sshkeys::write_status(&context.client, &at.object, &status).await?;
    let live = written.ok_or(StepError::Gone)?;
    context.definitions.learn(&live);
    context.own_writes.remember(live.clone());
    let facts = facts::object(&live);
    at.object = live;
    Ok(Outcome::Object(facts))
}

/// Reads the object itself, before something is deleted on its word. One whose spec has changed since is looked at again.
pub(super) async fn read_object(
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
    let facts = facts::object(&live);
    at.object = live;
    Ok(Outcome::Object(facts))
}

async fn hold_store(
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

async fn record_secret(
    client: &Client,
    namespace: &str,
    secret: &SecretRecord,
    owner: SecretOwner<'_>,
    anew: Option<(u32, Timestamp)>,
) -> Result<FoundSecret, StepError> {
    let rewritten = if secret.rewrites {
        Some(pair_in(client, namespace, secret).await?)
    } else {
        None
    };
    let repair = secrets::Repair {
        name: &secret.name,
        resource_version: &secret.resource_version,
        public: &secret.public_key,
        recorded_as: anew,
        rewritten: rewritten.as_ref(),
    };
    Ok(secrets::record(client, namespace, owner, repair).await?)
}

/// The pair that a Secret holds, if it still is what was looked at.
async fn pair_in(
    client: &Client,
    namespace: &str,
    secret: &SecretRecord,
) -> Result<KeyPair, StepError> {
    let found = secrets::read(client, namespace, &secret.name).await?;
    let is_same = |found: &FoundSecret| {
        found.meta.resource_version.as_ref() == Some(&secret.resource_version)
    };
    let private = found.filter(is_same).and_then(|found| found.private);
    let private = private.ok_or(StepError::SecretChanging)?;
    let pair = facts::off_thread(move || KeyPair::from_openssh_amid(&private)).await?;
    if pair.public_key() == secret.public_key {
        Ok(pair)
    } else {
        Err(StepError::SecretChanging)
    }
}

/// The Secret that was created. If there was one of that name, somebody was faster, or it is somebody's: what it is, it
/// says itself.
async fn created_or_there(
    context: &Context,
    at: &Observation,
    name: &str,
    created: Option<FoundSecret>,
) -> Result<Outcome, StepError> {
    let namespace = at.object.namespace().unwrap_or_default();
    let found = match created {
        Some(created) => Some(created),
        None => secrets::read(&context.client, &namespace, name).await?,
    };
    Ok(seen(context, at, found).await)
}

/// The Secret as it is now.
async fn seen(context: &Context, at: &Observation, found: Option<FoundSecret>) -> Outcome {
    Outcome::Secret(secret_outcome(context, at, found).await)
}

/// What the Secret says now.
pub(super) async fn secret_outcome(
    context: &Context,
    at: &Observation,
    found: Option<FoundSecret>,
) -> SecretView {
    let uid = &at.observed.object.uid;
    context.key_ages.read(uid, found.as_ref());
    let namespace = at.object.namespace().unwrap_or_default();
    facts::secret(found, &namespace, &at.object.name_any()).await
}

/// The pair that the user gives, if it is still the one that was looked at.
pub(super) async fn given(
    context: &Context,
    at: &Observation,
    public_key: &PublicKey,
) -> Result<KeyPair, StepError> {
    let pair = given::pair(context, &at.object).await?;
    if pair.public_key() == *public_key {
        Ok(pair)
    } else {
        Err(StepError::Changing)
    }
}

/// Generates and proves a pair. An RSA key takes seconds: it waits for its turn.
pub(super) async fn generate(
    context: &Context,
    at: &Observation,
    key: KeySpec,
    comment: Comment,
) -> Result<KeyPair, StepError> {
    let what = format!("{key:?} {comment:?}");
    let work = move || KeyPair::generate(key, &comment);
    if key.algorithm() != Algorithm::Rsa {
        return Ok(facts::off_thread(work).await?);
    }
    let generated = context.blocking.ask(&given::asker(&at.object), &what, work);
    Ok(generated.ok_or(StepError::Waiting)??)
}
