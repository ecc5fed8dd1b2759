//! The reconcile of a store of either kind: whether its identity gets a token.

use std::{sync::Arc, time::Duration};

use kube::ResourceExt;
use uuid::Uuid;

use crate::{
    api::{ArmId, ErrorClass, Reason, names::STORE_FINALIZER},
    azure::{AzureError, Caller, View},
    controller::{
        action::Action,
        clock::now,
        context::Context,
        failure,
        memory::store_state::concerns_of_stores,
        sessions::{
            checked_store::{CheckedStore, not_checked_yet},
            session::{Session, Token},
            store_object::{StoreObject, StoreSpec, StoreView, unreadable},
        },
        store::{
            look_request,
            report::{Answers, report},
            users,
        },
        store_id::StoreId,
    },
    kubernetes::{KubernetesError, guarded::Guarded, namespaces, stores},
    plan::{Failure, listed},
};

/// Checks one store and reports.
pub(in crate::controller) async fn reconcile<K: StoreObject>(
    store: Arc<Guarded<K>>,
    context: Arc<Context>,
) -> Result<Action, KubernetesError> {
    let store = match &store.0 {
        Ok(store) => store,
        Err(invalid) => {
            let mut store = K::default();
            *store.meta_mut() = invalid.metadata.clone();
            tracing::warn!(
                namespace = store.namespace(),
                name = store.name_any(),
                "a store can't be read"
            );
            let found = Err(unreadable(K::KIND));
            report(&context, &store, &found, Answers::Request).await?;
            return Ok(Action::requeue(context.options.intervals.sweep));
        }
    };
    let id = store.describe(&context.options.namespace).id;
    if store.meta().deletion_timestamp.is_some() {
        let view = store.describe(&context.options.namespace);
        // Its last keys need its session, also when the operator has started since.
        if is_held(store) && !context.sessions.is_known(&view) {
            if context
                .sessions
                .check(&view, Token::AnyGoodOne)
                .await
                .is_none()
            {
                return Ok(Action::requeue(context.options.intervals.sweep));
            }
            context.sessions.tell(&id);
        }
        return leave(&context, store, &id).await;
    }
    if let Err(error) = let_go_if_unused(&context, store, &id).await {
        tracing::warn!(%error, "a store that is not used stays held for now");
    }
    let view = store.describe(&context.options.namespace);
    let token = if look_request::is_open(&context, store).await {
        Token::NewOne
    } else {
        Token::AnyGoodOne
    };
    let Some(checked) = context.sessions.check(&view, token).await else {
        return wait(&context, store).await;
    };
    let is_news = forget(&context, store, &checked, token) || checked.is_news();
    let ready = readiness(&context, &view, &checked, token).await;
    report(&context, store, &ready, Answers::Request).await?;
    if is_news {
        context.sessions.tell(&id);
    }
    Ok(Action::requeue(next_look(&context, store, &ready)))
}

/// Forgets earlier trouble, since a person who asks may have mended it. Returns whether that is news for the keys.
fn forget<K: StoreObject>(
    context: &Context,
    store: &K,
    checked: &CheckedStore,
    token: Token,
) -> bool {
    if token == Token::AnyGoodOne {
        return false;
    }
    context.memory.reset_backoff(store);
    context.memory.end_patience(store);
    let session = checked.session();
    session.is_some_and(|session| session.forget_trouble())
}

/// Its credential is being opened; it is woken when that is done. What was said of the store before stays.
async fn wait<K: StoreObject>(context: &Context, store: &K) -> Result<Action, KubernetesError> {
    let status = store.status();
    let reported = status.and_then(|status| status.observed_generation);
    if reported.is_none_or(|generation| generation < 0) {
        report(context, store, &Err(not_checked_yet()), Answers::Nothing).await?;
    }
    Ok(Action::requeue(context.options.intervals.sweep))
}

/// What can be said of a store: whether a token is issued, what its keys have met, and whether its default group can be
/// listed. A right to read that is missing is told and no more: a role may cover other groups.
async fn readiness(
    context: &Context,
    view: &StoreView,
    checked: &CheckedStore,
    token: Token,
) -> Result<String, Failure> {
    checked.ready().map_err(Clone::clone)?;
    let issued = "Entra issues tokens to the store's identity".to_owned();
    let Some(session) = checked.session() else {
        return Ok(issued);
    };
    let recent = 2 * context.options.retry_max + context.options.intervals.poll;
    if let Some(trouble) = session.trouble_within(recent) {
        return Err(trouble);
    }
    match list_default_group(context, session, view, token).await {
        None | Some(Ok(_)) => Ok(issued),
        Some(Err(error)) => {
            let failure = failure::azure_failure(&error);
            match failure.reason {
                reason if concerns_of_stores().contains(&reason) => Err(failure),
                Reason::AccessDenied => Ok(format!("{issued}; {}", failure.message)),
                _ => Ok(issued),
            }
        }
    }
}

/// Lists the group that keys of the store are in unless they name another; what was listed lately is not listed again, unless
/// a person asks.
async fn list_default_group(
    context: &Context,
    session: &Session,
    view: &StoreView,
    token: Token,
) -> Option<Result<View, AzureError>> {
    let id = ArmId {
        subscription: view.subscription().subscription_id.clone(),
        resource_group: view.default_group()?,
        // The list is asked for; which key is looked up in it does not matter.
        name: "default".to_owned(),
    };
    let caller = Caller {
        namespace: view.id.namespace.clone().unwrap_or_default(),
        object: view.uid.clone(),
        generation: view.generation,
        correlation: Uuid::new_v4().to_string(),
        is_question: false,
    };
    let (max_age, none) = match token {
        Token::AnyGoodOne => (context.options.intervals.sweep, Duration::ZERO),
        Token::NewOne => (Duration::from_nanos(1), Duration::ZERO),
    };
    let known = session
        .inventory
        .known(&session.arm, &id, max_age, none, &caller, now())
        .await;
    Some(known)
}

/// A store in deletion stays as long as keys are in Azure through it. A namespace in deletion waits for it no longer than
/// for its keys.
async fn leave<K: StoreObject>(
    context: &Context,
    store: &K,
    id: &StoreId,
) -> Result<Action, KubernetesError> {
    // Only a reconcile that finds no store forgets what was kept of it (`gone`).
    if !is_held(store) {
        return Ok(Action::requeue(context.options.intervals.poll));
    }
    let users = users(context, store, id).await?;
    if users.is_empty() || is_given_up(context, store, id).await? {
        if !users.is_empty() {
            let users = listed(&users);
            tracing::warn!(
                namespace = store.namespace(),
                name = store.name_any(),
                users,
                "a store was let go with its namespace, before its keys"
            );
        }
        stores::release(
            &store.api(context.client.clone()),
            &store.name_any(),
            &store.uid().unwrap_or_default(),
        )
        .await?;
        return Ok(Action::requeue(Duration::from_secs(1)));
    }
    let message = format!(
        "it is being deleted, and the keys of these SshKeys are in Azure through it: {}. Delete them, or move them to another store by spec.azure.storeRef; then it goes by itself",
        listed(&users)
    );
    let failure = Failure::new(ErrorClass::Transient, Reason::InUse, message);
    report(context, store, &Err(failure), Answers::Request).await?;
    Ok(Action::requeue(context.options.intervals.poll))
}

/// Who may have a key in Azure through a store.
async fn users<K: StoreObject>(
    context: &Context,
    store: &K,
    id: &StoreId,
) -> Result<Vec<String>, KubernetesError> {
    match store.describe(&context.options.namespace).spec {
        StoreSpec::Shared(spec) => users::users(context, id, Some(&spec)).await,
        StoreSpec::Own(_) => users::users(context, id, None).await,
    }
}

async fn is_given_up<K: StoreObject>(
    context: &Context,
    store: &K,
    id: &StoreId,
) -> Result<bool, KubernetesError> {
    let since = store.meta().deletion_timestamp.as_ref();
    let waited =
        since.is_some_and(|since| now().duration_since(since.0) >= context.options.orphan_after);
    match &id.namespace {
        Some(namespace) if waited => namespaces::is_terminating(&context.client, namespace).await,
        _ => Ok(false),
    }
}

/// A store that is held for nothing would hold up its deletion should the operator go first.
async fn let_go_if_unused<K: StoreObject>(
    context: &Context,
    store: &K,
    id: &StoreId,
) -> Result<(), KubernetesError> {
    // Before that, nothing is known of who uses it; then all stores without users are checked.
    if !context.caches.are_listed(context.options.watched.len()) {
        return Ok(());
    }
    let shown = context.caches.users(id);
    let is_used = context.store_uses.is_used(id, &shown);
    if is_used || !is_held(store) || context.memory.has_pending_hold(id) {
        return Ok(());
    }
    let is_unused = users(context, store, id).await?.is_empty();
    // A key may have held it while the list was on its way.
    if is_unused && !context.memory.has_pending_hold(id) {
        let api = store.api(context.client.clone());
        let uid = store.uid().unwrap_or_default();
        // A request that was under way before its end says nothing of the store after it.
        context.store_holds.forget(id);
        let released = stores::release(&api, &store.name_any(), &uid).await;
        context.store_holds.forget(id);
        released?;
    }
    Ok(())
}

/// A store is gone: its token in memory is of no more use, unless somebody has taken the finalizer off and a key still
/// needs it.
pub(in crate::controller) fn gone(context: &Context, id: &StoreId) {
    context.store_uses.forget(id);
    if context.caches.users(id).is_empty() {
        context.sessions.forget(id);
    }
}

fn is_held<K: StoreObject>(store: &K) -> bool {
    store.finalizers().iter().any(|one| one == STORE_FINALIZER)
}

fn next_look<K: StoreObject>(
    context: &Context,
    store: &K,
    ready: &Result<String, Failure>,
) -> Duration {
    let Err(failure) = ready else {
        context.memory.reset_backoff(store);
        context.memory.end_patience(store);
        return context.options.intervals.sweep;
    };
    match failure.class {
        ErrorClass::UserFixable => context.memory.next_patience(store),
        ErrorClass::Transient | ErrorClass::Throttled(_) => context.memory.next_backoff(store),
    }
}
