//! What policies and other people do to keys in Azure and to the marks on them.

use crate::{
    people::{Edit, asks::put, edit},
    world::{By, FOREIGN, Marked, Slot, TWIN, World},
};

pub(crate) const STRIPS_THE_MARK: Edit = edit("strips the mark in Azure", |world| {
    remark(world, Marked::Not)
});

pub(crate) const RENAMES_A_TAG: Edit = edit("renames a tag of the mark", |world| {
    remark(world, Marked::Partly)
});

/// Changes the mark where the key is wanted.
fn remark(world: &mut World, mark: Marked) -> bool {
    let place = world.seen.wanted();
    let Some(slot) = world.seen.azure[place] else {
        return false;
    };
    let is_marked = matches!(slot.mark, Marked::As(_));
    is_marked
        && put(
            world,
            place,
            Slot {
                mark,
                adopted: slot.adopted && mark != Marked::Not,
                ..slot
            },
        )
}

pub(crate) const COPIES_THE_MARK: Edit = edit("copies the mark to a second key", |world| {
    let uid = world.seen.object.uid;
    fills(world, Marked::As(uid))
});

pub(crate) const PUTS_AN_UNMARKED_KEY: Edit = edit("puts a key where another is to be", |world| {
    fills(world, Marked::Not)
});

pub(crate) const ANOTHER_OBJECT_PUBLISHES: Edit = edit(
    "has another object publish where this one wants to",
    |world| fills(world, Marked::AsAnother),
);

pub(crate) const A_TWIN_PUBLISHES: Edit = edit(
    "has a twin in another cluster publish where this one wants to",
    |world| fills(world, Marked::As(TWIN)),
);

/// A key of somebody else's comes to the first of both places that an object may want and that is free.
fn fills(world: &mut World, mark: Marked) -> bool {
    let free = [world.seen.wanted(), 0, 1];
    let free = free
        .into_iter()
        .find(|place| world.seen.azure[*place].is_none());
    let Some(place) = free else { return false };
    let slot = Slot {
        key: FOREIGN,
        mark,
        adopted: false,
        by: By::Another,
    };
    put(world, place, slot)
}

pub(crate) const A_TWIN_TAKES_IT_OVER: Edit =
    edit("has a restored twin take the key over in Azure", |world| {
        remark(world, Marked::As(TWIN))
    });
