//! Crashes at each step of a creation and of a move, and what tools take away meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use sshkey_operator::api::{ArmId, Reason, sshkey::DeletionPolicy, status::Origin};

use super::acts::{
    azure, deleted, is_published, lose_hints, lose_status, named, names, put_away, rename, replace,
    rest,
};
use crate::world::{World, id};

/// What is lost after a crash.
type Loss = fn(&mut World);

const LOSSES: [(&str, Loss); 5] = [
    ("nothing", |_| ()),
    ("hints", lose_hints),
    ("status", lose_status),
    ("hints and finalizer", replace),
    ("all of them", |world| {
        replace(world);
        lose_status(world);
    }),
];

/// What only a list shows stays while the object has another place; nothing else does.
fn only_found_beside(world: &World, id: &ArmId, here: &str) {
    for place in &world.object.places {
        assert!(place.id == *id || place.origin == Origin::Found, "{here}");
    }
    let listed: BTreeSet<&ArmId> = world.object.places.iter().map(|place| &place.id).collect();
    assert_eq!(
        world.azure.keys().collect::<BTreeSet<_>>(),
        listed,
        "{here}"
    );
}

#[test]
fn a_creation_that_was_stopped_at_any_step_ends_with_one_key_whatever_is_lost() {
    for (lost, lose) in LOSSES {
        for stop in 0..5 {
            let here = format!("stopped before {stop}, lost: {lost}");
            let mut world = World::published();
            world.reconcile(stop);
            lose(&mut world);
            let at_once = put_away(world.clone());
            assert!(at_once.azure.is_empty(), "{here}");
            let world = world.settled();
            assert_eq!(
                (names(&world), world.generated.len()),
                (vec!["n.web"], 1),
                "{here}"
            );
            is_published(&world, &id(), &here);
            assert!(deleted(world).azure.is_empty(), "{here}");
        }
    }
}

#[test]
fn a_move_that_was_stopped_at_any_step_ends_in_one_place_or_takes_both_along() {
    for (lost, lose) in LOSSES {
        for stop in 0..6 {
            let here = format!("stopped before {stop}, lost: {lost}");
            let mut world = World::published().settled();
            rename(&mut world, "other");
            world.reconcile(stop);
            lose(&mut world);
            let at_once = put_away(world.clone());
            assert!(at_once.azure.is_empty(), "{here}");
            rest(&mut world);
            assert!(world.plan().is_settled(), "{here}");
            is_published(&world, &named("other"), &here);
            assert_eq!(world.generated.len(), 1, "{here}");
            only_found_beside(&world, &named("other"), &here);
            if lost != "all of them" {
                assert_eq!(names(&world), ["other"], "{here}");
            }
            assert!(deleted(world).azure.is_empty(), "{here}");
        }
    }
}

#[test]
fn a_list_that_lags_makes_no_place_forgotten() {
    for (lost, lose) in LOSSES {
        let mut world = World::published().settled();
        world.listed = Some(BTreeMap::new());
        rename(&mut world, "other");
        lose(&mut world);
        rest(&mut world);
        is_published(&world, &named("other"), lost);
        // Only a list can show the old place then, and this one shows it later.
        if lost == "all of them" {
            world.listed = None;
            lose_status(&mut world);
            rest(&mut world);
        } else {
            assert_eq!(names(&world), ["other"], "{lost}");
        }
        assert!(deleted(world).azure.is_empty(), "{lost}");
    }
}

#[test]
fn an_object_that_is_deleted_in_the_middle_of_a_move_leaves_neither_place_wherever_that_is_stopped()
{
    for stop in 0..6 {
        for again in 0..6 {
            let mut world = World::published().settled();
            rename(&mut world, "other");
            world.reconcile(stop);
            world.object.deleting_since = Some(crate::world::at(-1));
            world.reconcile(again);
            if !world.released {
                rest(&mut world);
            }
            assert!(world.released && world.azure.is_empty(), "{stop}, {again}");
        }
    }
}

#[test]
fn a_mind_that_changes_in_the_middle_of_a_move_ends_where_the_last_spec_says() {
    for (lost, lose) in LOSSES {
        for stop in 0..6 {
            let mut world = World::published().settled();
            rename(&mut world, "other");
            world.reconcile(stop);
            lose(&mut world);
            azure(&mut world).name = Some("third".into());
            rest(&mut world);
            let here = format!("stopped before {stop}, lost: {lost}");
            is_published(&world, &named("third"), &here);
            only_found_beside(&world, &named("third"), &here);
            if matches!(lost, "nothing" | "status") {
                assert_eq!(names(&world), ["third"], "{here}");
            }
            assert!(deleted(world).azure.is_empty(), "{here}");
        }
    }
}

/// A second operator makes a whole pass in the middle of a pass of the first.
#[test]
fn two_operators_make_one_key_in_one_place() {
    for between in 0..6 {
        let mut world = World::published();
        world.another_operator_before = Some(between);
        world.reconcile(usize::MAX);
        let world = world.settled();
        assert_eq!(
            (names(&world), world.generated.len()),
            (vec!["n.web"], 1),
            "{between}"
        );
        assert_eq!(world.violations, Vec::<String>::new(), "{between}");

        let mut moved = world.clone();
        rename(&mut moved, "other");
        moved.another_operator_before = Some(between);
        moved.reconcile(usize::MAX);
        let moved = moved.settled();
        assert_eq!(
            (names(&moved), moved.generated.len()),
            (vec!["other"], 1),
            "{between}"
        );
        assert_eq!(moved.violations, Vec::<String>::new(), "{between}");

        let mut gone = world;
        gone.object.deleting_since = Some(crate::world::at(-1));
        gone.another_operator_before = Some(between);
        gone.reconcile(usize::MAX);
        assert!(gone.released && gone.azure.is_empty(), "{between}");
    }
}

#[test]
fn a_seventeenth_place_is_refused_and_no_other_is_forgotten() {
    let mut world = World::published();
    azure(&mut world).deletion_policy = Some(DeletionPolicy::Retain);
    let mut world = world.settled();
    for number in 1..16 {
        rename(&mut world, &format!("x{number:02}"));
        world = world.settled();
    }
    assert_eq!((world.azure.len(), world.object.places.len()), (16, 16));
    rename(&mut world, "one-more");
    let before = world.azure.clone();
    rest(&mut world);
    assert_eq!(world.ready_reason(), Reason::TooManyPlaces);
    assert_eq!((&world.azure, world.object.places.len()), (&before, 16));
    // Once one of them is deleted in Azure, there is room.
    world.azure.remove(&named("x03"));
    rest(&mut world);
    assert_eq!(world.ready_reason(), Reason::UpToDate);
    is_published(&world, &named("one-more"), "there is room");
    assert_eq!(deleted(world).azure.len(), 16, "all are to be retained");
}
