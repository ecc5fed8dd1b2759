//! What is seen of Azure for one object, and through which stores: first where hints point, then, once it is known what is
//! wanted, every place that matters. Nothing is asked that the store's limits do not let this object ask.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    context::Scope,
    facts::{self, now},
    observe::ObserveError,
    sessions::Session,
    store_facts,
    store_object::StoreId,
};
use crate::{
    api::{ArmId, SshKey, StoreKey, StoreKind, sshkey::StoreRef},
    azure::{AzureError, Caller, Cause, Operation},
    plan::{
        AzureRecord, Desired, Freshness, KeyView, Mark, ObjectFacts, StoreFact, default_stores,
        lets_ask,
    },
};

/// One look at Azure for one object.
pub(super) struct Look<'a> {
    pub(super) scope: &'a Scope,
    pub(super) object: &'a SshKey,
    pub(super) caller: &'a Caller,
    pub(super) mark: &'a Mark,
    pub(super) deleting: bool,
}

/// What was seen.
#[derive(Default)]
pub(super) struct Seen {
    /// How every store stands that the object means, or that places or hints name.
    pub(super) stores: BTreeMap<StoreKey, StoreFact>,
    /// Those that are there and that our finalizer does not hold, by UID.
    pub(super) unheld: BTreeMap<StoreKey, String>,
    /// How each store is reached.
    pub(super) sessions: BTreeMap<StoreKey, Arc<Session>>,
    /// The places that may be asked about.
    pub(super) azure: BTreeMap<ArmId, KeyView>,
    /// Through which store each was looked at.
    pub(super) stores_of_places: BTreeMap<ArmId, StoreKey>,
}

impl Look<'_> {
    /// Looks at the stores that the spec, the status and hints name.
    pub(super) async fn at_stores(&self, facts: &ObjectFacts) -> Result<Seen, ObserveError> {
        let mut seen = Seen::default();
        let spec = self.object.spec.azure.as_ref();
        let named = spec.and_then(|azure| azure.store_ref.as_ref()).map(StoreRef::key);
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

    /// Looks at the default stores, of which the first that is there is meant, where none is named and none is known.
    pub(super) async fn at_default_stores(
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
        let namespace = &self.mark.namespace;
        let found = store_facts::look(self.scope, namespace, store, is_known).await?;
        let sessions = &self.scope.context.sessions;
        let session = sessions.last(&StoreId::seen_from(namespace, store));
        seen.sessions.extend(session.map(|session| (store.clone(), session)));
        seen.unheld.extend(found.unheld.map(|uid| (store.clone(), uid)));
        seen.stores.insert(store.clone(), found.fact);
        Ok(())
    }

    /// Looks where hints point that no place of the status covers: only a mark there makes more of them than hints.
    pub(super) async fn at_hints(&self, facts: &ObjectFacts, seen: &mut Seen) {
        for hint in facts.hints.iter().flatten() {
            if facts.places.iter().any(|place| place.id == hint.id) {
                continue;
            }
            self.at_place(&hint.id, &hint.store, false, None, seen).await;
        }
    }

    /// Looks at every place of the status, and at the one that is wanted.
    pub(super) async fn at_places(
        &self,
        facts: &ObjectFacts,
        desired: &Desired,
        seen: &mut Seen,
    ) {
        // What goes is looked for where it would be published, when nothing says where it is.
        let is_lost = facts.places.is_empty() && facts.has_finalizer;
        let wanted = desired.azure.iter().filter(|_| !self.deleting || is_lost);
        let wanted = wanted.filter_map(|azure| {
            let target = azure.target.as_ref().ok()?;
            Some((target.id().clone(), azure.store.clone(), true))
        });
        let listed = facts.places.iter();
        let listed = listed.map(|place| (place.id.clone(), place.store.clone(), false));
        for (id, store, is_wanted) in wanted.chain(listed) {
            let is_listed = facts.places.iter().any(|place| place.id == id);
            let told = is_wanted.then_some(desired);
            self.at_place(&id, &store, is_listed || is_wanted, told, seen).await;
        }
    }

    /// Looks at one place, if its store lets this object ask. `told` is given where the answer may change how the store
    /// stands.
    async fn at_place(
        &self,
        id: &ArmId,
        store: &StoreKey,
        is_listed: bool,
        told: Option<&Desired>,
        seen: &mut Seen,
    ) {
        let fact = seen.stores.get(store);
        // A store whose identity fails is not asked by each of its keys, but for the last that can be done for them.
        let is_usable = self.deleting || fact.is_some_and(StoreFact::is_usable);
        let is_known = seen.azure.contains_key(id);
        if is_known || !is_usable || !lets_ask(fact, self.mark, id, is_listed) {
            return;
        }
        let Some(session) = seen.sessions.get(store).cloned() else {
            return;
        };
        let view = match self.view(&session, id).await {
            Ok(view) => view,
            Err(error) => {
                let is_open = fact.is_some_and(|fact| fact.is_open_to(&self.mark.namespace));
                if told.is_some() && is_open && session.met(&error) {
                    self.scope.context.store_uses.wake(&session.id);
                }
                KeyView::Unknown(facts::azure_failure(&error))
            }
        };
        seen.azure.insert(id.clone(), view);
        seen.stores_of_places.insert(id.clone(), store.clone());
    }

    /// What is at a place: from a list, where the status says that our key is there; by a read otherwise.
    async fn view(&self, session: &Session, id: &ArmId) -> Result<KeyView, AzureError> {
        let context = &self.scope.context;
        let now = now();
        // Nothing can come of it before its turn, so nothing is asked.
        if let Some(turn) = context.budget.turn_of(self.caller, now) {
            let cause = Cause::NotBefore(turn);
            return Err(AzureError::new(Operation::ReadKey, id.to_string(), cause));
        }
        let status = facts::own_status(self.object);
        let is_published = status
            .and_then(|status| status.azure.as_ref())
            .and_then(|azure| azure.resource_id.parse::<ArmId>().ok())
            .is_some_and(|published| published == *id);
        if is_published && !self.deleting {
            let intervals = &context.options.intervals;
            let (sweep, settle) = (intervals.sweep, intervals.settle());
            let arm = &session.arm;
            let known = session.inventory.known(arm, id, sweep, settle, self.caller, now);
            return known.await.map(facts::azure);
        }
        let seen = session.inventory.read(&session.arm, id, self.caller).await?;
        Ok(facts::seen_as(&seen, Freshness::Live))
    }
}
