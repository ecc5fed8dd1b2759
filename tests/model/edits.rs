//! What people do meanwhile.

use crate::world::{Key, Previous, Slot, World};

/// One thing that a person may do.
pub(crate) type Edit = fn(&mut World) -> bool;

/// What people do with the object and its Secrets, in any combination; each says whether it changed anything.
pub(crate) const EDITS: &[(&str, Edit)] = &[
    ("asks for a rotation", |world| {
        let next = world.past.requests.last().map_or(1, |last| last + 1);
        world.past.requests.push(next);
        world.change(|object| object.request = next);
        true
    }),
    ("asks again for what was asked for first", |world| {
        let is_other = world.seen.object.request > 1;
        world.change(|object| object.request = object.request.min(1));
        is_other
    }),
    ("deletes the Secret", |world| {
        let gone = world.seen.managed.take();
        destroyed(world, gone.and_then(|managed| managed.key))
    }),
    ("empties the Secret", |world| {
        let key = world
            .seen
            .managed
            .as_mut()
            .and_then(|managed| managed.key.take());
        destroyed(world, key)
    }),
    ("deletes the Secret of the next key", |world| {
        let gone = world.seen.staged.take();
        destroyed(world, gone.map(|staged| staged.key))
    }),
    ("deletes the Secret of former keys", |world| {
        let Some(Previous::Ours(gone)) = &world.seen.previous else {
            return false;
        };
        let gone = gone.clone();
        world.seen.previous = None;
        let mut any = false;
        for former in gone {
            any |= destroyed(world, Some(former.key));
        }
        any
    }),
    ("wipes the status", |world| {
        let was = world.seen.object.reported;
        world.change(|object| object.reported = None);
        was.is_some()
    }),
    ("deletes the key in Azure", |world| {
        let place = world.seen.wanted();
        world.change_azure(|azure| azure[place] = None);
        world.listed[place].is_some()
    }),
    ("puts another key into Azure", |world| {
        put(world, Slot { key: FOREIGN, ours: true })
    }),
    ("deletes the object", |world| {
        let begins = world.seen.object.finalizer && !world.seen.object.deleting;
        if begins {
            world.change(|object| object.deleting = true);
        }
        begins
    }),
];

/// What strangers, policies and moves bring: within the bounds of every run each of these comes alone.
pub(crate) const RARE_EDITS: &[(&str, Edit)] = &[
    ("creates a Secret of the name for former keys", |world| {
        let is_free = world.seen.previous.is_none();
        if is_free {
            world.seen.previous = Some(Previous::Foreign);
        }
        is_free
    }),
    ("replaces the key in Azure by one of their own", |world| {
        put(world, Slot { key: FOREIGN, ours: false })
    }),
    ("names another place in Azure", |world| {
        let is_new = world.seen.object.wanted == 0 && !world.seen.object.deleting;
        world.change(|object| object.wanted = 1);
        is_new
    }),
    ("assigns a policy that turns back what is written to Azure", |world| {
        let is_new = !world.policy;
        world.policy = true;
        is_new
    }),
];

/// A key of nobody in this world.
pub(crate) const FOREIGN: Key = 23;

/// Puts a key into the place that is wanted, where one is.
fn put(world: &mut World, slot: Slot) -> bool {
    let place = world.seen.wanted();
    let changes = world.seen.azure[place].is_some_and(|there| there != slot);
    if changes {
        world.change_azure(|azure| azure[place] = Some(slot));
    }
    changes
}

fn destroyed(world: &mut World, key: Option<Key>) -> bool {
    let Some(key) = key else { return false };
    world.past.meddled = true;
    if !world.past.destroyed.contains(&key) {
        world.past.destroyed.push(key);
        world.past.destroyed.sort_unstable();
    }
    true
}
