//! The life of an object, as what is kept of it follows it: of an object that is gone nothing stays.

use std::{fmt::Debug, time::Instant};

use kube::{
    Api, Resource,
    core::{DynamicObject, object::HasStatus},
    runtime::reflector::ObjectRef,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    api::SshKey,
    controller::{
        action::Action,
        context::Context,
        memory::identity::{Identity, Place},
    },
    kubernetes::status_residue::{remove, residue},
};

impl Context {
    /// A reconcile of an object begins: of another that had its name before nothing is kept.
    pub(in crate::controller) fn on_seen<K: Resource<DynamicType = ()>>(&self, object: &K) {
        if let Some(before) = self.memory.on_seen(object) {
            self.withdraw(&before);
        }
    }

    /// Removes from the status of an object what others have written beside `ours`, which was applied just now. Where that
    /// fails, the next reconcile applies it again.
    pub(in crate::controller) async fn clear_status<K>(
        &self,
        api: &Api<K>,
        live: K,
        ours: &K::Status,
        manager: &str,
    ) -> K
    where
        K: Resource<DynamicType = ()> + HasStatus + Clone + Debug + DeserializeOwned,
        K::Status: Serialize,
    {
        let residue = live.status().and_then(|there| residue(there, ours));
        let Some(residue) = residue.filter(|_| self.memory.may_clear_status(&live, Instant::now()))
        else {
            return live;
        };
        match remove(api, &live, &residue, manager).await {
            Ok(cleared) => cleared,
            Err(error) => {
                tracing::debug!(%error, "what others have written into a status stays there");
                live
            }
        }
    }

    /// A reconcile of an object has ended. One of which nothing but its end is waited for is gone, or as good as gone: the
    /// watch wakes nobody when it goes.
    pub(in crate::controller) fn on_finished<K: Resource<DynamicType = ()>, E>(
        &self,
        object: &K,
        done: &Result<Action, E>,
    ) {
        if matches!(done, Ok(action) if *action == Action::await_change()) {
            self.memory.on_finished(object);
            self.withdraw(object.meta().uid.as_deref().unwrap_or_default());
        }
    }

    /// An object is gone, perhaps without any reconcile having seen it go.
    pub(in crate::controller) fn on_deleted<K: Resource<DynamicType = ()>>(
        &self,
        deleted: &ObjectRef<DynamicObject>,
    ) {
        let place = Place::of::<K>(deleted);
        self.calls_of::<K>().leave(&place);
        if let Some(uid) = self.memory.on_deleted::<K>(deleted) {
            self.withdraw(&uid);
        }
    }

    /// Forgets an object that is gone.
    pub(in crate::controller) fn forget(&self, gone: &SshKey) {
        let of = Identity::from(gone);
        self.withdraw(&of.uid);
        self.memory.forget(of);
    }

    /// Takes back what an object has asked for, or waits for, of what all objects share.
    fn withdraw(&self, uid: &str) {
        self.blocking.withdraw(uid);
        self.claims.release(uid);
        self.budget.withdraw(uid);
    }

    /// How much is kept, by what it is. Who waits for a budget has a metric of its own.
    pub(in crate::controller) fn remembered(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let shared = [
            ("slow_work", self.blocking.len()),
            ("claims", self.claims.len()),
            ("store_leavers", self.store_uses.leavers()),
            ("sessions", self.sessions.len()),
        ];
        self.memory.counts().into_iter().chain(shared)
    }
}
