//! Management locks.
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::is_at_or_below;

/// What a lock forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockLevel {
    /// Deleting.
    CanNotDelete,
    /// Deleting and changing.
    ReadOnly,
}

/// A lock on a scope, and on everything below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Its name, unique at its scope.
    pub name: String,
    /// `/subscriptions/{s}`, a resource group's id or a key's.
    pub scope: String,
    /// What it forbids.
    pub level: LockLevel,
    /// What people have written on it.
    #[serde(default)]
    pub notes: Option<String>,
}

/// What is to be done at a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Write,
    Delete,
}

/// All locks, by scope and name in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Locks(BTreeMap<String, Lock>);

fn key(scope: &str, name: &str) -> String {
    format!("{}\0{}", scope.to_lowercase(), name.to_lowercase())
}

impl Locks {
    /// Puts a lock, in the place of one of the same name; whether there was one.
    pub(crate) fn put(&mut self, lock: Lock) -> bool {
        self.0.insert(key(&lock.scope, &lock.name), lock).is_some()
    }

    pub(crate) fn get(&self, scope: &str, name: &str) -> Option<&Lock> {
        self.0.get(&key(scope, name))
    }

    /// Takes a lock away; whether it was there.
    pub(crate) fn remove(&mut self, scope: &str, name: &str) -> bool {
        self.0.remove(&key(scope, name)).is_some()
    }

    /// In the order of their scopes and names.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Lock> {
        self.0.values()
    }

    /// The scopes whose locks forbid this. What goes takes with it all that is below.
    pub(crate) fn that_forbid(&self, deed: Deed, scope: &str) -> Vec<&str> {
        let forbids = |lock: &&Lock| {
            let above = is_at_or_below(&lock.scope, scope);
            let below = is_at_or_below(scope, &lock.scope);
            match deed {
                Deed::Write => above && lock.level == LockLevel::ReadOnly,
                Deed::Delete => above || below,
            }
        };
        let mut scopes: Vec<&str> = self
            .all()
            .filter(forbids)
            .map(|lock| lock.scope.as_str())
            .collect();
        scopes.dedup();
        scopes
    }

    /// The locks of what is gone go with it.
    pub(crate) fn forget_below(&mut self, scope: &str) {
        self.0.retain(|_, lock| !is_at_or_below(scope, &lock.scope));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locks(level: LockLevel) -> Locks {
        let mut locks = Locks::default();
        locks.put(Lock {
            name: "keep".to_owned(),
            scope: "/subscriptions/S/resourceGroups/g".to_owned(),
            level,
            notes: None,
        });
        locks
    }

    #[test]
    fn a_lock_holds_below_its_scope_and_nowhere_else() {
        let key = "/subscriptions/s/resourceGroups/G/providers/Microsoft.Compute/sshPublicKeys/k";
        let read_only = locks(LockLevel::ReadOnly);
        let forbidden = ["/subscriptions/S/resourceGroups/g"];
        assert_eq!(read_only.that_forbid(Deed::Write, key), forbidden);
        assert_eq!(read_only.that_forbid(Deed::Delete, key), forbidden);
        let delete = locks(LockLevel::CanNotDelete);
        assert_eq!(delete.that_forbid(Deed::Write, key), [""; 0]);
        assert_eq!(delete.that_forbid(Deed::Delete, key), forbidden);
        assert_eq!(
            delete.that_forbid(Deed::Delete, "/subscriptions/s"),
            forbidden
        );
        let neighbour = "/subscriptions/s/resourceGroups/g2";
        assert_eq!(read_only.that_forbid(Deed::Delete, neighbour), [""; 0]);
    }
}
