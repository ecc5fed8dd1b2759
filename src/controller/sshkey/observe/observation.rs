//! What is wanted and what exists, as one pass sees it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::SignedDuration;
use kube::Client;

use crate::{
    api::{ArmId, SshKey, StoreKey},
    azure::Caller,
    controller::{
        clock::now, sessions::session::Session, sshkey::observe::rotation_secrets::Owner,
        store_id::StoreId,
    },
    kubernetes::{namespaced::Namespaced, secrets::SecretOwner},
    plan::{Desired, Move, Observed, Outcome, Plan, next_move, plan, with_places},
};

/// What is wanted and what exists.
pub(in crate::controller) struct Observation {
    /// The object that was decided upon: the newest that is known.
    pub(in crate::controller) object: SshKey,
    /// On whose behalf Azure is asked.
    pub(in crate::controller) caller: Caller,
    pub(in crate::controller) desired: Desired,
    pub(in crate::controller) observed: Observed,
    /// What was strange about the object's annotations when it was read.
    pub(in crate::controller) strange_hints: Option<String>,
    /// Whether the managed Secret was that of an object of this name that is gone.
    pub(in crate::controller) takes_up_secret: bool,
    /// Places that only lists of Azure show, and that the status did not have when it was read.
    pub(in crate::controller) finds: Vec<ArmId>,
    /// How each store is reached.
    pub(in crate::controller) sessions: BTreeMap<StoreKey, Arc<Session>>,
    /// Whether the managed Secret was not asked for: nothing may rest on that but its creation.
    pub(in crate::controller) presumes_no_secret: bool,
}

impl Observation {
    /// The stores through which the object's key may be in Azure; none once it is let go.
    pub(in crate::controller) fn stores_in_use(&self) -> BTreeSet<StoreId> {
        let hints = self.observed.object.hints.iter().flatten();
        self.observed
            .known
            .iter()
            .chain(hints)
            .filter(|_| self.observed.object.has_finalizer)
            .map(|record| StoreId::seen_from(&self.caller.namespace, &record.store))
            .collect()
    }

    /// What is decided upon it before anything is done, and the first move.
    pub(in crate::controller) fn decide(&self, orphan_after: SignedDuration) -> (Plan, Move) {
        let decided = plan(&self.desired, &self.observed, orphan_after, now());
        let next = next_move(&self.desired, &self.observed, &decided, &[]);
        (decided, next)
    }

    /// Lays over what was observed what a step has left behind, or a read has shown.
    pub(in crate::controller) fn lay_over(&mut self, outcome: Outcome) -> Observed {
        let shows_secret = matches!(outcome, Outcome::Secret(_) | Outcome::Custody(..));
        self.presumes_no_secret &= !shows_secret;
        let observed = self.observed.clone().after(outcome);
        std::mem::replace(&mut self.observed, with_places(observed, &self.desired))
    }

    /// Calls about the objects of its namespace.
    pub(in crate::controller) fn within<'a>(&'a self, client: &'a Client) -> Namespaced<'a> {
        Namespaced::new(client, &self.desired.mark.namespace)
    }

    /// The object, as the owner of Secrets.
    pub(in crate::controller) fn owner(&self) -> Owner<'_> {
        let mark = &self.desired.mark;
        let observed = &self.observed;
        Owner::of(
            &mark.namespace,
            &mark.object,
            &observed.object,
            &observed.secret,
        )
    }

    /// The object, as it is written on the Secrets that it owns.
    pub(in crate::controller) fn secret_owner(&self) -> SecretOwner<'_> {
        SecretOwner {
            namespace: &self.desired.mark.namespace,
            name: &self.desired.mark.object,
            uid: &self.observed.object.uid,
        }
    }

    /// Whether what Azure says of a place may change how its store stands: it is the wanted one, and the store is open to
    /// this namespace.
    pub(in crate::controller) fn tells_its_store(&self, id: &ArmId) -> bool {
        tells_its_store(&self.desired, id)
    }
}

fn tells_its_store(desired: &Desired, id: &ArmId) -> bool {
    let wanted = desired.azure.as_ref();
    wanted.is_some_and(|azure| {
        let target = azure.target.as_ref().ok();
        let fact = desired.stores.get(&azure.store);
        target.is_some_and(|wanted| wanted.id() == id)
            && fact.is_some_and(|fact| fact.is_open_to(&desired.mark.namespace))
    })
}
