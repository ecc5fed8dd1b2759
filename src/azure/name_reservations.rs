//! Which object is about to create, take over or delete a key at an ARM id: two objects that resolve to one name may both
//! have seen it free, and one that is gone may still have its key deleted while its successor takes it over. Once the first
//! has written, its mark in Azure says whose the key is; until the second must have seen that, this does.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::api::ArmId;

/// Longer than any reconcile takes from reading Azure to its write.
const HOLDS: Duration = Duration::from_mins(3);

/// The claims of the last minutes.
#[derive(Debug, Default)]
pub struct Claims(Mutex<HashMap<ArmId, (String, Instant)>>);

impl Claims {
    /// Claims an id for the object with this UID: `false` when another has just claimed it.
    #[must_use]
    pub fn claim(&self, id: &ArmId, uid: &str, now: Instant) -> bool {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        claims.retain(|_, (_, since)| now.duration_since(*since) < HOLDS);
        let (owner, since) = claims
            .entry(id.clone())
            .or_insert_with(|| (uid.to_owned(), now));
        if owner != uid {
            return false;
        }
        *since = now;
        true
    }

    /// Gives up a claim: nothing is there any more.
    pub fn give_up(&self, id: &ArmId, uid: &str) {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if claims.get(id).is_some_and(|(owner, _)| owner == uid) {
            claims.remove(id);
        }
    }

    /// Gives up every claim of an object that is gone.
    pub fn release(&self, uid: &str) {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        claims.retain(|_, (owner, _)| owner != uid);
    }

    /// How many there are, those that no longer hold among them until the next one is made.
    pub fn len(&self) -> usize {
        let claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        claims.len()
    }

    /// Whether no name is reserved.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
    }
}
