//! Keys in Azure that only a list shows to be this object's: by the UID in their mark. A list that was read anyway costs
//! nothing; others are read only while the object's metadata and its status do not agree.

use std::collections::BTreeSet;

use crate::{
    api::{ArmId, StoreKey},
    controller::{
        clock::now,
        failure,
        sessions::session::Session,
        sshkey::observe::{
            azure::{Look, Seen},
            azure_views,
        },
    },
    plan::{
        Desired, Freshness, KeyView, ObjectFacts, SecretView, StoreFact, groups_to_search,
        is_in_doubt, lets_ask, stores_to_search, uids_to_search,
    },
};

impl Look<'_> {
    /// Looks where the lists show a mark with the UID of this object, or of the one whose place it has taken.
    pub(in crate::controller) async fn at_marks(
        &self,
        facts: &ObjectFacts,
        secret: &SecretView,
        desired: &Desired,
        seen: &mut Seen,
    ) {
        let uids = uids_to_search(facts, secret);
        for store in stores_to_search(facts, desired) {
            let is_usable =
                self.deleting || seen.stores.get(&store).is_some_and(StoreFact::is_usable);
            let Some(session) = seen.sessions.get(&store).cloned().filter(|_| is_usable) else {
                continue;
            };
            if is_in_doubt(facts, secret) {
                self.search(&store, &session, facts, desired, seen).await;
            }
            let marked: BTreeSet<ArmId> = uids
                .iter()
                .flat_map(|uid| session.inventory.marked(uid))
                .filter(|id| !seen.azure.contains_key(id))
                .filter(|id| lets_ask(seen.stores.get(&store), self.mark, id, false))
                .collect();
            for id in marked {
                let view = self.view_of_marked(&session, &id).await;
                seen.azure.insert(id.clone(), view);
                seen.stores_of_places.insert(id, store.clone());
            }
        }
    }

    /// Lists the groups in which this object may have keys. A list that fails is not tried again before the next sweep; one that is
    /// put off is.
    async fn search(
        &self,
        store: &StoreKey,
        session: &Session,
        facts: &ObjectFacts,
        desired: &Desired,
        seen: &Seen,
    ) {
        let fact = seen.stores.get(store);
        let Some(fact) = fact.filter(|fact| fact.is_open_to(&self.mark.namespace)) else {
            return;
        };
        let sweep = self.scope.context.options.intervals.sweep;
        for group in groups_to_search(fact, store, facts, desired) {
            let list = session
                .inventory
                .search(&session.arm, &group, sweep, self.caller, now());
            if let Err(error) = list.await {
                tracing::debug!(%error, "a group could not be searched for marks");
            }
        }
    }

    /// What the list says; what a deletion rests on is read.
    async fn view_of_marked(&self, session: &Session, id: &ArmId) -> KeyView {
        let view = if self.deleting {
            let read = session.inventory.read(&session.arm, id, self.caller).await;
            read.map(|seen| azure_views::seen_as(&seen, Freshness::Live))
        } else {
            self.listed(session, id).await
        };
        view.unwrap_or_else(|error| KeyView::Unknown(failure::azure_failure(&error)))
    }
}
