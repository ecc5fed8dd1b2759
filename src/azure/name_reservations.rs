//! Which object is about to create, take over or delete a key at an ARM id: two objects that resolve to one name may both
//! have seen it free, and one that is gone may still have its key deleted while its successor takes it over. Once the first
//! has written, its mark in Azure says whose the key is; until the second must have seen that, this does.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::api::ArmId;

/// Longer than any reconcile takes from reading Azure to its write.
const HOLDS: Duration = Duration::from_mins(3);

/// The claims of the last minutes.
#[derive(Debug, Default)]
pub struct Claims(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    by_id: HashMap<Arc<ArmId>, Claim>,
    by_owner: HashMap<Arc<str>, Vec<Arc<ArmId>>>,
    /// Each time an id was claimed, the oldest first: so that none looks through all claims for those that are over.
    times: VecDeque<(Instant, Arc<ArmId>)>,
}

#[derive(Debug)]
struct Claim {
    /// UID of the object.
    owner: Arc<str>,
    since: Instant,
}

impl State {
    fn end_old(&mut self, now: Instant) {
        while let Some((at, _)) = self.times.front()
            && now.duration_since(*at) >= HOLDS
            && let Some((at, id)) = self.times.pop_front()
        {
            // One that was claimed again has a later entry.
            if self.by_id.get(&id).is_some_and(|claim| claim.since == at) {
                self.end(&id);
            }
        }
    }

    fn end(&mut self, id: &ArmId) {
        if let Some(claim) = self.by_id.remove(id)
            && let Some(ids) = self.by_owner.get_mut(&claim.owner)
        {
            ids.retain(|other| **other != *id);
            if ids.is_empty() {
                self.by_owner.remove(&claim.owner);
            }
        }
    }
}

impl Claims {
    /// Claims an id for the object with this UID: `false` when another has just claimed it.
    #[must_use]
    pub fn claim(&self, id: &ArmId, uid: &str, now: Instant) -> bool {
        let mut state = self.state();
        state.end_old(now);
        if state
            .by_id
            .get(id)
            .is_some_and(|claim| *claim.owner != *uid)
        {
            return false;
        }
        let (id, owner) = (Arc::new(id.clone()), Arc::<str>::from(uid));
        let claim = Claim {
            owner: Arc::clone(&owner),
            since: now,
        };
        state.by_id.insert(Arc::clone(&id), claim);
        state.times.push_back((now, Arc::clone(&id)));
        let ids = state.by_owner.entry(owner).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
        true
    }

    /// Ends the claims whose time is over. Once none is left, the room that they took is given back.
    pub fn end_old(&self, now: Instant) {
        let mut state = self.state();
        state.end_old(now);
        if state.times.is_empty() && state.by_id.is_empty() {
            *state = State::default();
        }
    }

    /// Gives up a claim: nothing is there any more.
    pub fn give_up(&self, id: &ArmId, uid: &str) {
        let mut state = self.state();
        if state
            .by_id
            .get(id)
            .is_some_and(|claim| *claim.owner == *uid)
        {
            state.end(id);
        }
    }

    /// Gives up every claim of an object that is gone.
    pub fn release(&self, uid: &str) {
        let mut state = self.state();
        for id in state.by_owner.remove(uid).unwrap_or_default() {
            state.by_id.remove(&id);
        }
    }

    /// How many there are, those that no longer hold among them until old ones are ended.
    pub fn len(&self) -> usize {
        self.state().by_id.len()
    }

    /// Whether no name is reserved.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_to_claim_an_id_keeps_it_until_it_lets_go_or_time_is_over() {
        let claims = Claims::default();
        let id: ArmId =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/k"
                .parse()
                .unwrap();
        let now = Instant::now();
        assert!(claims.claim(&id, "1", now));
        assert!(!claims.claim(&id, "2", now));
        assert!(claims.claim(&id, "1", now), "it may try again");
        claims.give_up(&id, "2");
        assert!(
            !claims.claim(&id, "2", now),
            "it is not the second's to give up"
        );
        claims.give_up(&id, "1");
        assert!(claims.claim(&id, "1", now));
        claims.release("1");
        assert!(claims.claim(&id, "2", now));
        assert!(claims.claim(&id, "3", now + HOLDS));
        assert!(claims.claim(&id, "3", now + HOLDS * 3 / 2));
        assert!(
            !claims.claim(&id, "4", now + 2 * HOLDS),
            "it was claimed again meanwhile"
        );
        assert!(claims.claim(&id, "4", now + 3 * HOLDS));
        claims.end_old(now + 3 * HOLDS);
        assert_eq!(claims.len(), 1);
        claims.end_old(now + 4 * HOLDS);
        assert!(claims.is_empty());
    }
}
