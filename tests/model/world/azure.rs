//! Azure: a few places, and what is there.

use crate::world::object::{Key, Uid};

/// How many places there are: the one that a new object has, the one that a person may name later, and a third, which the
/// object never wants.
pub(crate) const PLACES: usize = 3;

/// All of them.
pub(crate) type Azure = [Option<Slot>; PLACES];

/// The place that no spec of this object names.
pub(crate) const NEVER_WANTED: usize = 2;

/// A key of somebody else's, which no Secret of this world holds unless it was copied in.
pub(crate) const FOREIGN: Key = 23;

/// A public key in Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot {
    pub(crate) key: Key,
    pub(crate) mark: Marked,
    /// Whether a tag says that it was there before its object.
    pub(crate) adopted: bool,
    /// What no operator can see: how it came to be there.
    pub(crate) by: By,
}

/// The mark on a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Marked {
    /// None.
    Not,
    /// Some of the tags.
    Partly,
    /// All four tags, of an object of this name.
    As(Uid),
    /// All four tags, of an object of another name.
    AsAnother,
}

/// How a key came to be where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum By {
    /// The operator made it.
    Us,
    /// It was there, and was taken over since the spec asked for it.
    Adoption,
    /// Somebody else did.
    Another,
}

impl Slot {
    /// A key of this object, as it publishes it.
    pub(crate) fn ours(key: Key, uid: Uid) -> Self {
        Self {
            key,
            mark: Marked::As(uid),
            adopted: false,
            by: By::Us,
        }
    }

    /// A key of somebody else's.
    pub(crate) fn of_another(mark: Marked) -> Self {
        Self {
            key: FOREIGN,
            mark,
            adopted: false,
            by: By::Another,
        }
    }
}
