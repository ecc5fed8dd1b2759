//! An operator that was brought up to date or rolled back, and definitions that are older than it.

use sshkey_operator::{
    api::{Reason, status::Origin},
    plan::{SecretView, Step, parse_records, records_json},
};

use super::acts::{
    adopted, deleted, is_published, lose_status, named, names, rename, replace, rest, rested,
};
use crate::{
    rotation::ask,
    world::{World, id, key},
};

/// What an operator left that knew neither places nor namespaces of owners: the object, its Secret and its key.
fn from_before(mut world: World) -> World {
    world.edit_secret(|facts| facts.owner_namespace = None);
    let mut status = world.status.clone();
    status.recorded_for = None;
    if let Some(azure) = &mut status.azure {
        azure.places = Vec::new();
    }
    world.status_is(status);
    for there in world.azure.values_mut() {
        there.tags.remove("sshkey-operator-adopted");
    }
    world
}

#[test]
fn what_an_older_operator_left_is_taken_over_by_a_patch_and_a_status() {
    let theirs = key();
    for (what, before) in [
        ("without Azure", World::new().settled()),
        ("published", World::published().settled()),
        ("adopted", adopted(&theirs)),
    ] {
        let mut world = from_before(before.clone());
        let (azure, writes) = (world.azure.clone(), world.writes);
        let taken = world.pass(usize::MAX).unwrap();
        let taken: Vec<&str> = taken.iter().map(Step::name).collect();
        assert_eq!(taken, ["RepairSecret"], "{what}");
        assert_eq!(world.writes - writes, 2, "{what}");
        let world = world.settled();
        assert_eq!(world.writes - writes, 2, "{what}");
        assert_eq!(world.azure, azure, "{what}");
        assert_eq!(world.object.places, before.object.places, "{what}");
        let stays = usize::from(what == "adopted");
        assert_eq!(deleted(world).azure.len(), stays, "{what}");
    }
}

#[test]
fn what_an_older_operator_left_is_taken_over_in_whatever_state_it_is() {
    for (what, act) in [
        (
            "a move is asked for",
            (|world| rename(world, "other")) as fn(&mut World),
        ),
        ("a rotation is asked for", |world| ask(world, "now")),
        ("replaced", replace),
        ("the status is lost", lose_status),
    ] {
        let mut world = from_before(World::published().settled());
        act(&mut world);
        let world = world.settled();
        assert_eq!(world.azure.len(), 1, "{what}");
        assert_eq!(world.object.places.len(), 1, "{what}");
        assert_eq!(world.object.recorded_uid.as_deref(), Some("u1"), "{what}");
        assert!(deleted(world).azure.is_empty(), "{what}");
    }
}

/// The older operator reads the hints, and writes a status without what it does not know.
#[test]
fn a_rollback_finds_the_hints_as_they_were_and_places_are_rebuilt_from_marks_after_it() {
    for (what, before) in [
        ("created", World::published().settled()),
        ("adopted", adopted(&key())),
    ] {
        let hints = before.object.hints.clone().unwrap();
        let text = records_json(&hints);
        assert!(
            !text.contains("phase") && !text.contains("origin"),
            "{text}"
        );
        assert_eq!(parse_records(Some(&text)).unwrap(), hints, "{what}");

        let mut world = before.clone();
        let mut status = world.status.clone();
        status.azure.as_mut().unwrap().places = Vec::new();
        status.recorded_for = None;
        world.status_is(status);
        // It moved the key meanwhile.
        let mut moved = world.clone();
        let world = world.settled();
        assert_eq!(world.azure, before.azure, "{what}");
        assert_eq!(world.object.places, before.object.places, "{what}");
        let origin = world.object.places[0].origin;
        assert_eq!(origin == Origin::Adopted, what == "adopted");

        if what == "created" {
            let there = moved.azure.remove(&id()).unwrap();
            moved.azure.insert(named("other"), there);
            let mut hint = hints[0].clone();
            hint.id = named("other");
            moved.object.hints = Ok(vec![hint]);
            let moved = rested(moved);
            assert_eq!(names(&moved), ["other"], "{what}");
            is_published(&moved, &named("other"), what);
            assert!(deleted(moved).azure.is_empty(), "{what}");
        }
    }
}

#[test]
fn with_definitions_that_keep_no_places_nothing_is_published_and_nothing_is_lost() {
    let mut new = World::published();
    new.crd_is_outdated = true;
    rest(&mut new);
    assert_eq!(new.ready_reason(), Reason::CrdOutdated);
    assert!(new.azure.is_empty());
    assert_ne!(
        new.secret,
        SecretView::Absent,
        "its key is made all the same"
    );
    new.crd_is_outdated = false;
    let new = new.settled();
    is_published(&new, &id(), "brought up to date");

    for (what, act) in [
        ("as it is", (|_| ()) as fn(&mut World)),
        ("a move is asked for", |world| rename(world, "other")),
        ("a rotation is asked for", |world| ask(world, "now")),
        ("its mark is gone", |world| {
            world.azure.get_mut(&id()).unwrap().tags.clear();
        }),
    ] {
        let mut world = World::published().settled();
        world.crd_is_outdated = true;
        act(&mut world);
        let there = world.azure.clone();
        rest(&mut world);
        assert_eq!(world.ready_reason(), Reason::CrdOutdated, "{what}");
        assert_eq!(world.azure, there, "{what}");
        assert!(deleted(world).azure.is_empty(), "{what}");
    }
}
