//! What people do meanwhile.

use crate::world::{Key, World};

/// One thing that a person may do.
pub(crate) type Edit = fn(&mut World) -> bool;

/// All of them; each says whether it changed anything.
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
        let gone = world.seen.previous.take().unwrap_or_default();
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
        world.seen.azure.take().is_some()
    }),
    ("puts another key into Azure", |world| {
        let foreign = 23;
        let changed = world.seen.azure.is_some_and(|key| key != foreign);
        if changed {
            world.seen.azure = Some(foreign);
        }
        changed
    }),
    ("deletes the object", |world| {
        let begins = world.seen.object.finalizer && !world.seen.object.deleting;
        if begins {
            world.change(|object| object.deleting = true);
        }
        begins
    }),
];

fn destroyed(world: &mut World, key: Option<Key>) -> bool {
    let Some(key) = key else { return false };
    world.past.meddled = true;
    if !world.past.destroyed.contains(&key) {
        world.past.destroyed.push(key);
        world.past.destroyed.sort_unstable();
    }
    true
}
