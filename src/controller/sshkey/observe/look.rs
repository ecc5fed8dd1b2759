//! Reads what a decision needs: the Secret live, the object live where it matters, Azure through the inventory.

use std::time::Instant;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use uuid::Uuid;

use crate::{
    api::{ArmId, SshKey, names::FINALIZER, status::Origin},
    azure::Caller,
    controller::{
        blocking::Asker,
        clock::now,
        context::Context,
        scope::Scope,
        source::{error::SourceError, read},
        sshkey::observe::{
            azure::{Look, Seen},
            error::{ObserveError, WaitsFor},
            listed_secret::{is_at_rest, listed},
            look_request::is_requested,
            object,
            observation::Observation,
            outputs,
            purpose::Purpose,
            rotation_secrets::{self, Owner},
            secret,
        },
    },
    keys::PublicKey,
    kubernetes::{namespaced::Namespaced, namespaces, secrets, sshkeys},
    plan::{
        AzureRecord, Desired, Failure, Mark, ObjectFacts, Observed, RotationSecrets, SecretView,
        resolve, secret_name, strange_hints, takes_up_secret, vouched, with_places,
    },
};

/// Observes one object; `None` when it is gone.
pub(in crate::controller) async fn observe(
    scope: &Scope,
    seen: &SshKey,
) -> Result<Option<Observation>, ObserveError> {
    let is_requested = is_requested(&scope.context, seen).await;
    if !is_requested && let Some(secret) = listed(scope, seen).await {
        scope.context.memory.secret_was_read(seen, &secret);
        let observed = observe_all(scope, seen.clone(), secret, false, &Purpose::Work);
        let observation = Box::pin(observed).await?;
        if is_at_rest(scope, &observation) {
            return Ok(Some(observation));
        }
    }
    let secret = look_at_secret(scope, seen, &Purpose::Work).await?;
    // Whether a key is lost, or what is to be deleted, is not decided upon a copy that may be old. A new object needs no
    // second read: its first step is a patch at the version that was read.
    let held = seen
        .finalizers()
        .iter()
        .any(|finalizer| finalizer == FINALIZER);
    let deleting = seen.metadata.deletion_timestamp.is_some();
    let has_custody = secret_name(&seen.spec, &seen.name_any()).is_some();
    if is_requested {
        // A person who asks also wants refused steps tried again.
        scope.context.memory.defer_steps(seen, Vec::new());
    }
    let is_live = deleting || is_requested || (held && has_custody && secret == SecretView::Absent);
    let object = if is_live {
        let (namespace, name) = (seen.namespace().unwrap_or_default(), seen.name_any());
        match sshkeys::read(Namespaced::new(&scope.context.client, &namespace), &name).await? {
            Some(live) if live.uid() == seen.uid() => live,
            _ => return Ok(None),
        }
    } else {
        seen.clone()
    };
    Box::pin(observe_all(scope, object, secret, is_live, &Purpose::Work))
        .await
        .map(Some)
}

/// Observes an object as it would be, for one who asks what would be done.
pub(in crate::controller) async fn observe_for(
    scope: &Scope,
    object: SshKey,
    asker: Asker,
) -> Result<Observation, ObserveError> {
    let purpose = Purpose::Question(asker);
    let secret = look_at_secret(scope, &object, &purpose).await?;
    Box::pin(observe_all(scope, object, secret, true, &purpose)).await
}

/// Observes what belongs to an object that is gone, as if it were being deleted with our finalizer on it.
pub(in crate::controller) async fn observe_gone(
    scope: &Scope,
    mut gone: SshKey,
) -> Result<Observation, ObserveError> {
    gone.metadata.deletion_timestamp = Some(Time(now()));
    gone.metadata.finalizers = Some(vec![FINALIZER.to_owned()]);
    let secret = look_at_secret(scope, &gone, &Purpose::Work).await?;
    Box::pin(observe_all(scope, gone, secret, true, &Purpose::Work)).await
}

async fn look_at_secret(
    scope: &Scope,
    object: &SshKey,
    purpose: &Purpose,
) -> Result<SecretView, ObserveError> {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let Some(secret_name) = secret_name(&object.spec, &name) else {
        return Ok(SecretView::Absent);
    };
    let found = secrets::read(
        Namespaced::new(&scope.context.client, &namespace),
        &secret_name,
    )
    .await?;
    let secret = secret::secret(found, &namespace, &name).await;
    if !purpose.is_question() {
        scope.context.memory.secret_was_read(object, &secret);
    }
    Ok(secret)
}

/// Observes all else.
async fn observe_all(
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
