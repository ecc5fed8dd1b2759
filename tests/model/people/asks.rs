//! What users do with the object, and what they destroy.

use crate::{
    people::{Edit, edit, heard},
    world::{By, FOREIGN, Marked, Previous, Slot, World},
};

pub(crate) const ASKS_FOR_A_ROTATION: Edit = edit("asks for a rotation", |world| {
    world.past.requests += 1;
    let next = world.past.requests;
    world.change(|object| object.request = next);
    true
});

pub(crate) const ASKS_AGAIN: Edit = edit("asks again for what was asked for first", |world| {
    let is_other = world.seen.object.request > 1;
    world.change(|object| object.request = object.request.min(1));
    is_other
});

pub(crate) const DELETES_THE_SECRET: Edit = edit("deletes the Secret", |world| {
    let gone = world.seen.managed.take();
    world.past.destroy(gone.and_then(|managed| managed.key))
});

pub(crate) const EMPTIES_THE_SECRET: Edit = edit("empties the Secret", |world| {
    let managed = world.seen.managed.as_mut();
    let key = managed.and_then(|managed| managed.key.take());
    world.past.destroy(key)
});

pub(crate) const DELETES_THE_NEXT_KEY: Edit = edit("deletes the Secret of the next key", |world| {
    let gone = world.seen.staged.take();
    world.past.destroy(gone.map(|staged| staged.key))
});

pub(crate) const DELETES_FORMER_KEYS: Edit = edit("deletes the Secret of former keys", |world| {
    let Some(Previous::Ours(gone)) = world.seen.previous else {
        return false;
    };
    world.seen.previous = None;
    for former in gone.keys.all() {
        world.past.destroy(Some(former.key));
    }
    true
});

pub(crate) const WIPES_THE_STATUS: Edit = edit("wipes the status", |world| {
    let was = world.seen.object.status;
    world.change(|object| object.status = None);
    was.is_some()
});

pub(crate) const DELETES_THE_KEY_IN_AZURE: Edit = edit("deletes the key in Azure", |world| {
    let place = world.seen.wanted();
    world.change_azure(|azure| azure[place] = None);
    world.listed[place].is_some()
});

pub(crate) const PUTS_ANOTHER_KEY: Edit = edit("puts another key into Azure", |world| {
    let place = world.seen.wanted();
    let Some(slot) = world.seen.azure[place] else {
        return false;
    };
    put(
        world,
        place,
        Slot {
            key: FOREIGN,
            by: By::Another,
            ..slot
        },
    )
});

pub(crate) const REPLACES_THE_KEY: Edit =
    edit("replaces the key in Azure by one of their own", |world| {
        let place = world.seen.wanted();
        let is_there = world.seen.azure[place].is_some();
        is_there && put(world, place, Slot::of_another(Marked::Not))
    });

pub(crate) const NAMES_ANOTHER_PLACE: Edit = heard("names another place in Azure", |world| {
    let is_first = world.seen.object.wanted == 0 && !world.seen.object.deleting;
    world.change(|object| object.wanted = 1);
    is_first
});

pub(crate) const NAMES_THE_FIRST_PLACE: Edit = heard("names the first place again", |world| {
    let is_second = world.seen.object.wanted == 1 && !world.seen.object.deleting;
    world.change(|object| object.wanted = 0);
    is_second
});

pub(crate) const DELETES_THE_OBJECT: Edit = heard("deletes the object", |world| {
    let object = &world.seen.object;
    if object.deleting || !object.exists {
        return false;
    }
    // Without the finalizer it vanishes at once, and is put away from its last state. What a tool replaces before it was
    // reported and deletes before an operator looks, nobody finds: the manual says so.
    let is_known = object.metadata.finalizer || object.own_status().is_some();
    let is_made = |slot: &Slot| slot.by == By::Us;
    if !is_known && world.seen.azure.iter().flatten().any(is_made) {
        return false;
    }
    world.change(|object| {
        object.deleting = is_known;
        object.exists = is_known;
        object.metadata.finalizer = is_known;
    });
    true
});

pub(crate) const TAKES_THE_NAME_FOR_FORMER_KEYS: Edit =
    edit("creates a Secret of the name for former keys", |world| {
        let is_free = world.seen.previous.is_none();
        if is_free {
            world.seen.previous = Some(Previous::Foreign);
        }
        is_free
    });

pub(crate) const ASSIGNS_A_POLICY: Edit = edit(
    "assigns a policy that turns back what is written to Azure",
    |world| {
        let is_new = !world.policy;
        world.policy = true;
        is_new
    },
);

/// Puts a key into a place.
pub(crate) fn put(world: &mut World, place: usize, slot: Slot) -> bool {
    let changes = world.seen.azure[place] != Some(slot);
    if changes {
        world.change_azure(|azure| azure[place] = Some(slot));
    }
    changes
}
