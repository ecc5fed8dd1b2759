//! What only lists of Azure show: marks by their UID, as the controller looks for them.

use std::collections::{BTreeMap, BTreeSet};

use sshkey_operator::{
    api::{ArmId, StoreKey, names::tag},
    plan::{
        AzureKey, Desired, Freshness, KeyView, groups_to_search, is_in_doubt, stores_to_search,
        uids_to_search,
    },
};

use super::World;

impl World {
    /// Where lists show a mark that this object may answer for, and through which store.
    pub(super) fn shown_by_lists(&self, desired: &Desired) -> Vec<(ArmId, StoreKey)> {
        let uids = uids_to_search(&self.object, &self.secret);
        let is_asked_for = |key: &AzureKey| {
            let mut tags = key.tags.iter();
            tags.any(|(name, uid)| name.eq_ignore_ascii_case(tag::UID) && uids.contains(uid))
        };
        let marked: Vec<&ArmId> = self
            .lists()
            .iter()
            .filter(|(_, key)| is_asked_for(key))
            .map(|(id, _)| id)
            .collect();
        let stores = stores_to_search(&self.object, desired);
        let shown = stores.into_iter().flat_map(|store| {
            let groups = self.groups_listed(&store, desired);
            let shown: Vec<(ArmId, StoreKey)> = marked
                .iter()
                .filter(|id| groups.contains(&id.group_key()) && self.may_ask(id, &store, false))
                .map(|id| ((*id).clone(), store.clone()))
                .collect();
            shown
        });
        shown.collect()
    }

    /// The groups of which there are lists: those that are searched while metadata and status do not agree; and that in which
    /// the status shows the key.
    fn groups_listed(&self, store: &StoreKey, desired: &Desired) -> BTreeSet<(String, String)> {
        let fact = self.store_fact(store);
        let is_searched = is_in_doubt(&self.object, &self.secret)
            && fact.is_open_to(&self.namespace)
            && self.azure_failure.is_none();
        let searched = if is_searched {
            groups_to_search(&fact, store, &self.object, desired)
        } else {
            Vec::new()
        };
        let told = self.status.azure.as_ref();
        let told = told.and_then(|azure| azure.resource_id.parse::<ArmId>().ok());
        let groups = searched.into_iter().chain(told);
        groups.map(|id| id.group_key()).collect()
    }

    /// What lists show.
    fn lists(&self) -> &BTreeMap<ArmId, AzureKey> {
        self.listed.as_ref().unwrap_or(&self.azure)
    }

    /// What a list shows at a place.
    pub(super) fn shown(&self, id: &ArmId) -> KeyView {
        self.view_of(id, self.lists(), Freshness::Listed)
    }
}
