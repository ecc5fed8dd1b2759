//! What is seen of Azure for one object, and through which stores: first where hints point, then, once it is known what is
//! wanted, every place that matters. Nothing is asked that the store's limits do not let this object ask.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    api::{ArmId, Reason, SshKey, StoreKey, StoreKind, sshkey::StoreRef, status::Origin},
    azure::{AzureError, Caller, Cause, Operation},
    controller::{
        clock::now,
        failure,
        scope::Scope,
        sessions::session::Session,
        sshkey::observe::{
            azure_views,
            error::{ObserveError, WaitsFor},
            stores,
        },
        store_id::StoreId,
    },
    plan::{
        AzureRecord, Desired, Failure, Freshness, KeyView, Mark, ObjectFacts, Ownership, StoreFact,
        default_stores, lets_ask,
    },
};

/// One look at Azure for one object.
pub(in crate::controller) struct Look<'a> {
    pub(in crate::controller) scope: &'a Scope,
    pub(in crate::controller) object: &'a SshKey,
    pub(in crate::controller) caller: &'a Caller,
    pub(in crate::controller) mark: &'a Mark,
    pub(in crate::controller) deleting: bool,
    /// Whether a person asks for more than the inventory knows.
    pub(in crate::controller) is_requested: bool,
}

/// What was seen.
#[derive(Default)]
pub(in crate::controller) struct Seen {
    /// How every store stands that the object means, or that places or hints name.
    pub(in crate::controller) stores: BTreeMap<StoreKey, StoreFact>,
    /// Those that are there and that our finalizer does not hold, by UID.
    pub(in crate::controller) unheld: BTreeMap<StoreKey, String>,
    /// How each store is reached.
    pub(in crate::controller) sessions: BTreeMap<StoreKey, Arc<Session>>,
    /// The places that may be asked about.
    pub(in crate::controller) azure: BTreeMap<ArmId, KeyView>,
    /// The store through which each was read.
    pub(in crate::controller) stores_of_places: BTreeMap<ArmId, StoreKey>,
}

impl Look<'_> {
    /// Reads the stores that the spec, the status and hints name.
    pub(in crate::controller) async fn at_stores(
        &self,
        facts: &ObjectFacts,
    ) -> Result<Seen, ObserveError> {
        let mut seen = Seen::default();
        let spec = self.object.spec.azure.as_ref();
        let named = spec
            .and_then(|azure| azure.store_ref.as_ref())
            .map(StoreRef::key);
        let known: BTreeSet<&StoreKey> = facts.places.iter().map(|place| &place.store).collect();
        let hinted = facts.hints.iter().flatten().map(|hint| hint.store.clone());
        let all: BTreeSet<StoreKey> = named
            .into_iter()
            .chain(known.iter().copied().cloned())
            .chain(hinted)
            .collect();
        for store in all {
            let is_known = known.contains(&store);
            self.at_store(&store, is_known, &mut seen).await?;
        }
        Ok(seen)
    }

    /// Reads the default stores, of which the first existing one is meant, where none is named and none is known.
    pub(in crate::controller) async fn at_default_stores(
        &self,
        known: &[AzureRecord],
        seen: &mut Seen,
    ) -> Result<(), ObserveError> {
        let is_shared_watched = self.scope.context.options.watch_cluster_stores;
        for store in default_stores(&self.object.spec, known) {
            if store.kind == StoreKind::ClusterAzureStore && !is_shared_watched {
                continue;
            }
            self.at_store(&store, false, seen).await?;
            if seen.stores.get(&store) != Some(&StoreFact::NotFound) {
                break;
            }
        }
        Ok(())
    }

    async fn at_store(
        &self,
        store: &StoreKey,
        is_known: bool,
        seen: &mut Seen,
    ) -> Result<(), ObserveError> {
        if seen.stores.contains_key(store) {
            return Ok(());
        }
        // A start must not take a list that is still under way for stores that are gone.
        if store.kind == StoreKind::AzureStore && !self.scope.knows_stores() {
            return Err(ObserveError::Waiting(WaitsFor::ListOfStores));
        }
        let namespace = &self.mark.namespace;
        let found = stores::look(self.scope, namespace, store, is_known).await?;
        let sessions = &self.scope.context.sessions;
        let session = sessions.last(&StoreId::seen_from(namespace, store));
        seen.sessions
            .extend(session.map(|session| (store.clone(), session)));
        seen.unheld
            .extend(found.unheld.map(|uid| (store.clone(), uid)));
        seen.stores.insert(store.clone(), found.fact);
        Ok(())
    }

    /// Looks where hints point that no place of the status covers: only a mark there makes more of them than hints.
    pub(in crate::controller) async fn at_hints(&self, facts: &ObjectFacts, seen: &mut Seen) {
        for hint in facts.hints.iter().flatten() {
            if facts.places.iter().any(|place| place.id == hint.id) {
                continue;
            }
            self.at_place(&hint.id, &hint.store, None, None, seen).await;
        }
    }

    /// Reads every place of the status, and at the one that is wanted.
    pub(in crate::controller) async fn at_places(
        &self,
        facts: &ObjectFacts,
        desired: &Desired,
        seen: &mut Seen,
    ) {
        // What goes is looked for where it is wanted too: a crash may have come between the request and the status.
        let wanted = desired.azure.iter().filter_map(|azure| {
            let target = azure.target.as_ref().ok()?;
            let is_listed = facts.places.iter().any(|place| place.id == *target.id());
            let is_asked = !self.deleting || (facts.has_finalizer && !is_listed);
            is_asked.then(|| (target.id().clone(), azure.store.clone(), true))
        });
        let listed = facts.places.iter();
        let listed = listed.map(|place| (place.id.clone(), place.store.clone(), false));
        for (id, store, is_wanted) in wanted.chain(listed) {
            let listed = facts.places.iter().find(|place| place.id == id);
            let told = is_wanted.then_some(desired);
            self.at_place(&id, &store, listed, told, seen).await;
        }
    }

    /// Reads one place, which the status lists or not, if its store lets this object ask. `told` is given where the answer
    /// may change how the store stands.
    async fn at_place(
        &self,
        id: &ArmId,
        store: &StoreKey,
        listed: Option<&AzureRecord>,
        told: Option<&Desired>,
        seen: &mut Seen,
    ) {
        let fact = seen.stores.get(store);
        // A store whose identity fails is not asked by each of its keys, but for the last that can be done for them.
        let is_usable = self.deleting || fact.is_some_and(StoreFact::is_usable);
        let session = seen.sessions.get(store).cloned();
        let Some(session) = session.filter(|_| is_usable && !seen.azure.contains_key(id)) else {
            return;
        };
        let is_open = fact.is_some_and(|fact| fact.is_open_to(&self.mark.namespace));
        let view = match self.within_limits(&session, id, store, listed, fact).await {
            Ok(Some(view)) => view,
            Ok(None) => return,
            Err(error) => {
                let is_told = told.is_some() && !self.caller.is_question;
                if is_told && is_open && session.met(&error) {
                    self.scope.context.store_uses.wake(&session.id);
                }
                KeyView::Unknown(if is_open {
                    failure::azure_failure(&error)
                } else {
                    unread(&error, id)
                })
            }
        };
        seen.azure.insert(id.clone(), view);
        seen.stores_of_places.insert(id.clone(), store.clone());
    }

    /// What is at a place; `None` where it may not be asked about. What the status lists beyond the limits of its store is
    /// read only if a list shows our mark there.
    async fn within_limits(
        &self,
        session: &Session,
        id: &ArmId,
        store: &StoreKey,
        listed: Option<&AzureRecord>,
        fact: Option<&StoreFact>,
    ) -> Result<Option<KeyView>, AzureError> {
        let is_own_store = store.kind == StoreKind::AzureStore;
        if !lets_ask(fact, self.mark, id, listed.is_some() && is_own_store) {
            if listed.is_none() || !lets_ask(fact, self.mark, id, true) {
                return Ok(None);
            }
            let shown = self.listed(session, id).await?;
            if !self.is_marked(&shown) {
                return Ok(Some(shown));
            }
        }
        // What only lists have shown, lists go on to show.
        let is_found = listed.is_some_and(|place| place.origin == Origin::Found);
        if is_found && !self.deleting {
            return self.listed(session, id).await.map(Some);
        }
        self.view(session, id).await.map(Some)
    }

    fn is_marked(&self, view: &KeyView) -> bool {
        let KeyView::Present { key, .. } = view else {
            return false;
        };
        self.mark.ownership(&key.tags) == Ownership::Ours
    }

    /// What a list shows at a place.
    pub(in crate::controller) async fn listed(
        &self,
        session: &Session,
        id: &ArmId,
    ) -> Result<KeyView, AzureError> {
        let intervals = &self.scope.context.options.intervals;
        let (sweep, settle) = (intervals.sweep, intervals.settle());
        let (arm, inventory) = (&session.arm, &session.inventory);
        let known = inventory.known(arm, id, sweep, settle, self.caller, now());
        known.await.map(azure_views::azure)
    }

    /// What is at a place: from a list, where the status says that our key is there and nobody asks to look at it; by a read
    /// otherwise.
    async fn view(&self, session: &Session, id: &ArmId) -> Result<KeyView, AzureError> {
        let context = &self.scope.context;
        let now = now();
        // Nothing can come of it before its turn, so nothing is asked.
        if let Some(turn) = context.budget.turn_of(self.caller, now) {
            let cause = Cause::NotBefore(turn);
            return Err(AzureError::new(Operation::ReadKey, id.to_string(), cause));
        }
        let status = self.object.own_status();
        let is_published = status
            .and_then(|status| status.azure.as_ref())
            .and_then(|azure| azure.resource_id.parse::<ArmId>().ok())
            .is_some_and(|published| published == *id);
        if is_published && !self.deleting && !self.is_requested {
            return self.listed(session, id).await;
        }
        let seen = session
            .inventory
            .read(&session.arm, id, self.caller)
            .await?;
        Ok(azure_views::seen_as(&seen, Freshness::Live))
    }
}

/// What is said of a place that can't be read through a store that is not open to the namespace: not what Azure says, which
/// names the store's identity.
fn unread(error: &AzureError, id: &ArmId) -> Failure {
    let reason = Reason::NamespaceNotAllowed;
    Failure::new(
        error.class(),
        reason,
        format!(
            "{id} can't be read now, through a store that is not open to this namespace any more"
        ),
    )
}
