//! What is kept of an object between its looks, and the end of it: of an object that is gone nothing stays.

use super::context::Context;

impl Context {
    /// Forgets an object that is gone.
    pub(super) fn forget(&self, uid: &str) {
        self.own_writes.forget(uid);
        self.given.forget(uid);
        self.key_ages.forget(uid);
        self.backoffs.reset(uid);
        self.claims.release(uid);
        self.budget.withdraw(uid);
        self.tag_repairs.forget(uid);
        self.refusals.forget(uid);
        self.store_uses.held(uid);
    }

    /// How much is kept, by what it is. Who waits for a budget has a metric of its own.
    pub(super) fn remembered(&self) -> [(&'static str, usize); 10] {
        [
            ("objects", self.presence.len()),
            ("own_writes", self.own_writes.len()),
            ("sources", self.given.len()),
            ("key_ages", self.key_ages.len()),
            ("backoffs", self.backoffs.len()),
            ("claims", self.claims.len()),
            ("tag_repairs", self.tag_repairs.len()),
            ("refusals", self.refusals.len()),
            ("store_holds", self.store_uses.holds()),
            ("store_leavers", self.store_uses.leavers()),
        ]
    }
}
