//! One session per store: its identity with the token in memory, and what is known of Azure through it. A session
//! outlives its store, since a namespace that is being deleted loses store and credentials before its keys are gone.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};

use super::{
    context::Context, credentials::Credential, looked::Looked, session::Session, store_id::StoreId,
    store_object::StoreView,
};
use crate::{
    api::{ErrorClass, Reason},
    azure::{ArmClient, AzureError, Endpoints, Inventory},
    plan::Failure,
};

/// The sessions of all stores.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    looked: Mutex<HashMap<StoreId, Looked>>,
    /// One look at a time for each store.
    turns: Mutex<HashMap<StoreId, Arc<tokio::sync::Mutex<()>>>>,
    /// Those who hear of stores that were looked at and are otherwise than before.
    listeners: Mutex<Vec<UnboundedSender<StoreId>>>,
}

impl Sessions {
    /// The last session of a store, whether the store still exists or not.
    pub(super) fn last(&self, id: &StoreId) -> Option<Arc<Session>> {
        self.get(id)?.session
    }

    /// The last session of every store.
    pub(super) fn all(&self) -> Vec<Arc<Session>> {
        let looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let sessions = looked.values().filter_map(|looked| looked.session.clone());
        sessions.collect()
    }

    /// Whether a store was looked at as it is now.
    pub(super) fn is_known(&self, store: &StoreView) -> bool {
        self.get(&store.id)
            .is_some_and(|looked| looked.is_of(store))
    }

    /// Stores that were looked at and are otherwise than before, from now on.
    pub(super) fn listen(&self) -> UnboundedReceiver<StoreId> {
        let (sender, receiver) = unbounded();
        let listeners = self.listeners.lock();
        listeners
            .unwrap_or_else(PoisonError::into_inner)
            .push(sender);
        receiver
    }

    /// Tells of a store that its keys have to look at again.
    pub(super) fn tell(&self, id: &StoreId) {
        let listeners = self.listeners.lock();
        // Those of a watch that has ended are gone.
        listeners
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|listener| listener.unbounded_send(id.clone()).is_ok());
    }

    fn get(&self, id: &StoreId) -> Option<Looked> {
        self.looked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned()
    }

    /// Forgets a store that is gone, and that no key needs any more.
    pub(super) fn forget(&self, id: &StoreId) {
        let looked = self.looked.lock();
        looked.unwrap_or_else(PoisonError::into_inner).remove(id);
        let turns = self.turns.lock();
        turns.unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    fn turn(&self, id: &StoreId) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(id.clone()).or_default())
    }
}

/// How a store stands as far as its own reconcile has seen it. Only one that no watch knows yet is looked at here.
pub(super) async fn known(context: &Arc<Context>, store: &StoreView) -> Looked {
    if let Some(looked) = context.sessions.get(&store.id).filter(|it| it.is_of(store)) {
        if looked.is_stale(context.options.intervals.poll) {
            context.store_uses.wake(&store.id);
        }
        return looked;
    }
    let looked = look_in_turn(context, store, |looked| looked.is_of(store)).await;
    if looked.as_ref().is_some_and(|looked| looked.is_news) {
        context.sessions.tell(&store.id);
    }
    looked.unwrap_or_else(|| Looked::not_yet(store))
}

async fn look_in_turn(
    context: &Arc<Context>,
    store: &StoreView,
    enough: impl Fn(&Looked) -> bool,
) -> Option<Looked> {
    let turn = context.sessions.turn(&store.id);
    let _turn = turn.lock().await;
    match context.sessions.get(&store.id).filter(enough) {
        Some(looked) => Some(looked),
        None => look_now(context, store).await,
    }
}

/// Looks at a store: reads its credential, and gets a token. `None` while the credential is opened, which takes long.
pub(super) async fn look(context: &Arc<Context>, store: &StoreView) -> Option<Looked> {
    look_in_turn(context, store, |_| false).await
}

async fn look_now(context: &Arc<Context>, store: &StoreView) -> Option<Looked> {
    let before = context
        .sessions
        .get(&store.id)
        .filter(|looked| looked.uid == store.uid);
    let last = before.as_ref().and_then(|looked| looked.session.clone());
    let (ready, session) = match session(context, store, last.clone()).await {
        Ok(None) => return None,
        Ok(Some(session)) => match session.arm.sign_in().await {
            Ok(()) => {
                session.failing.store(false, Ordering::Relaxed);
                (Ok(()), Some(session))
            }
            // An identity that has worked may have a token yet, which a new one that has not worked lacks.
            Err(error) => (Err(failure(&error)), last.or(Some(session))),
        },
        Err(error) => (Err(failure(&error)), last),
    };
    let mut looked = Looked {
        at: Instant::now(),
        generation: store.generation,
        uid: store.uid.clone(),
        spec: store.spec.clone(),
        ready,
        session,
        is_news: false,
    };
    looked.is_news = before.is_none_or(|before| !before.says_the_same_as(&looked));
    context
        .sessions
        .looked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(store.id.clone(), looked.clone());
    Some(looked)
}

/// What is said of a store whose credential is being opened.
pub(super) fn not_looked_at_yet() -> Failure {
    let message =
        "its credential is being opened, which takes a while; namespaces take turns at it";
    Failure::new(ErrorClass::Transient, Reason::Progressing, message)
}

pub(super) fn failure(error: &AzureError) -> Failure {
    super::failure::azure_failure(error)
}

/// The session for a store as it is: the last one, when nothing of what it was made from has changed.
pub(super) async fn session(
    context: &Arc<Context>,
    store: &StoreView,
    last: Option<Arc<Session>>,
) -> Result<Option<Arc<Session>>, AzureError> {
    let Some(credential) = Credential::read(context, store).await? else {
        return Ok(None);
    };
    let made_from = (store.generation, credential.version().to_owned());
    if let Some(last) = last.filter(|last| last.made_from == made_from) {
        return Ok(Some(last));
    }
    let cloud = store.subscription().cloud.unwrap_or_default();
    let endpoints = Endpoints::of(cloud, &context.options.overrides);
    let principal = credential.principal();
    let identity = credential.identity(context, store, &endpoints)?;
    let budget = Arc::clone(&context.budget);
    let arm = ArmClient::new(&endpoints, identity, principal, &context.transport, budget)?;
    Ok(Some(Arc::new(Session {
        arm,
        inventory: Inventory::default(),
        store: store.reference.clone(),
        id: store.id.clone(),
        trouble: Mutex::default(),
        throttled: Mutex::default(),
        failing: AtomicBool::new(false),
        made_from,
    })))
}
