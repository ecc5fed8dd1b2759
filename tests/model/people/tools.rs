//! What tools and tenants do to the metadata and the status.

use crate::{
    people::{Edit, edit, heard},
    world::{By, Came, Few, Hinted, Listed, Metadata, NEVER_WANTED, PLACES, Status, World},
};

/// Not before a key that is not where it is wanted was reported: that, nobody finds. The manual says so.
pub(crate) const REPLACES_THE_OBJECT: Edit = edit("replaces the object by a manifest", |world| {
    let is_reported = world.seen.object.own_status().is_some();
    let wanted = world.seen.wanted();
    let is_elsewhere = (0..PLACES).any(|place| {
        place != wanted && world.seen.azure[place].is_some_and(|slot| slot.by == By::Us)
    });
    (is_reported || !is_elsewhere) && becomes(world, Metadata::default())
});

pub(crate) const APPLIES_AN_EXPORT: Edit = edit("applies an old export of the object", |world| {
    becomes(world, Metadata::when_ready())
});

/// The metadata becomes another one, and a replace by a manifest takes an open request along.
fn becomes(world: &mut World, metadata: Metadata) -> bool {
    let object = &world.seen.object;
    let metadata = Metadata {
        // Who deletes an object that is being put away does not bring it back.
        finalizer: metadata.finalizer || object.deleting,
        ..metadata
    };
    let changes = object.metadata != metadata;
    world.change(|object| object.metadata = metadata);
    changes
}

pub(crate) const WRITES_ANOTHERS_RECORDS: Edit =
    edit("writes the records of another object onto it", |world| {
        let metadata = Metadata {
            hints: only(NEVER_WANTED, Hinted::default()),
            may_have_secrets: true,
            handled: std::iter::once(9).collect(),
            ..world.seen.object.metadata
        };
        becomes(world, metadata)
    });

fn only<T: Copy>(place: usize, what: T) -> [Option<T>; PLACES] {
    let mut all = [None; PLACES];
    all[place] = Some(what);
    all
}

pub(crate) const FORGES_A_PLACE: Edit = edit(
    "writes a place of somebody else's into the status",
    |world| forge(world, Came::Created),
);

pub(crate) const FORGES_AN_ADOPTION: Edit = edit(
    "writes into the status that somebody else's key was adopted",
    |world| forge(world, Came::Adopted),
);

/// A role with `*` writes the status, too.
fn forge(world: &mut World, origin: Came) -> bool {
    let object = &world.seen.object;
    let before = object.status;
    let mut status = before.unwrap_or(Status {
        of: object.uid,
        ..Status::default()
    });
    status.places[NEVER_WANTED] = Some(Listed {
        is_leaving: false,
        origin,
        stays: false,
    });
    world.change(|object| object.status = Some(status));
    before != Some(status)
}

pub(crate) const RECORDS_ANOTHERS_UID: Edit =
    edit("writes the UID of a living twin onto the object", |world| {
        let metadata = Metadata {
            recorded_uid: Some(crate::world::TWIN),
            ..world.seen.object.metadata
        };
        becomes(world, metadata)
    });

pub(crate) const FORGETS_REQUESTS: Edit = edit("forgets which requests were answered", |world| {
    let metadata = Metadata {
        handled: Few::default(),
        may_have_secrets: false,
        ..world.seen.object.metadata
    };
    becomes(world, metadata)
});

pub(crate) const CLOSES_THE_STORE: Edit = heard("closes the store to the namespace", |world| {
    limits(world, crate::world::Store::Closed)
});

pub(crate) const TIGHTENS_THE_STORE: Edit = heard("takes away the leave to name keys", |world| {
    limits(world, crate::world::Store::Narrow)
});

pub(crate) const OPENS_THE_STORE: Edit = heard("opens the store again", |world| {
    limits(world, crate::world::Store::Wide)
});

fn limits(world: &mut World, store: crate::world::Store) -> bool {
    let changes = world.seen.store != store;
    world.seen.store = store;
    changes
}
