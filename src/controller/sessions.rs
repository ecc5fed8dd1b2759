//! One session per store: its identity with the token in memory, and what is known of Azure through it. A session
//! outlives its store, since a namespace that is being deleted loses store and credentials before its keys are gone.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures::FutureExt;
use kube::ResourceExt;
use zeroize::Zeroizing;

use super::context::Context;
use crate::{
    api::{
        AzureStore, AzureStoreSpec, ErrorClass, Reason,
        azure_store::{ClientSecret, WorkloadIdentity},
    },
    azure::{ArmClient, Assertion, AzureError, Cause, Endpoints, Identity, Inventory, Operation},
    kubernetes::{KubernetesError, secrets, tokens},
    plan::{Failure, StoreFact},
};

/// An identity at work.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) arm: ArmClient,
    pub(super) inventory: Inventory,
    /// Whether its identity got no token when a key needed one: the store has to be looked at again.
    failing: AtomicBool,
    /// What it was made from: another generation or credential needs another session.
    made_from: (i64, String),
}

/// A store as it was last looked at.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    generation: i64,
    uid: String,
    spec: AzureStoreSpec,
    /// When that was.
    at: Instant,
    /// Whether a token is issued, or why not.
    pub(super) ready: Result<(), Failure>,
    /// The last session that ever was.
    pub(super) session: Option<Arc<Session>>,
}

type Key = (String, String);

/// The sessions of all stores, by namespace and name.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    looked: Mutex<HashMap<Key, Looked>>,
    /// One look at a time for each store.
    turns: Mutex<HashMap<Key, Arc<tokio::sync::Mutex<()>>>>,
}

impl Sessions {
    /// The last session of a store, whether the store still exists or not.
    pub(super) fn last(&self, namespace: &str, name: &str) -> Option<Arc<Session>> {
        self.get(&(namespace.to_owned(), name.to_owned()))?.session
    }

    fn get(&self, key: &Key) -> Option<Looked> {
        self.looked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    fn turn(&self, key: &Key) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(key.clone()).or_default())
    }
}

fn key(store: &AzureStore) -> Key {
    (store.namespace().unwrap_or_default(), store.name_any())
}

impl Session {
    /// A key has seen this error.
    pub(super) fn met(&self, error: &AzureError) {
        if error.operation == Operation::GetToken {
            self.failing.store(true, Ordering::Relaxed);
        }
    }
}

impl Looked {
    /// Whether what was found last may be so no more: it got no token, then or since. Not more often than a person could
    /// have acted, since each of a store's keys asks.
    fn is_stale(&self, poll: Duration) -> bool {
        let failing = |session: &Arc<Session>| session.failing.load(Ordering::Relaxed);
        let got_no_token = self.ready.is_err() || self.session.as_ref().is_some_and(failing);
        got_no_token && self.at.elapsed() >= poll
    }
}

/// How a store stands, looking only when it was never looked at as it is now.
pub(super) async fn known(context: &Arc<Context>, store: &AzureStore) -> StoreFact {
    let key = key(store);
    let as_it_is = |looked: &Looked| {
        looked.uid == store.uid().unwrap_or_default()
            && looked.generation == generation(store)
            && !looked.is_stale(context.options.intervals.poll)
    };
    let looked = match context.sessions.get(&key).filter(as_it_is) {
        Some(looked) => looked,
        None => look_in_turn(context, store, as_it_is).await,
    };
    match looked.ready {
        Ok(()) => StoreFact::Ready(Box::new(looked.spec)),
        Err(failure) => StoreFact::NotReady(failure),
    }
}

async fn look_in_turn(
    context: &Arc<Context>,
    store: &AzureStore,
    enough: impl Fn(&Looked) -> bool,
) -> Looked {
    let key = key(store);
    let turn = context.sessions.turn(&key);
    let _turn = turn.lock().await;
    match context.sessions.get(&key).filter(enough) {
        Some(looked) => looked,
        None => look_now(context, store, key).await,
    }
}

/// Looks at a store: reads its credential, and gets a token.
pub(super) async fn look(context: &Arc<Context>, store: &AzureStore) -> Looked {
    look_in_turn(context, store, |_| false).await
}

async fn look_now(context: &Arc<Context>, store: &AzureStore, key: Key) -> Looked {
    let before = context
        .sessions
        .get(&key)
        .filter(|looked| looked.uid == store.uid().unwrap_or_default());
    let last = before.and_then(|looked| looked.session);
    let (ready, session) = match session(context, store, last.clone()).await {
        Ok(session) => match session.arm.sign_in().await {
            Ok(()) => {
                session.failing.store(false, Ordering::Relaxed);
                (Ok(()), Some(session))
            }
            // An identity that has worked may have a token yet, which a new one that has not worked lacks.
            Err(error) => (Err(failure(&error)), last.or(Some(session))),
        },
        Err(error) => (Err(failure(&error)), last),
    };
    let looked = Looked {
        at: Instant::now(),
        generation: generation(store),
        uid: store.uid().unwrap_or_default(),
        spec: store.spec.clone(),
        ready,
        session,
    };
    context
        .sessions
        .looked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(key, looked.clone());
    looked
}

fn failure(error: &AzureError) -> Failure {
    super::facts::azure_failure(error)
}

fn generation(store: &AzureStore) -> i64 {
    store.metadata.generation.unwrap_or_default()
}

/// The session for a store as it is: the last one, when nothing of what it was made from has changed.
async fn session(
    context: &Arc<Context>,
    store: &AzureStore,
    last: Option<Arc<Session>>,
) -> Result<Arc<Session>, AzureError> {
    let spec = &store.spec;
    let endpoints = Endpoints::of(spec.cloud.unwrap_or_default(), &context.options.overrides);
    let (identity, client_id, made_from) =
        match (&spec.auth.client_secret, &spec.auth.workload_identity) {
            (Some(auth), _) => {
                let secret = client_secret(context, store, auth).await?;
                let made_from = (generation(store), secret.version);
                if let Some(last) = last.filter(|last| last.made_from == made_from) {
                    return Ok(last);
                }
                let identity = Identity::client_secret(
                    &spec.tenant_id,
                    &auth.client_id,
                    secret.text,
                    &endpoints,
                    &context.transport,
                )?;
                (identity, &auth.client_id, made_from)
            }
            (None, Some(auth)) => {
                let made_from = (generation(store), String::new());
                if let Some(last) = last.filter(|last| last.made_from == made_from) {
                    return Ok(last);
                }
                (
                    federated(context, store, auth, &endpoints)?,
                    &auth.client_id,
                    made_from,
                )
            }
            (None, None) => {
                return Err(no_credential(
                    store,
                    Reason::InvalidObject,
                    "spec.auth names no way to sign in".to_owned(),
                ));
            }
        };
    let budget = Arc::clone(&context.budget);
    let arm = ArmClient::new(
        &endpoints,
        identity,
        client_id.clone(),
        &context.transport,
        budget,
    )?;
    Ok(Arc::new(Session {
        arm,
        inventory: Inventory::default(),
        failing: AtomicBool::new(false),
        made_from,
    }))
}

struct Text {
    text: Zeroizing<String>,
    version: String,
}

async fn client_secret(
    context: &Context,
    store: &AzureStore,
    auth: &ClientSecret,
) -> Result<Text, AzureError> {
    let namespace = store.namespace().unwrap_or_default();
    let (name, key) = (&auth.secret_ref.name, auth.secret_ref.key());
    let entry = secrets::read_entry(&context.client, &namespace, name, key)
        .await
        .map_err(|error| unreadable(store, &error))?
        .ok_or_else(|| {
            let message = format!("Secret {name} does not exist in namespace {namespace}: create it with the client secret under {key}");
            no_credential(store, Reason::CredentialSecretNotFound, message)
        })?;
    let text = entry.value.and_then(|bytes| {
        let text = std::str::from_utf8(&bytes).ok()?.trim().to_owned();
        (!text.is_empty()).then(|| Zeroizing::new(text))
    });
    let text = text.ok_or_else(|| {
        let message = format!(
            "Secret {name} has no text under {key}: put the client secret there, or name its key in secretRef.key"
        );
        no_credential(store, Reason::CredentialSecretInvalid, message)
    })?;
    Ok(Text {
        text,
        version: entry.version,
    })
}

fn federated(
    context: &Arc<Context>,
    store: &AzureStore,
    auth: &WorkloadIdentity,
    endpoints: &Endpoints,
) -> Result<Identity, AzureError> {
    let client = context.client.clone();
    let namespace = store.namespace().unwrap_or_default();
    let account = context.options.workload_identity_account.clone();
    let assertion: Assertion = Arc::new(move |audience| {
        let (client, namespace, account) = (client.clone(), namespace.clone(), account.clone());
        async move {
            tokens::mint(&client, &namespace, &account, audience)
                .await
                .map_err(|error| no_assertion(&error, &namespace, &account))
        }
        .boxed()
    });
    Identity::federated(
        &store.spec.tenant_id,
        &auth.client_id,
        assertion,
        endpoints,
        &context.transport,
    )
}

fn no_assertion(error: &KubernetesError, namespace: &str, account: &str) -> Cause {
    if error.code() == Some(404) {
        return Cause::NoCredential {
            reason: Reason::ServiceAccountNotFound,
            class: ErrorClass::UserFixable,
            message: format!(
                "ServiceAccount {account} does not exist in namespace {namespace}: create it (kubectl create serviceaccount {account} --namespace {namespace}), and grant it nothing"
            ),
        };
    }
    Cause::NoCredential {
        reason: error.reason(),
        class: error.class(),
        message: error.to_string(),
    }
}

fn unreadable(store: &AzureStore, error: &KubernetesError) -> AzureError {
    let cause = Cause::NoCredential {
        reason: error.reason(),
        class: error.class(),
        message: error.to_string(),
    };
    AzureError::new(Operation::GetToken, subject(store), cause)
}

fn no_credential(store: &AzureStore, reason: Reason, message: String) -> AzureError {
    let cause = Cause::NoCredential {
        reason,
        class: ErrorClass::UserFixable,
        message,
    };
    AzureError::new(Operation::GetToken, subject(store), cause)
}

fn subject(store: &AzureStore) -> String {
    format!("AzureStore {}", store.name_any())
}
