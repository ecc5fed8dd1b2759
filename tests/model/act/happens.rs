//! The world after a step.

use sshkey_operator::plan::{ObjectFacts, Outcome, RotationSecrets};

use crate::{
    act::deed::Deed,
    view::{
        keys::place_number,
        read_back::{self, places},
    },
    world::{By, FOREIGN, Fate, Former, Key, Slot, Status, World},
};

/// The world after what a step has left behind; `generates` says whether it made a key.
pub(crate) fn happens(world: &mut World, deed: Deed, generates: bool, outcome: &Outcome) {
    match outcome {
        Outcome::Object(facts) => object(world, deed, facts),
        Outcome::Secret(view) => {
            let is_new = world.seen.managed.is_none();
            world.seen.managed = read_back::managed(view);
            if let Some(managed) = world.seen.managed
                && let Some(key) = managed.key
            {
                world.past.made += u8::from(generates && is_new);
                world.past.use_as(managed.revision, key);
            }
        }
        Outcome::RotationSecrets(all) => beside(world, deed, all),
        Outcome::Custody(_, all) => {
            let is_new = world.seen.staged.is_none();
            beside(world, deed, all);
            world.past.made += u8::from(generates && is_new);
        }
        Outcome::Azure(id, view) => {
            let number = place_number(id);
            let slot = read_back::slot(view, By::Us).map(|slot| Slot {
                by: comes_by(world, slot, number),
                ..slot
            });
            world.change_azure(|azure| azure[number] = slot);
            if let Some((place, key)) = deed.publishes() {
                published(world, key);
                turn_back(world, place);
            }
        }
        Outcome::Released => world.change(|object| {
            object.metadata.finalizer = false;
            object.exists = false;
        }),
        other => panic!("{other:?} is no part of these worlds"),
    }
}

fn object(world: &mut World, deed: Deed, facts: &ObjectFacts) {
    world.change(|object| {
        if deed == Deed::Places {
            let mut status = object.own_status().copied().unwrap_or(Status {
                of: object.uid,
                ..Status::default()
            });
            status.places = places(&facts.places);
            object.status = Some(status);
        } else {
            object.metadata = read_back::metadata(facts);
        }
    });
}

/// How a key comes to be where it is now that it was written there: a tag says of one that was taken over what it was.
fn comes_by(world: &World, written: Slot, number: usize) -> By {
    match world.seen.azure[number] {
        Some(before) if written.adopted && before.by != By::Us => By::Adoption,
        _ => By::Us,
    }
}

/// A policy changes what was written to Azure before the answer is sent.
fn turn_back(world: &mut World, place: usize) {
    if world.policy
        && let Some(slot) = &mut world.seen.azure[place]
    {
        slot.key = FOREIGN;
    }
}

fn beside(world: &mut World, deed: Deed, all: &RotationSecrets) {
    let RotationSecrets::Read { staged, previous } = all else {
        return;
    };
    let before = world.seen.former();
    let uid = world.seen.object.uid;
    world.seen.staged = read_back::staged(staged);
    world.seen.previous = read_back::previous(previous, uid);
    if matches!(deed, Deed::Retires { .. }) {
        let is_gone = |former: &&Former| !world.seen.keeps(former.key);
        let gone: Vec<Key> = { before.all().iter() }
            .filter(is_gone)
            .map(|former| former.key)
            .collect();
        for key in gone {
            world.past.retired.add(key);
        }
    }
}

fn published(world: &mut World, key: u8) {
    world.past.published.add(key);
    let seen = &world.seen;
    let managed = seen.managed.filter(|managed| managed.key == Some(key));
    let staged = seen.staged.filter(|staged| staged.key == key);
    let revision = managed
        .map(|managed| managed.revision)
        .or_else(|| staged.map(|staged| staged.revision));
    if let Some(revision) = revision {
        world.past.use_as(revision, key);
    }
}

/// What was being deleted is gone.
pub(crate) fn let_secrets_go(world: &mut World) -> bool {
    let mut any = false;
    if let Some(managed) = world.seen.managed.filter(|it| it.fate == Fate::Going) {
        world.seen.managed = None;
        world.past.destroy(managed.key);
        any = true;
    }
    if let Some(staged) = world.seen.staged.filter(|it| it.fate == Fate::Going) {
        world.seen.staged = None;
        world.past.destroy(Some(staged.key));
        any = true;
    }
    if let Some(crate::world::Previous::Ours(kept)) = world.seen.previous
        && kept.fate == Fate::Going
    {
        world.seen.previous = None;
        for former in kept.keys.all() {
            world.past.destroy(Some(former.key));
        }
        any = true;
    }
    any
}
