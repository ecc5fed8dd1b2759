//! One session per store: its identity with the token in memory, and what is known of Azure through it. A session
//! outlives its store, since a namespace that is being deleted loses store and credentials before its keys are gone.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use futures::channel::mpsc::UnboundedReceiver;
use parking_lot::Mutex;

use crate::{
    azure::{ArmClient, AzureError, Budget, Endpoints, Inventory, Overrides},
    controller::{
        failure::azure_failure,
        sessions::{
            checked_store::Looked, credential::Credential, credential_reader::CredentialReader,
            session::Session, store_object::StoreView,
        },
        store_id::StoreId,
        wakeups::Wakeups,
    },
};

/// The sessions of all stores, and what they are made with.
pub(in crate::controller) struct Sessions {
    reader: CredentialReader,
    budget: Arc<Budget>,
    overrides: Overrides,
    looked: Mutex<HashMap<StoreId, Looked>>,
    /// One look at a time for each store.
    turns: Mutex<HashMap<StoreId, Arc<tokio::sync::Mutex<()>>>>,
    /// The stores that were checked and are otherwise than before.
    wakeups: Wakeups<StoreId>,
}

impl Sessions {
    /// No sessions yet; what they will be made with.
    pub(in crate::controller) fn new(
        reader: CredentialReader,
        budget: Arc<Budget>,
        overrides: Overrides,
    ) -> Self {
        Self {
            reader,
            budget,
            overrides,
            looked: Mutex::default(),
            turns: Mutex::default(),
            wakeups: Wakeups::default(),
        }
    }

    /// The last session of a store, whether the store still exists or not.
    pub(in crate::controller) fn last(&self, id: &StoreId) -> Option<Arc<Session>> {
        self.get(id)?.session
    }

    /// The last session of every store.
    pub(in crate::controller) fn all(&self) -> Vec<Arc<Session>> {
        let looked = self.looked.lock();
        let sessions = looked.values().filter_map(|looked| looked.session.clone());
        sessions.collect()
    }

    /// Whether a store was looked at as it is now.
    pub(in crate::controller) fn is_known(&self, store: &StoreView) -> bool {
        self.get(&store.id)
            .is_some_and(|looked| looked.is_of(store))
    }

    /// Stores that were looked at and are otherwise than before, from now on.
    pub(in crate::controller) fn listen(&self) -> UnboundedReceiver<StoreId> {
        self.wakeups.listen()
    }

    /// Tells of a store that its keys have to look at again.
    pub(in crate::controller) fn tell(&self, id: &StoreId) {
        self.wakeups.tell(id);
    }

    fn get(&self, id: &StoreId) -> Option<Looked> {
        self.looked.lock().get(id).cloned()
    }

    /// Forgets a store that is gone, and that no key needs any more.
    pub(in crate::controller) fn forget(&self, id: &StoreId) {
        self.looked.lock().remove(id);
        self.turns.lock().remove(id);
    }

    fn turn(&self, id: &StoreId) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock();
        Arc::clone(turns.entry(id.clone()).or_default())
    }
}

/// How a store stands as far as its own reconcile has seen it. Only one that no watch knows yet is looked at here.
pub(in crate::controller) async fn known(sessions: &Sessions, store: &StoreView) -> Looked {
    if let Some(looked) = sessions.get(&store.id).filter(|it| it.is_of(store)) {
        return looked;
    }
    let looked = look_in_turn(sessions, store, |looked| looked.is_of(store)).await;
    if looked.as_ref().is_some_and(|looked| looked.is_news) {
        sessions.tell(&store.id);
    }
    looked.unwrap_or_else(|| Looked::not_yet(store))
}

async fn look_in_turn(
    sessions: &Sessions,
    store: &StoreView,
    enough: impl Fn(&Looked) -> bool,
) -> Option<Looked> {
    let turn = sessions.turn(&store.id);
    let _turn = turn.lock().await;
    match sessions.get(&store.id).filter(enough) {
        Some(looked) => Some(looked),
        None => look_now(sessions, store).await,
    }
}

/// Looks at a store: reads its credential, and gets a token. `None` while the credential is opened, which takes long.
pub(in crate::controller) async fn look(sessions: &Sessions, store: &StoreView) -> Option<Looked> {
    look_in_turn(sessions, store, |_| false).await
}

async fn look_now(sessions: &Sessions, store: &StoreView) -> Option<Looked> {
    let before = sessions
        .get(&store.id)
        .filter(|looked| looked.uid == store.uid);
    let last = before.as_ref().and_then(|looked| looked.session.clone());
    let (ready, session) = match session(sessions, store, last.clone()).await {
        Ok(None) => return None,
        Ok(Some(session)) => match session.arm.sign_in().await {
            Ok(()) => {
                session.failing.store(false, Ordering::Relaxed);
                (Ok(()), Some(session))
            }
            // An identity that has worked may have a token yet, which a new one that has not worked lacks.
            Err(error) => (Err(azure_failure(&error)), last.or(Some(session))),
        },
        Err(error) => (Err(azure_failure(&error)), last),
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
    sessions
        .looked
        .lock()
        .insert(store.id.clone(), looked.clone());
    Some(looked)
}

/// The session for a store as it is: the last one, when nothing of what it was made from has changed.
async fn session(
    sessions: &Sessions,
    store: &StoreView,
    last: Option<Arc<Session>>,
) -> Result<Option<Arc<Session>>, AzureError> {
    let Some(credential) = Credential::read(&sessions.reader, store).await? else {
        return Ok(None);
    };
    let made_from = (store.generation, credential.version().to_owned());
    if let Some(last) = last.filter(|last| last.made_from == made_from) {
        return Ok(Some(last));
    }
    let cloud = store.subscription().cloud.unwrap_or_default();
    let endpoints = Endpoints::of(cloud, &sessions.overrides);
    let principal = credential.principal();
    let identity = credential.identity(&sessions.reader, store, &endpoints)?;
    let budget = Arc::clone(&sessions.budget);
    let arm = ArmClient::new(
        &endpoints,
        identity,
        principal,
        &sessions.reader.transport,
        budget,
    )?;
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
