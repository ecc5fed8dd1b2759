//! An object that is made again under its name, from Git or from a backup, goes on with its key.

use sshkey_operator::{
    api::{Reason, sshkey::DeletionPolicy, status::Origin},
    plan::{SecretView, takes_up_secret},
};

use super::acts::{
    deleted, is_published, make_again, mark_of, named, names, put_stranger, rename, rest, rested,
    restore,
};
use crate::{
    rotation::ask,
    world::{World, id, tags},
};

fn retained() -> World {
    let mut world = World::published();
    super::acts::azure(&mut world).deletion_policy = Some(DeletionPolicy::Retain);
    world
}

#[test]
fn an_object_that_is_made_again_from_git_goes_on_with_the_retained_secret() {
    for (what, first, is_forced) in [
        ("without Azure", World::new(), false),
        ("its key went from Azure", World::published(), false),
        ("its key stayed in Azure", retained(), false),
        ("it vanished by force", World::published(), true),
    ] {
        let first = first.settled();
        let key = first.current();
        let mut world = if is_forced { first } else { deleted(first) };
        make_again(&mut world, "u2");
        assert!(
            takes_up_secret(&world.desired(), &world.observed()),
            "{what}: it is told"
        );
        let world = world.settled();
        assert_eq!((world.current(), world.generated.len()), (key, 1), "{what}");
        assert_eq!(world.ready_reason(), Reason::UpToDate, "{what}");
        if world.spec.azure.is_some() {
            assert_eq!(names(&world), ["n.web"], "{what}");
            is_published(&world, &id(), what);
        }
        let stays = world.azure.len() * usize::from(what == "its key stayed in Azure");
        assert_eq!(deleted(world).azure.len(), stays, "{what}");
    }
}

#[test]
fn an_object_that_is_made_again_ends_the_same_wherever_it_is_stopped() {
    for first in 0..6 {
        for second in 0..6 {
            let mut world = World::published().settled();
            let key = world.current();
            make_again(&mut world, "u2");
            world.reconcile(first);
            world.reconcile(second);
            let world = world.settled();
            let here = format!("stopped before {first}, then {second}");
            assert_eq!((world.current(), world.generated.len()), (key, 1), "{here}");
            is_published(&world, &id(), &here);
            assert!(deleted(world).azure.is_empty(), "{here}");
        }
    }
}

#[test]
fn a_request_from_history_does_not_rotate_the_key_that_a_new_object_takes_up() {
    for first in 0..6 {
        let mut world = World::published().settled();
        for request in ["one", "two"] {
            ask(&mut world, request);
            world = world.settled();
        }
        let (key, generated) = (world.current(), world.generated.len());
        make_again(&mut world, "u2");
        ask(&mut world, "one");
        world.reconcile(first);
        let mut world = rested(world.settled());
        let here = format!("stopped before {first}");
        assert_eq!(world.current(), key, "{here}");
        assert_eq!(world.generated.len(), generated, "{here}");
        ask(&mut world, "three");
        let world = world.settled();
        assert_ne!(world.current(), key, "{here}: it can be asked for again");
    }
}

#[test]
fn a_request_after_the_first_record_of_a_new_object_is_its_own() {
    for asked_before in [None, Some("one")] {
        let mut world = World::published().settled();
        make_again(&mut world, "u2");
        world.object.rotate_requested = asked_before.map(Into::into);
        world.reconcile(1);
        assert!(!takes_up_secret(&world.desired(), &world.observed()));
        ask(&mut world, "two");
        let world = world.settled();
        assert_eq!(world.generated.len(), 2, "{asked_before:?}");
        assert_eq!(world.ready_reason(), Reason::UpToDate);
    }
}

#[test]
fn an_object_that_is_made_again_in_the_middle_of_a_rotation_ends_that_wherever_it_is_stopped() {
    for is_restored in [false, true] {
        for (first, second) in (0..8).flat_map(|first| (0..5).map(move |second| (first, second))) {
            let backup = World::published().settled();
            let mut world = backup.clone();
            ask(&mut world, "one");
            world.reconcile(first);
            if is_restored {
                restore(&mut world, &backup, "u2");
            } else {
                make_again(&mut world, "u2");
            }
            world.object.rotate_requested = None;
            world.reconcile(second);
            let world = rested(world);
            let here = format!("restored: {is_restored}, stopped before {first}, then {second}");
            assert_eq!(world.ready_reason(), Reason::UpToDate, "{here}");
            assert_eq!(
                world.staged_key(),
                None,
                "{here}: the next key waits for nobody"
            );
            is_published(&world, &id(), &here);
            assert!(deleted(world).azure.is_empty(), "{here}");
        }
    }
}

#[test]
fn without_the_secret_of_its_predecessor_an_object_makes_no_key_over_the_one_in_azure() {
    let mut world = World::published().settled();
    let before = world.azure.clone();
    make_again(&mut world, "u2");
    world.secret = SecretView::Absent;
    let world = rested(world);
    assert_eq!(world.ready_reason(), Reason::PrivateKeyLost);
    assert_eq!((&world.azure, world.generated.len()), (&before, 1));
    let world = deleted(world);
    assert_eq!(
        world.azure, before,
        "nothing proves that it is this object's"
    );
}

#[test]
fn a_restore_in_place_goes_on_with_the_same_key_place_and_former_keys() {
    let mut rotated = World::published().settled();
    ask(&mut rotated, "now");
    for (what, before) in [
        ("new", World::published().settled()),
        ("rotated", rotated.settled()),
    ] {
        for stop in [0, 1, 2, 3, 4, usize::MAX] {
            let mut world = before.clone();
            restore(&mut world, &before, "u2");
            world.reconcile(stop);
            let world = world.settled();
            let here = format!("{what}, stopped before {stop}");
            assert_eq!(world.current(), before.current(), "{here}");
            assert_eq!(world.former(), before.former(), "{here}");
            assert_eq!(world.generated.len(), before.generated.len(), "{here}");
            assert_eq!(world.object.recorded_uid.as_deref(), Some("u2"), "{here}");
            is_published(&world, &id(), &here);
            assert!(deleted(world).azure.is_empty(), "{here}");
        }
    }
}

#[test]
fn a_restore_from_before_a_move_finds_the_key_where_it_moved_to_and_takes_it_along() {
    let backup = World::published().settled();
    for (what, spec_is_new) in [("spec from before", false), ("spec of now", true)] {
        let mut world = backup.clone();
        rename(&mut world, "other");
        let mut world = world.settled();
        let key = world.current();
        assert_eq!(names(&world), ["other"], "{what}");
        let spec = world.spec.clone();
        restore(&mut world, &backup, "u2");
        if spec_is_new {
            world.spec = spec;
        }
        let world = rested(world);
        assert_eq!((world.current(), world.generated.len()), (key, 1), "{what}");
        assert_eq!(world.ready_reason(), Reason::UpToDate, "{what}");
        if spec_is_new {
            assert_eq!(names(&world), ["other"], "{what}");
            is_published(&world, &named("other"), what);
        } else {
            // What only a list shows stays while the object has another place.
            assert_eq!(names(&world), ["n.web", "other"], "{what}");
            is_published(&world, &id(), what);
            let mut places = world.object.places.iter();
            let found = places.find(|place| place.id == named("other"));
            assert_eq!(found.map(|place| place.origin), Some(Origin::Found));
        }
        assert!(deleted(world).azure.is_empty(), "{what}");
    }
}

/// Both clusters see one Azure.
#[test]
fn a_restored_twin_takes_the_key_over_and_the_first_takes_nothing_back() {
    let mut first = World::published().settled();
    let key = first.current();
    let mut second = first.clone();
    restore(&mut second, &first, "u2");
    let mut second = second.settled();
    is_published(&second, &id(), "the second");

    // The first still lives: it leaves the key alone, now and when it goes.
    first.azure = second.azure.clone();
    first.strangers.insert(id());
    let first = rested(first);
    assert_eq!(first.ready_reason(), Reason::AzureKeyConflict);
    assert_eq!(
        (first.current(), &first.azure),
        (key.clone(), &second.azure)
    );
    let first = deleted(first);

    // Once it is gone, the second goes on as before.
    second.azure = first.azure.clone();
    let second = second.settled();
    assert_eq!((second.current(), second.generated.len()), (key, 1));
    assert!(deleted(second).azure.is_empty());
}

#[test]
fn a_twin_without_records_leaves_the_key_of_the_living_one_alone() {
    let first = World::published().settled();
    // A template was copied to a second cluster with the same ID: there is nothing else there.
    let mut twin = World::published();
    twin.object.uid = "u2".into();
    put_stranger(&mut twin, &id(), &first.current(), tags(&mark_of("u1")));
    let before = twin.azure.clone();
    let twin = rested(twin);
    assert_eq!(twin.ready_reason(), Reason::PrivateKeyLost);
    // Even with a key of its own.
    let mut other = World::published();
    other.object.uid = "u2".into();
    let mut other = other.settled();
    other.azure.clear();
    put_stranger(&mut other, &id(), &first.current(), tags(&mark_of("u1")));
    rest(&mut other);
    assert_eq!(other.ready_reason(), Reason::AzureKeyConflict);
    for world in [twin, other] {
        assert_eq!(deleted(world).azure, before);
    }
}

#[test]
fn a_restore_into_another_namespace_is_an_object_of_its_own() {
    let first = World::published().settled();
    for (what, has_secret) in [("with its Secret", true), ("without it", false)] {
        let mut world = first.clone();
        world.strangers.insert(id());
        restore(&mut world, &first, "u2");
        world.namespace = "m".into();
        if !has_secret {
            world.secret = SecretView::Absent;
        }
        rest(&mut world);
        let reason = if has_secret {
            Reason::SecretConflict
        } else {
            // The records are those of another object, so nothing is lost, and a key of its own is made.
            Reason::UpToDate
        };
        assert_eq!(world.ready_reason(), reason, "{what}");
        assert_eq!(world.azure[&id()], first.azure[&id()], "{what}");
        let kept = world.secret.clone();
        let world = deleted(world);
        assert_eq!(world.azure, first.azure, "{what}: only the first's is left");
        assert_eq!(world.secret, kept, "{what}");
    }
}

#[test]
fn the_mark_of_a_predecessor_on_another_key_is_a_conflict() {
    let mut world = World::published().settled();
    make_again(&mut world, "u2");
    let theirs = crate::world::key();
    put_stranger(&mut world, &id(), &theirs, tags(&mark_of("u1")));
    let before = world.azure.clone();
    let world = rested(world);
    assert_eq!(world.ready_reason(), Reason::AzureKeyConflict);
    assert_eq!(world.azure, before);
    assert_eq!(deleted(world).azure, before);
}
