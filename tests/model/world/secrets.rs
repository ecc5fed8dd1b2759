//! The Secrets: the managed one, the one of the next key, and the one of former keys.

use crate::world::{
    few::Few,
    object::{Key, Uid},
};

/// What becomes of a Secret and of what is written into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Fate {
    #[default]
    Stays,
    /// Somebody made it immutable.
    Frozen,
    /// It is being deleted, and a finalizer of somebody else holds it.
    Going,
}

/// Whom a Secret says that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    /// Nobody: it carries no record.
    Nobody,
    /// This namespace and name, under a UID.
    Uid(Uid),
    /// This name in another namespace: it was copied from there.
    Elsewhere,
}

/// The Secret of the name of the managed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Managed {
    /// The private key; none once somebody has emptied it.
    pub(crate) key: Option<Key>,
    pub(crate) recorded: Option<Key>,
    pub(crate) revision: u32,
    pub(crate) request: u8,
    pub(crate) owner: Owner,
    pub(crate) fate: Fate,
}

/// The Secret of the next key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Staged {
    pub(crate) key: Key,
    pub(crate) revision: u32,
    pub(crate) request: u8,
    pub(crate) fate: Fate,
}

/// The Secret that has the name of the one for former keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Previous {
    Ours(Kept),
    Foreign,
}

/// The former keys of this object, or of the one that had its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Kept {
    pub(crate) of: Uid,
    pub(crate) keys: Few<Former, 10>,
    pub(crate) fate: Fate,
}

/// A former key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Former {
    pub(crate) key: Key,
    pub(crate) revision: u32,
    pub(crate) dated: bool,
}

impl Managed {
    /// Whether it records this namespace and name.
    pub(crate) fn names_this_object(&self) -> bool {
        matches!(self.owner, Owner::Uid(_))
    }
}

impl Fate {
    /// Whether what is in there stays.
    pub(crate) fn lasts(self) -> bool {
        self != Self::Going
    }
}
