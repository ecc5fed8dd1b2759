//! Reads what a decision needs beside the Secret: Azure through the inventory, outputs, what the user gives.

use std::time::Instant;

use kube::ResourceExt;
use uuid::Uuid;

use crate::{
    api::{ArmId, SshKey, status::Origin},
    azure::Caller,
    controller::{
        blocking::Asker,
        context::Context,
        scope::Scope,
        source::{error::SourceError, read},
        sshkey::observe::{
            azure::{Look, Seen},
            error::{ObserveError, WaitsFor},
            look_request::is_requested,
            object,
            observation::Observation,
            outputs,
            purpose::Purpose,
            rotation_secrets::{self, Owner},
        },
    },
    keys::PublicKey,
    kubernetes::namespaces,
    plan::{
        AzureRecord, Desired, Failure, Mark, ObjectFacts, Observed, RotationSecrets, SecretView,
        resolve, secret_name, strange_hints, takes_up_secret, vouched, with_places,
    },
};

/// Observes all but the Secret, which is known.
pub(super) async fn observe_all(
    scope: &Scope,
    object: SshKey,
    secret: SecretView,
    is_live: bool,
    purpose: &Purpose,
) -> Result<Observation, ObserveError> {
    let context = &scope.context;
    let client = &context.client;
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let deleting = object.metadata.deletion_timestamp.is_some();
    let facts = object::object(&object);
    let rotation_secrets = match secret_name(&object.spec, &name) {
        Some(secret_name) if rotation_secrets::may_be_there(&facts, &secret, is_live) => {
            let owner = Owner::of(&namespace, &name, &facts, &secret);
            rotation_secrets::look(client, owner, &secret_name).await?
        }
        _ => RotationSecrets::Unread,
    };
    let mark = Mark {
        cluster: context.options.cluster_id.clone(),
        namespace: namespace.clone(),
        object: name,
        uid: facts.uid.clone(),
    };
    let asker = purpose.asker(&object);
    let caller = Caller {
        namespace: namespace.clone(),
        object: asker.uid().to_owned(),
        generation: object.metadata.generation.unwrap_or_default(),
        correlation: Uuid::new_v4().to_string(),
        is_question: purpose.is_question(),
    };
    let look = Look {
        scope,
        object: &object,
        caller: &caller,
        mark: &mark,
        deleting,
        is_requested: !purpose.is_question() && is_requested(context, &object).await,
    };
    let (desired, seen) = look_at_azure(&look, &facts, &secret).await?;
    let given = if deleting {
        given_at_the_end(context, &object, &desired, &facts).await
    } else {
        given(context, &object, &asker).await?
    };
    let outputs = outputs::look(client, &object, &desired, facts.all_outputs());
    let outputs = Box::pin(outputs).await;
    let namespace_terminating = deleting && namespaces::is_terminating(client, &namespace).await?;
    let poll = context.options.intervals.poll;
    let crd_is_outdated = context.definitions.are_outdated(client, poll).await;
    let observed = Observed {
        object: facts,
        object_is_live: is_live,
        secret,
        rotation_secrets,
        given,
        outputs,
        azure: seen.azure,
        stores_of_places: seen.stores_of_places,
        known: Vec::new(),
        crd_is_outdated,
        unheld_stores: seen.unheld,
        tags_turned_back: context.memory.tags_turned_back(&object, Instant::now()),
        namespace_terminating,
        refused: Vec::new(),
    };
    let observed = with_places(observed, &desired);
    Ok(Observation {
        strange_hints: strange_hints(&observed),
        takes_up_secret: takes_up_secret(&desired, &observed),
        finds: finds(&observed),
        object,
        caller,
        desired,
        observed,
        sessions: seen.sessions,
        presumes_no_secret: false,
    })
}

fn finds(observed: &Observed) -> Vec<ArmId> {
    let listed = &observed.object.places;
    let is_new = |place: &&AzureRecord| {
        place.origin == Origin::Found && !listed.iter().any(|listed| listed.id == place.id)
    };
    let finds = observed.known.iter().filter(is_new);
    finds.map(|place| place.id.clone()).collect()
}

/// The public half of what the user gives, or why it is not to be had.
async fn given(
    context: &Context,
    object: &SshKey,
    asker: &Asker,
) -> Result<Option<Result<PublicKey, Failure>>, ObserveError> {
    match read::look(&context.source, object, asker).await {
        Ok(key) => Ok(key.map(Ok)),
        Err(SourceError::Kubernetes(error)) => Err(error.into()),
        Err(SourceError::Waiting) => Err(ObserveError::Waiting(WaitsFor::Key)),
        Err(error) => Ok(Some(Err(error.failure()))),
    }
}

/// What is leaving needs no key, and must not wait for one. Of one that is kept nowhere else, the source says which key is
/// this object's.
async fn given_at_the_end(
    context: &Context,
    object: &SshKey,
    desired: &Desired,
    facts: &ObjectFacts,
) -> Option<Result<PublicKey, Failure>> {
    let source = &desired.source;
    let is_kept_elsewhere = source.private_secret().is_some() && source.custody().is_none();
    if !is_kept_elsewhere || facts.places.is_empty() {
        return None;
    }
    read::look_without_work(&context.source, object)
        .await
        .map(Ok)
}

/// What is wanted, and what is in Azure: where hints point, then every place that is known or wanted, then what only lists
/// show.
async fn look_at_azure(
    look: &Look<'_>,
    facts: &ObjectFacts,
    secret: &SecretView,
) -> Result<(Desired, Seen), ObserveError> {
    let mut seen = look.at_stores(facts).await?;
    look.at_hints(facts, &mut seen).await;
    let known = vouched(look.mark, facts, &seen.azure);
    look.at_default_stores(&known, &mut seen).await?;
    let spec = &look.object.spec;
    let desired = resolve(spec, look.mark.clone(), &known, seen.stores.clone())
        .map_err(ObserveError::Invalid)?;
    look.at_places(facts, &desired, &mut seen).await;
    look.at_marks(facts, secret, &desired, &mut seen).await;
    Ok((desired, seen))
}
