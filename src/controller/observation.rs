//! What is wanted and what exists, as one pass sees it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{companions::Owner, session::Session, store_id::StoreId};
use crate::{
    api::{ArmId, SshKey, StoreKey},
    azure::Caller,
    plan::{Desired, Observed, Outcome, with_places},
};

/// What is wanted and what is there.
pub(super) struct Observation {
    /// The object that was decided upon: the newest that is known.
    pub(super) object: SshKey,
    /// On whose behalf Azure is asked.
    pub(super) caller: Caller,
    pub(super) desired: Desired,
    pub(super) observed: Observed,
    /// What was strange about the object's annotations when it was looked at.
    pub(super) strange_hints: Option<String>,
    /// Whether the managed Secret was that of an object of this name that is gone.
    pub(super) takes_up_secret: bool,
    /// Places that only lists of Azure show, and that the status did not have when it was looked at.
    pub(super) finds: Vec<ArmId>,
    /// How each store is reached.
    pub(super) sessions: BTreeMap<StoreKey, Arc<Session>>,
}

impl Observation {
    /// The stores through which the object's key may be in Azure; none once it is let go.
    pub(super) fn stores_in_use(&self) -> BTreeSet<StoreId> {
        let hints = self.observed.object.hints.iter().flatten();
        self.observed
            .known
            .iter()
            .chain(hints)
            .filter(|_| self.observed.object.has_finalizer)
            .map(|record| StoreId::seen_from(&self.caller.namespace, &record.store))
            .collect()
    }

    /// Lays over what was observed what a step has left behind, or a read has shown.
    pub(super) fn lay_over(&mut self, outcome: Outcome) {
        let observed = self.observed.clone().after(outcome);
        self.observed = with_places(observed, &self.desired);
    }

    /// The object, as the owner of Secrets.
    pub(super) fn owner(&self) -> Owner<'_> {
        let mark = &self.desired.mark;
        let observed = &self.observed;
        Owner::of(
            &mark.namespace,
            &mark.object,
            &observed.object,
            &observed.secret,
        )
    }

    /// Whether what Azure says of a place may change how its store stands: it is the wanted one, and the store is open to
    /// this namespace.
    pub(super) fn tells_its_store(&self, id: &ArmId) -> bool {
        tells_its_store(&self.desired, id)
    }
}

pub(super) fn tells_its_store(desired: &Desired, id: &ArmId) -> bool {
    let wanted = desired.azure.as_ref();
    wanted.is_some_and(|azure| {
        let target = azure.target.as_ref().ok();
        let fact = desired.stores.get(&azure.store);
        target.is_some_and(|wanted| wanted.id() == id)
            && fact.is_some_and(|fact| fact.is_open_to(&desired.mark.namespace))
    })
}
