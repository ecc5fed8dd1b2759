//! What the controller sees of a world: stores, hints, places, and what lists show.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{ArmId, OutputRef, StoreKey, StoreKind, status::Origin},
    plan::{
        AzureKey, AzureRecord, Desired, Freshness, Group, KeyView, Mark, Observed, OutputView,
        Ownership, RotationSecrets, SecretView, StoreFact, default_stores, lets_ask, resolve,
        stores_of, vouched, with_places,
    },
};

use super::{World, mark, transient};

type Views = BTreeMap<ArmId, KeyView>;

impl World {
    pub(crate) fn desired(&self) -> Desired {
        let known = vouched(&self.mark(), &self.object, &self.seen_at_hints());
        let mut stores = self.stores_named();
        for key in default_stores(&self.spec, &known) {
            let fact = self.store_fact(&key);
            let is_there = fact != StoreFact::NotFound;
            stores.insert(key, fact);
            if is_there {
                break;
            }
        }
        resolve(&self.spec, self.mark(), &known, stores).unwrap()
    }

    /// Whose this object's things are.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            namespace: self.namespace.clone(),
            uid: self.object.uid.clone(),
            ..mark()
        }
    }

    fn stores_named(&self) -> BTreeMap<StoreKey, StoreFact> {
        let hints = self.object.hints.iter().flatten();
        let all: Vec<AzureRecord> = hints.chain(&self.object.places).cloned().collect();
        let named = stores_of(&self.spec, &all).into_iter();
        named
            .map(|key| {
                let fact = self.store_fact(&key);
                (key, fact)
            })
            .collect()
    }

    pub(super) fn store_fact(&self, key: &StoreKey) -> StoreFact {
        match key.kind {
            StoreKind::AzureStore => self.store.clone(),
            StoreKind::ClusterAzureStore => self
                .cluster_stores
                .get(&key.name)
                .cloned()
                .unwrap_or(StoreFact::NotFound),
        }
    }

    pub(crate) fn observed(&self) -> Observed {
        let desired = self.desired();
        let (azure, stores_of_places) = self.seen_in_azure(&desired);
        let observed = Observed {
            object: self.object.clone(),
            object_is_live: self.object.deleting_since.is_some(),
            secret: self.secret.clone(),
            rotation_secrets: self.rotation_secrets(),
            given: self
                .given
                .clone()
                .filter(|_| self.object.deleting_since.is_none() || self.keeps_no_copy(&desired)),
            outputs: self.seen_outputs(&desired),
            azure,
            stores_of_places,
            known: Vec::new(),
            crd_is_outdated: self.crd_is_outdated,
            unheld_stores: self.unheld_stores.clone(),
            tags_turned_back: self.tags_turned_back.clone(),
            namespace_terminating: self.namespace_terminating,
            refused: Vec::new(),
        };
        with_places(observed, &desired)
    }

    fn seen_outputs(&self, desired: &Desired) -> BTreeMap<OutputRef, OutputView> {
        let outputs = desired.outputs.iter().map(|output| &output.object);
        let outputs = outputs.chain(self.object.all_outputs()).map(|object| {
            let view = match self.outputs.get(object) {
                _ if self.unseen_outputs.contains(object) => OutputView::Unknown(transient()),
                Some(facts) => OutputView::Present(Box::new(facts.clone())),
                None => OutputView::Absent,
            };
            (object.clone(), view)
        });
        outputs.collect()
    }

    /// What is at every place that may be asked about, and through which store: where hints point, where the key is wanted,
    /// where the status lists a place, and where only a list shows a mark.
    fn seen_in_azure(&self, desired: &Desired) -> (Views, BTreeMap<ArmId, StoreKey>) {
        let mut azure = self.seen_at_hints();
        let hints = self.object.hints.iter().flatten();
        let mut stores: BTreeMap<ArmId, StoreKey> = hints
            .filter(|hint| azure.contains_key(&hint.id))
            .map(|hint| (hint.id.clone(), hint.store.clone()))
            .collect();
        let is_leaving = self.object.deleting_since.is_some();
        let wanted = desired.azure.as_ref().and_then(|azure| {
            let wanted = azure.target.as_ref().ok()?.id();
            // What goes is looked for where it is wanted too: a crash may have come between the request and the status.
            let is_asked =
                !is_leaving || (self.object.has_finalizer && self.listed_place(wanted).is_none());
            is_asked.then(|| (wanted.clone(), azure.store.clone()))
        });
        let listed = self.object.places.iter();
        let listed = listed.map(|place| (place.id.clone(), place.store.clone()));
        for (id, store) in wanted.into_iter().chain(listed) {
            if let Some(view) = self.view_at(&id, &store)
                && !azure.contains_key(&id)
            {
                azure.insert(id.clone(), view);
                stores.insert(id, store);
            }
        }
        for (id, store) in self.shown_by_lists(desired) {
            if !azure.contains_key(&id) {
                let view = if is_leaving {
                    self.read(&id)
                } else {
                    self.shown(&id)
                };
                azure.insert(id.clone(), view);
                stores.insert(id, store);
            }
        }
        (azure, stores)
    }

    fn listed_place(&self, id: &ArmId) -> Option<&AzureRecord> {
        let mut places = self.object.places.iter();
        places.find(|place| place.id == *id)
    }

    /// What hints point at that the status does not list, as far as it may be asked about.
    fn seen_at_hints(&self) -> Views {
        let hints = self.object.hints.iter().flatten();
        let hints = hints.filter(|hint| self.listed_place(&hint.id).is_none());
        let seen = hints.filter_map(|hint| {
            let view = self.view_at(&hint.id, &hint.store)?;
            Some((hint.id.clone(), view))
        });
        seen.collect()
    }

    /// What is at a place; `None` where it may not be asked about. What the status lists beyond the limits of its store is
    /// read only if a list shows our mark there.
    fn view_at(&self, id: &ArmId, store: &StoreKey) -> Option<KeyView> {
        let listed = self.listed_place(id);
        let is_own_store = store.kind == StoreKind::AzureStore;
        if !self.may_ask(id, store, listed.is_some() && is_own_store) {
            if listed.is_none() || !self.may_ask(id, store, true) {
                return None;
            }
            let shown = self.shown(id);
            if !self.is_marked(&shown) {
                return Some(shown);
            }
        }
        let is_found = listed.is_some_and(|place| place.origin == Origin::Found);
        if is_found && self.object.deleting_since.is_none() {
            return Some(self.shown(id));
        }
        Some(self.view(id))
    }

    fn is_marked(&self, view: &KeyView) -> bool {
        match view {
            KeyView::Present { key, .. } => self.mark().ownership(&key.tags) == Ownership::Ours,
            KeyView::Absent { .. } | KeyView::Unknown(_) => false,
        }
    }

    pub(super) fn may_ask(&self, id: &ArmId, store: &StoreKey, is_listed: bool) -> bool {
        let fact = self.store_fact(store);
        fact.is_usable() && lets_ask(Some(&fact), &self.mark(), id, is_listed)
    }

    /// Whether the private half is nowhere but where the user keeps it: at a deletion it is read once more.
    fn keeps_no_copy(&self, desired: &Desired) -> bool {
        let source = &self.spec.source;
        let is_imported = source
            .as_ref()
            .is_some_and(|source| source.private_key.is_some());
        is_imported && desired.source.custody().is_none()
    }

    /// What the controller has seen beside the Secret: it looks when something says that there may be something.
    fn rotation_secrets(&self) -> RotationSecrets {
        let was_changed = match &self.secret {
            SecretView::Present(facts) => {
                let owner = facts.owner_uid.as_ref();
                facts.revision > 1 || owner.is_some_and(|uid| *uid != self.object.uid)
            }
            SecretView::Absent => self.object.has_finalizer,
        };
        let object = &self.object;
        let leaving = object.deleting_since.is_some();
        // What a tool has taken from the metadata, the status may know.
        let is_wiped = !object.has_finalizer && object.has_status;
        let is_known = !object.reported_others.is_empty();
        if object.rotation.may_have_secrets || was_changed || leaving || is_wiped || is_known {
            self.rotation_secrets_read()
        } else {
            RotationSecrets::Unread
        }
    }

    pub(crate) fn rotation_secrets_read(&self) -> RotationSecrets {
        RotationSecrets::Read {
            staged: self.staged.clone(),
            previous: self.previous.clone(),
        }
    }

    /// A look at a place in Azure: a list shows one that the status names, a read any other.
    fn view(&self, id: &ArmId) -> KeyView {
        let told = self.status.azure.as_ref();
        let is_told = told.is_some_and(|azure| azure.resource_id == id.to_string());
        if is_told && self.object.deleting_since.is_none() {
            self.shown(id)
        } else {
            self.read(id)
        }
    }

    /// A read of a place in Azure.
    pub(crate) fn read(&self, id: &ArmId) -> KeyView {
        self.view_of(id, &self.azure, Freshness::Live)
    }

    pub(super) fn view_of(
        &self,
        id: &ArmId,
        keys: &BTreeMap<ArmId, AzureKey>,
        freshness: Freshness,
    ) -> KeyView {
        match (&self.azure_failure, keys.get(id)) {
            (Some(failure), _) => KeyView::Unknown(failure.clone()),
            (None, Some(key)) => KeyView::Present {
                key: key.clone(),
                freshness,
            },
            (None, None) => KeyView::Absent {
                group: if self.groups.contains(&id.resource_group) {
                    Group::Exists
                } else {
                    Group::Missing
                },
                freshness,
            },
        }
    }
}
