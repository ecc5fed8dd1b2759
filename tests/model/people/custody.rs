//! What people and their tools do to the Secrets, short of destroying them.

use crate::{
    act::happens::let_secrets_go,
    people::{Edit, edit},
    world::{Fate, Previous, World},
};

pub(crate) const BEGINS_TO_DELETE_THE_SECRET: Edit =
    edit("deletes the Secret, which a finalizer holds", |world| {
        managed(world, Fate::Going)
    });

pub(crate) const FREEZES_THE_SECRET: Edit = edit("makes the Secret immutable", |world| {
    managed(world, Fate::Frozen)
});

fn managed(world: &mut World, fate: Fate) -> bool {
    let managed = world.seen.managed.as_mut();
    managed.is_some_and(|managed| becomes(&mut managed.fate, fate))
}

/// Whether this changes what stays.
fn becomes(fate: &mut Fate, other: Fate) -> bool {
    let changes = *fate == Fate::Stays;
    if changes {
        *fate = other;
    }
    changes
}

pub(crate) const BEGINS_TO_DELETE_THE_NEXT_KEY: Edit = edit(
    "deletes the Secret of the next key, which a finalizer holds",
    |world| {
        let staged = world.seen.staged.as_mut();
        staged.is_some_and(|staged| becomes(&mut staged.fate, Fate::Going))
    },
);

pub(crate) const BEGINS_TO_DELETE_FORMER_KEYS: Edit = edit(
    "deletes the Secret of former keys, which a finalizer holds",
    |world| previous(world, Fate::Going),
);

pub(crate) const FREEZES_FORMER_KEYS: Edit =
    edit("makes the Secret of former keys immutable", |world| {
        previous(world, Fate::Frozen)
    });

fn previous(world: &mut World, fate: Fate) -> bool {
    let Some(Previous::Ours(kept)) = &mut world.seen.previous else {
        return false;
    };
    becomes(&mut kept.fate, fate)
}

pub(crate) const TAKES_THE_FINALIZER_AWAY: Edit = edit(
    "takes the finalizer from what is being deleted",
    let_secrets_go,
);
