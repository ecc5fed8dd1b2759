//! Something that a person may do.

use crate::world::World;

type Act = fn(&mut World) -> bool;

/// Something that a person may do.
#[derive(Clone, Copy)]
pub(crate) struct Edit {
    pub(crate) name: &'static str,
    /// Does it, and says whether it changed anything.
    pub(crate) act: Act,
    /// Whether an operator hears of it before it goes on. Nothing can stop one that has not heard of a deletion or of a move
    /// from finishing what it is at: the Lease keeps that to one operator, and this to one that has heard.
    pub(crate) is_heard: bool,
}

/// What an operator that is at work does not hear of.
pub(crate) const fn edit(name: &'static str, act: Act) -> Edit {
    Edit {
        name,
        act,
        is_heard: false,
    }
}

/// What every operator hears of.
pub(crate) const fn heard(name: &'static str, act: Act) -> Edit {
    Edit {
        name,
        act,
        is_heard: true,
    }
}
