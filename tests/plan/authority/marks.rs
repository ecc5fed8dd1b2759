//! Tags in Azure that are stripped, renamed or copied.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{Reason, sshkey::AzureConflictPolicy, status::Origin},
    keys::PublicKey,
    plan::SecretView,
};

use super::acts::{
    another_mark, azure, deleted, is_published, lose_hints, lose_status, mark_of, named, names,
    place, put_stranger, rename, replace, rest, rested,
};
use crate::world::{World, azure_key, id, key, mark, tags};

type Tags = BTreeMap<String, String>;

fn tags_there(world: &mut World) -> &mut Tags {
    &mut world.azure.get_mut(&id()).unwrap().tags
}

fn without(mut tags: Tags, name: &str) -> Tags {
    tags.remove(name);
    tags
}

fn with(mut tags: Tags, name: &str, value: &str) -> Tags {
    tags.insert(name.to_owned(), value.to_owned());
    tags
}

/// An output of the mark under the names that a policy gives to tags.
fn renamed(rename: impl Fn(&str) -> String) -> Tags {
    let own = tags(&mark()).into_iter();
    own.map(|(name, value)| (rename(&name), value)).collect()
}

/// What is left of the mark on our key, and whether it is still this object's.
fn strips() -> Vec<(&'static str, Tags, bool)> {
    let own = tags(&mark());
    vec![
        ("all stripped", Tags::new(), true),
        (
            "the UID stripped",
            without(own.clone(), "sshkey-operator-uid"),
            true,
        ),
        (
            "the object stripped",
            without(own.clone(), "sshkey-operator-object"),
            true,
        ),
        ("other letters", renamed(str::to_uppercase), true),
        ("other names", renamed(|name| format!("corp-{name}")), true),
        (
            "another cluster",
            with(own.clone(), "sshkey-operator-cluster", "d"),
            false,
        ),
        (
            "a UID that nothing vouches for",
            with(own.clone(), "sshkey-operator-uid", "u7"),
            false,
        ),
        (
            "a part of another's",
            with(Tags::new(), "sshkey-operator-object", "db"),
            false,
        ),
    ]
}

#[test]
fn a_mark_that_was_stripped_is_put_back_and_one_that_became_anothers_is_left_alone() {
    for (what, there, is_ours) in strips() {
        for is_replaced in [false, true] {
            let mut world = World::published().settled();
            tags_there(&mut world).clone_from(&there);
            if !is_ours {
                world.strangers.insert(id());
            }
            if is_replaced {
                replace(&mut world);
            }
            let at_once = super::acts::put_away(world.clone());
            assert_eq!(at_once.azure.is_empty(), is_ours, "{what}, {is_replaced}");
            rest(&mut world);
            if is_ours {
                assert_eq!(world.ready_reason(), Reason::UpToDate, "{what}");
                is_published(&world, &id(), what);
            } else {
                assert_eq!(world.ready_reason(), Reason::AzureKeyConflict, "{what}");
                assert_eq!(world.azure[&id()].tags, there, "{what}");
            }
            assert_eq!(world.generated.len(), 1, "{what}");
            assert_eq!(deleted(world).azure.is_empty(), is_ours, "{what}");
        }
    }
}

/// With neither mark nor status nothing tells our key from one that another has uploaded.
#[test]
fn a_stripped_key_that_no_status_vouches_for_is_a_conflict_and_stays() {
    for hints_too in [false, true] {
        let mut world = World::published().settled();
        tags_there(&mut world).clear();
        world.strangers.insert(id());
        lose_status(&mut world);
        if hints_too {
            lose_hints(&mut world);
        }
        let before = world.azure.clone();
        assert_eq!(deleted(world.clone()).azure, before);
        rest(&mut world);
        assert_eq!(world.ready_reason(), Reason::AzureKeyConflict);
        let mut asked = world.clone();
        assert_eq!(deleted(world).azure, before);
        // Who asks for it has it taken over.
        asked.strangers.clear();
        azure(&mut asked).conflict_policy = Some(AzureConflictPolicy::AdoptMatching);
        let asked = asked.settled();
        is_published(&asked, &id(), "taken over");
        assert_eq!(names(&deleted(asked)), ["n.web"], "it was there before");
    }
}

/// While the Secret is away nothing is done about a key without a mark, and its place is not forgotten.
#[test]
fn a_stripped_key_goes_on_when_its_secret_comes_back_from_a_backup() {
    let mut world = World::published().settled();
    let before = world.azure.clone();
    let secret = std::mem::replace(&mut world.secret, SecretView::Absent);
    tags_there(&mut world).clear();
    rest(&mut world);
    assert_eq!(world.ready_reason(), Reason::PrivateKeyLost);
    assert_eq!(world.azure[&id()].tags, Tags::new());
    world.secret = secret;
    let world = world.settled();
    assert_eq!(world.azure, before);
    assert!(deleted(world).azure.is_empty());
}

#[test]
fn another_key_in_the_place_of_one_that_lost_its_mark_is_not_this_objects() {
    let mut world = World::published().settled();
    put_stranger(&mut world, &id(), &key(), Tags::new());
    let before = world.azure.clone();
    let world = rested(world);
    assert_eq!(world.ready_reason(), Reason::AzureKeyConflict);
    assert_eq!(deleted(world).azure, before);
}

#[test]
fn a_mark_that_was_copied_to_a_second_key_gives_no_right_to_that() {
    for (what, act) in [
        ("settled", (|_| ()) as fn(&mut World)),
        ("replaced", replace),
        ("status lost", lose_status),
        ("hints lost", lose_hints),
    ] {
        let mut world = World::published().settled();
        put_stranger(&mut world, &named("second"), &key(), tags(&mark()));
        act(&mut world);
        let before = world.azure.clone();
        let at_once = super::acts::put_away(world.clone());
        assert_eq!(names(&at_once), ["second"], "{what}");
        rest(&mut world);
        assert_eq!(world.ready_reason(), Reason::UpToDate, "{what}");
        assert_eq!(world.azure, before, "{what}");
        let mut moved = world.clone();
        rename(&mut moved, "other");
        let moved = moved.settled();
        assert_eq!(names(&moved), ["other", "second"], "{what}");
        assert_eq!(names(&deleted(moved)), ["second"], "{what}");
        assert_eq!(names(&deleted(world)), ["second"], "{what}");
    }
}

/// It is the whole key that was copied, with its mark: only a list shows it.
#[test]
fn a_copy_of_key_and_mark_stays_while_the_object_lives_and_goes_with_it() {
    let mut world = World::published().settled();
    let copy = world.azure[&id()].clone();
    world.azure.insert(named("second"), copy);
    rest(&mut world);
    assert_eq!(world.ready_reason(), Reason::UpToDate);
    assert_eq!(names(&world), ["n.web", "second"]);
    let mut places = world.object.places.iter();
    let found = places.find(|place| place.id == named("second")).unwrap();
    assert_eq!(found.origin, Origin::Found);
    let hints = world.object.hints.clone().unwrap();
    assert_eq!(hints.len(), 1, "what only a list shows is in no hint");

    // Another key in its place is not this object's, whatever mark it carries.
    let mut changed = world.clone();
    put_stranger(&mut changed, &named("second"), &key(), tags(&mark()));
    let at_once = deleted(changed.clone());
    assert_eq!(names(&at_once), ["second"]);
    assert_eq!(names(&deleted(rested(changed))), ["second"]);

    // It takes no room from what was made: a move goes to its place, and the copy stays.
    let mut moved = world.clone();
    rename(&mut moved, "other");
    let moved = moved.settled();
    assert_eq!(names(&moved), ["other", "second"]);
    assert!(deleted(moved).azure.is_empty());
    assert!(deleted(world).azure.is_empty());
}

#[test]
fn what_only_lists_show_displaces_no_place_and_lets_nothing_grow() {
    let mut world = World::published().settled();
    let copy = world.azure[&id()].clone();
    for number in 0..40 {
        world
            .azure
            .insert(named(&format!("copy{number:02}")), copy.clone());
    }
    let world = rested(world);
    assert_eq!(world.object.places.len(), 16);
    let mut places = world.object.places.iter();
    assert!(places.any(|place| place.id == id()));
    assert_eq!(world.ready_reason(), Reason::UpToDate);
    let left = deleted(world).azure;
    assert!(!left.contains_key(&id()));
}

/// Every mark but the object's own, on the object's own key at the place that the status names.
#[test]
fn a_place_under_another_whole_mark_is_never_written_or_deleted() {
    let ours = |world: &World| -> PublicKey { world.current() };
    for theirs in [another_mark(), mark_of("u7")] {
        for (what, act) in [
            ("settled", (|_| ()) as fn(&mut World)),
            ("replaced", replace),
            ("status lost", lose_status),
            ("adopted, says the status", |world| {
                let mut status = world.status.clone();
                let place = place(id(), Origin::Adopted).to_status();
                status.azure.as_mut().unwrap().places = vec![place];
                world.status_is(status);
            }),
            ("adopting", |world| {
                azure(world).conflict_policy = Some(AzureConflictPolicy::Adopt);
            }),
        ] {
            let mut world = World::published().settled();
            let key = azure_key(&ours(&world), tags(&theirs));
            world.azure.insert(id(), key);
            world.strangers.insert(id());
            act(&mut world);
            let before = world.azure.clone();
            rest(&mut world);
            assert_eq!(world.ready_reason(), Reason::AzureKeyConflict, "{what}");
            assert_eq!(deleted(world).azure, before, "{what}");
        }
    }
}
