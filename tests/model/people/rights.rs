//! Who refuses something for good, and relents.

use crate::{
    people::{Edit, edit},
    world::{Refusal, World},
};

pub(crate) const REFUSES_WRITES_IN_AZURE: Edit = edit("locks Azure against writes", |world| {
    refuse(world, Refusal::AzureWrites)
});

pub(crate) const REFUSES_DELETIONS_IN_AZURE: Edit =
    edit("locks Azure against deletions", |world| {
        refuse(world, Refusal::AzureDeletes)
    });

pub(crate) const REFUSES_FORMER_KEYS: Edit =
    edit("refuses writes to the Secret of former keys", |world| {
        refuse(world, Refusal::FormerKeys)
    });

pub(crate) const REFUSES_THE_SECRET: Edit = edit("refuses writes to the Secret", |world| {
    refuse(world, Refusal::ManagedSecret)
});

pub(crate) const REFUSES_THE_METADATA: Edit = edit("refuses writes to the object", |world| {
    refuse(world, Refusal::Metadata)
});

pub(crate) const TAKES_ALL_RIGHTS_AWAY: Edit = edit("takes the operator's rights away", |world| {
    refuse(world, Refusal::Everything)
});

pub(crate) const RELENTS: Edit = edit("relents", |world| {
    let refused = world.refuses.is_some();
    world.refuses = None;
    refused
});

fn refuse(world: &mut World, what: Refusal) -> bool {
    let is_new = world.refuses.is_none();
    world.refuses = world.refuses.or(Some(what));
    is_new
}
