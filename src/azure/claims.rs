//! Who in this cluster means to use which ARM id: two objects that resolve to one name must not both see it free and
//! both create it. Between restarts the mark on the Azure key says it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::api::ArmId;

/// An object that claims an ARM id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
}

/// The claims of all objects.
#[derive(Debug, Default)]
pub struct Claims(Mutex<HashMap<ArmId, Owner>>);

impl Claims {
    /// Claims an id.
    ///
    /// # Errors
    /// Who claimed it before.
    pub fn claim(&self, id: &ArmId, owner: &Owner) -> Result<(), Owner> {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = claims.entry(id.clone()).or_insert_with(|| owner.clone());
        let same_object = first.namespace == owner.namespace && first.name == owner.name;
        if !same_object {
            return Err(first.clone());
        }
        first.uid.clone_from(&owner.uid);
        Ok(())
    }

    /// Gives up every claim of an object.
    pub fn release(&self, uid: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, owner| owner.uid != uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(name: &str, uid: &str) -> Owner {
        Owner {
            namespace: "n".into(),
            name: name.into(),
            uid: uid.into(),
        }
    }

    #[test]
    fn the_first_to_claim_an_id_keeps_it_until_it_lets_go() {
        let claims = Claims::default();
        let id: ArmId =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/k"
                .parse()
                .unwrap();
        assert_eq!(claims.claim(&id, &owner("a", "1")), Ok(()));
        assert_eq!(claims.claim(&id, &owner("b", "2")), Err(owner("a", "1")));
        assert_eq!(
            claims.claim(&id, &owner("a", "3")),
            Ok(()),
            "an object that was made again goes on"
        );
        claims.release("3");
        assert_eq!(claims.claim(&id, &owner("b", "2")), Ok(()));
    }
}
