//! What an operator has in mind: what it saw, how it knows of Azure, and whether it looked beside the managed Secret.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use sshkey_operator::{
    api::{ErrorClass, Reason},
    plan::{Desired, Failure, Freshness, Observed, Plan, Report, Step, plan, report},
};

use crate::{
    view::{
        desired::{desired, store_key},
        facts,
        keys::{now, place},
        status,
    },
    world::{Few, PLACES, Seen},
};

/// How an operator knows of a place in Azure; `None` where it did not look.
pub(crate) type Known = [Option<Freshness>; PLACES];

/// What an operator has in mind. What it did not look at is not in what it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mind {
    pub(crate) seen: Seen,
    pub(crate) looked: bool,
    /// Whether the object was read, and not taken from a cache.
    pub(crate) live: bool,
    pub(crate) known: Known,
    /// What it has written in this pass while something turns that back; nothing else needs to be remembered.
    pub(crate) taken: Few<u16, 16>,
    /// What was refused for good in this pass.
    pub(crate) refused: Few<u16, 8>,
}

impl Mind {
    /// All there is, as it is.
    pub(crate) fn truth(seen: &Seen) -> Self {
        Self {
            seen: *seen,
            looked: true,
            live: true,
            known: [Some(Freshness::Live); PLACES],
            taken: Few::default(),
            refused: Few::default(),
        }
    }

    /// What the plan is made for.
    pub(crate) fn desired(&self) -> &'static Desired {
        desired(&self.seen)
    }

    /// What the plan is made from, which finds the places by itself; `refused` are the steps that were refused, by the numbers in mind.
    pub(crate) fn observed(&self, refused: Vec<Step>) -> Observed {
        let places = (0..PLACES).filter_map(|number| {
            let freshness = self.known[number]?;
            let view = facts::azure(self.seen.azure[number], freshness);
            Some((place(number).clone(), view))
        });
        let azure: BTreeMap<_, _> = places.collect();
        let store = store_key(self.seen.store);
        let stores = azure.keys().map(|id| (id.clone(), store.clone()));
        let failure = || {
            let why = "somebody refuses it";
            Failure::new(ErrorClass::UserFixable, Reason::AccessDenied, why)
        };
        Observed {
            object_is_live: self.live,
            stores_of_places: stores.collect(),
            known: Vec::new(),
            crd_is_outdated: false,
            object: facts::object(&self.seen),
            secret: facts::secret(&self.seen),
            rotation_secrets: facts::rotation_secrets(&self.seen, self.looked),
            given: None,
            outputs: BTreeMap::new(),
            azure,
            unheld_stores: BTreeMap::new(),
            tags_turned_back: BTreeMap::new(),
            namespace_terminating: false,
            refused: refused.into_iter().map(|step| (step, failure())).collect(),
        }
    }

    /// What is to be done.
    pub(crate) fn plan(&self, observed: &Observed) -> Plan {
        let wait = SignedDuration::from_mins(10);
        plan(self.desired(), observed, wait, now())
    }

    /// What the status says at the end of a pass.
    pub(crate) fn report(&self, observed: &Observed, plan: &Plan) -> Report {
        let before = status::words(&self.seen.object);
        report(self.desired(), observed, plan, None, &before, 1, now())
    }
}
