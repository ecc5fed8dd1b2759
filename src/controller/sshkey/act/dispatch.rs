//! Takes one step: one request, and what it leaves behind.

use kube::ResourceExt;

use crate::{
    controller::{
        scope::Scope,
        sshkey::{
            act::{
                azure,
                error::StepError,
                key_pair::{generate, given_pair},
                object::{hold_store, record, record_places},
                outputs, rotation,
                secret::{created_or_there, record_secret, seen},
            },
            observe::observation::Observation,
        },
    },
    kubernetes::{
        secrets::{self, Replacement, SecretOwner},
        sshkeys,
    },
    plan::{Outcome, SecretView, Step},
};

/// Takes a step.
pub(in crate::controller) async fn act(
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
            let pair = given_pair(context, at, public_key).await?;
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
            Box::pin(rotation::act(context, at, owner, step)).await
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
        | Step::DeleteAzureKey { id } => azure::act(context, at, id, step).await,
    }
}
