//! What an operator hears: the answer to a step, or what it reads before one.

use sshkey_operator::plan::{Freshness, Outcome, Place};

use crate::{
    view::{Mind, keys::place_number},
    world::{Seen, World},
};

/// The operator hears what is there after its step.
pub(crate) fn tell(world: &World, mind: &mut Mind, outcome: &Outcome) {
    let there = &world.seen;
    match outcome {
        Outcome::Object(_) | Outcome::Released => {
            mind.seen.object = there.object;
            mind.live = true;
        }
        Outcome::Secret(_) => mind.seen.managed = there.managed,
        Outcome::RotationSecrets(_) => {
            mind.seen.staged = there.staged;
            mind.seen.previous = there.previous;
            mind.looked = true;
        }
        Outcome::Custody(..) => {
            // What is beside the managed Secret and was not looked at is not known after it either.
            mind.seen.previous = there.previous.filter(|_| mind.looked);
            mind.seen.managed = there.managed;
            mind.seen.staged = there.staged;
            mind.looked = true;
        }
        Outcome::Azure(id, _) => {
            let number = place_number(id);
            mind.seen.azure[number] = there.azure[number];
            mind.known[number] = Some(Freshness::Written);
        }
        other => panic!("{other:?} is no part of these worlds"),
    }
}

/// An operator reads what its next step rests on; `false` when the object is another than it saw, so that it begins again.
pub(crate) fn read(seen: &Seen, mind: &mut Mind, place: &Place) -> bool {
    match place {
        Place::Object => {
            let (is, was) = (&seen.object, &mind.seen.object);
            if is.wanted != was.wanted
                || is.deleting != was.deleting
                || is.uid != was.uid
                || !is.exists
            {
                return false;
            }
            mind.seen.object = seen.object;
            mind.live = true;
        }
        Place::Azure(id) => {
            let number = place_number(id);
            mind.seen.azure[number] = seen.azure[number];
            mind.known[number] = Some(Freshness::Live);
        }
        Place::RotationSecrets => {
            mind.looked = true;
            mind.seen.staged = seen.staged;
            mind.seen.previous = seen.previous;
        }
    }
    true
}
