//! One session per store: its identity with the token in memory, and what is known of Azure through it. A session
//! outlives its store, since a namespace that is being deleted loses store and credentials before its keys are gone.

use std::{collections::HashMap, sync::Arc};

use futures::channel::mpsc::UnboundedReceiver;
use parking_lot::Mutex;

use crate::{
    azure::{ArmClient, AzureError, Budget, Endpoints, Overrides},
    controller::{
        failure::azure_failure,
        sessions::{
            checked_store::CheckedStore,
            credential::Credential,
            credential_reader::CredentialReader,
            session::{Session, Token},
            store_object::StoreView,
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
    checked: Mutex<HashMap<StoreId, CheckedStore>>,
    /// One check at a time for each store.
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
            checked: Mutex::default(),
            turns: Mutex::default(),
            wakeups: Wakeups::default(),
        }
    }

    /// The last session of a store, whether the store still exists or not.
    pub(in crate::controller) fn last(&self, id: &StoreId) -> Option<Arc<Session>> {
        self.get(id)?.session().cloned()
    }

    /// The last session of every store.
    pub(in crate::controller) fn all(&self) -> Vec<Arc<Session>> {
        let checked = self.checked.lock();
        let sessions = checked.values().filter_map(|it| it.session().cloned());
        sessions.collect()
    }

    /// Whether a store was checked as it is now.
    pub(in crate::controller) fn is_known(&self, store: &StoreView) -> bool {
        self.get(&store.id)
            .is_some_and(|checked| checked.is_of(store))
    }

    /// Stores that were checked and are otherwise than before, from now on.
    pub(in crate::controller) fn listen(&self) -> UnboundedReceiver<StoreId> {
        self.wakeups.listen()
    }

    /// Wakes the keys of a store.
    pub(in crate::controller) fn tell(&self, id: &StoreId) {
        self.wakeups.tell(id);
    }

    fn get(&self, id: &StoreId) -> Option<CheckedStore> {
        self.checked.lock().get(id).cloned()
    }

    /// Forgets a store that is gone, and that no key needs any more.
    pub(in crate::controller) fn forget(&self, id: &StoreId) {
        self.checked.lock().remove(id);
        self.turns.lock().remove(id);
    }

    /// How many stores were checked and are not forgotten.
    pub(in crate::controller) fn len(&self) -> usize {
        self.checked.lock().len()
    }

    fn turn(&self, id: &StoreId) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock();
        Arc::clone(turns.entry(id.clone()).or_default())
    }
    /// How a store stands as far as its own reconcile has seen it. Only one that no watch knows yet is checked here.
    pub(in crate::controller) async fn known(&self, store: &StoreView) -> CheckedStore {
        if let Some(checked) = self.get(&store.id).filter(|it| it.is_of(store)) {
            return checked;
        }
        let checked = self
            .check_in_turn(store, Token::AnyGoodOne, |checked| checked.is_of(store))
            .await;
        if checked.as_ref().is_some_and(CheckedStore::is_news) {
            self.tell(&store.id);
        }
        checked.unwrap_or_else(|| CheckedStore::not_yet(store))
    }

    /// Checks a store: reads its credential, and gets a token. `None` while the credential is opened, which takes long.
    pub(in crate::controller) async fn check(
        &self,
        store: &StoreView,
        token: Token,
    ) -> Option<CheckedStore> {
        self.check_in_turn(store, token, |_| false).await
    }

    async fn check_in_turn(
        &self,
        store: &StoreView,
        token: Token,
        is_enough: impl Fn(&CheckedStore) -> bool,
    ) -> Option<CheckedStore> {
        let turn = self.turn(&store.id);
        let _turn = turn.lock().await;
        match self.get(&store.id).filter(is_enough) {
            Some(checked) => Some(checked),
            None => self.check_now(store, token).await,
        }
    }

    async fn check_now(&self, store: &StoreView, token: Token) -> Option<CheckedStore> {
        let before = self.get(&store.id).filter(|it| it.is_same_object(store));
        let last = before.as_ref().and_then(|before| before.session().cloned());
        let (ready, session) = match self.session(store, last.clone()).await {
            Ok(None) => return None,
            Ok(Some(session)) => match session.sign_in(token).await {
                Ok(()) => (Ok(()), Some(session)),
                // An identity that has worked may have a token yet, which a new one that has not worked lacks.
                Err(error) => (Err(azure_failure(&error)), last.or(Some(session))),
            },
            Err(error) => (Err(azure_failure(&error)), last),
        };
        let checked = CheckedStore::now(store, ready, session, before.as_ref());
        let mut all = self.checked.lock();
        all.insert(store.id.clone(), checked.clone());
        Some(checked)
    }

    /// The session for a store as it is: the last one, when nothing of what it was made from has changed.
    async fn session(
        &self,
        store: &StoreView,
        last: Option<Arc<Session>>,
    ) -> Result<Option<Arc<Session>>, AzureError> {
        let Some(credential) = Credential::read(&self.reader, store).await? else {
            return Ok(None);
        };
        let made_from = (store.generation, credential.version().to_owned());
        if let Some(last) = last.filter(|last| last.is_made_from(&made_from)) {
            return Ok(Some(last));
        }
        let cloud = store.subscription().cloud.unwrap_or_default();
        let endpoints = Endpoints::of(cloud, &self.overrides);
        let principal = credential.principal();
        let identity = credential.identity(&self.reader, store, &endpoints)?;
        let budget = Arc::clone(&self.budget);
        let transport = &self.reader.transport;
        let arm = ArmClient::new(&endpoints, identity, principal, transport, budget)?;
        Ok(Some(Arc::new(Session::new(arm, store, made_from))))
    }
}
