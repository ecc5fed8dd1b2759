//! What is kept of an object between its looks, and the end of it: of an object that is gone nothing stays.

use kube::{
    Resource,
    core::DynamicObject,
    runtime::{controller::Action, reflector::ObjectRef},
};

use crate::controller::context::Context;

impl Context {
    /// An object is looked at: of another that had its name before nothing is kept.
    pub(in crate::controller) fn meet<K: Resource<DynamicType = ()>>(&self, object: &K) {
        if let Some(before) = self.presence.seen(object) {
            self.forget(&before);
        }
    }

    /// An object was looked at. One of which nothing but its end is waited for is gone, or as good as gone: the watch wakes
    /// nobody when it goes.
    pub(in crate::controller) fn let_go<K: Resource<DynamicType = ()>, E>(
        &self,
        object: &K,
        done: &Result<Action, E>,
    ) {
        if matches!(done, Ok(action) if *action == Action::await_change()) {
            self.presence.left(object);
            self.forget(object.meta().uid.as_deref().unwrap_or_default());
        }
    }

    /// An object is gone, perhaps without any look having seen it go.
    pub(in crate::controller) fn part<K: Resource<DynamicType = ()>>(
        &self,
        gone: &ObjectRef<DynamicObject>,
    ) {
        if let Some(uid) = self.presence.gone::<K>(gone) {
            self.forget(&uid);
        }
    }

    /// Forgets an object that is gone.
    pub(in crate::controller) fn forget(&self, uid: &str) {
        self.own_writes.forget(uid);
        self.source.cache.forget(uid);
        self.sessions.reader.certificates.forget(uid);
        self.key_ages.forget(uid);
        self.backoffs.reset(uid);
        self.patience.forget(uid);
        self.blocking.withdraw(uid);
        self.claims.release(uid);
        self.budget.withdraw(uid);
        self.tag_repairs.forget(uid);
        self.refusals.forget(uid);
        self.store_uses.held(uid);
    }

    /// How much is kept, by what it is. Who waits for a budget has a metric of its own.
    pub(in crate::controller) fn remembered(&self) -> [(&'static str, usize); 14] {
        [
            ("objects", self.presence.len()),
            ("own_writes", self.own_writes.len()),
            ("sources", self.source.cache.len()),
            ("certificates", self.sessions.reader.certificates.len()),
            ("key_ages", self.key_ages.len()),
            ("backoffs", self.backoffs.len()),
            ("patience", self.patience.len()),
            ("slow_work", self.blocking.len()),
            ("claims", self.claims.len()),
            ("tag_repairs", self.tag_repairs.len()),
            ("refusals", self.refusals.len()),
            ("released", self.released.len()),
            ("store_holds", self.store_uses.holds()),
            ("store_leavers", self.store_uses.leavers()),
        ]
    }
}
