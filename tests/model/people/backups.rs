//! What backups and clusters that are built anew bring: the object under another UID.

use crate::{
    people::{Edit, edit, heard},
    world::{FOREIGN, Fate, Managed, Metadata, Owner, Status, World},
};

pub(crate) const CREATES_IT_AGAIN: Edit = heard("creates the object again from Git", |world| {
    comes_again(world, Metadata::default(), None)
});

pub(crate) const RESTORES_IT: Edit = heard("restores the object without its status", |world| {
    comes_again(world, Metadata::when_ready(), None)
});

pub(crate) const RESTORES_IT_WITH_STATUS: Edit =
    heard("restores the object with its status", |world| {
        let status = world.seen.object.status;
        comes_again(world, Metadata::when_ready(), status)
    });

/// The object is gone, and one of its name is there. What the first has left, is still there.
fn comes_again(world: &mut World, metadata: Metadata, status: Option<Status>) -> bool {
    let is_first = world.seen.object.uid == 1 && world.seen.object.exists;
    if is_first {
        world.change(|object| {
            object.uid = 2;
            object.deleting = false;
            object.request = 0;
            object.wanted = 0;
            object.metadata = metadata;
            object.status = status;
        });
    }
    is_first
}

pub(crate) const COPIES_A_SECRET_IN: Edit = edit(
    "copies the Secret of another namespace to the name of the managed one",
    |world| puts_secret(world, Owner::Elsewhere),
);

pub(crate) const PREPARES_A_SECRET: Edit = edit(
    "creates a Secret of their own under the name of the managed one",
    |world| puts_secret(world, Owner::Nobody),
);

fn puts_secret(world: &mut World, owner: Owner) -> bool {
    let is_free = world.seen.managed.is_none();
    if is_free {
        world.seen.managed = Some(Managed {
            key: Some(FOREIGN),
            recorded: None,
            revision: 1,
            request: 0,
            owner,
            fate: Fate::Stays,
        });
    }
    is_free
}
