//! A status that is wiped, restored, of another UID, or forged.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{
        ArmId, Reason, SshKeyStatus,
        sshkey::ResourceGroup,
        status::{AzureStatus, Origin},
    },
    keys::PublicKey,
    plan::{SecretKey, SecretView},
};

use super::acts::{
    another_mark, ask_for_output, azure, deleted, is_published, lose_hints, lose_status, named,
    names, place, put_stranger, rename, replace, rest, rested,
};
use crate::{
    rotation::ask,
    tenants::{limit, tenant},
    world::{World, id, key, tags},
};

/// Changes the status as whoever may write it does.
pub(super) fn forge(world: &mut World, edit: impl FnOnce(&mut SshKeyStatus)) {
    let mut status = world.status.clone();
    edit(&mut status);
    world.status_is(status);
}

pub(super) fn places(status: &mut SshKeyStatus) -> &mut AzureStatus {
    status.azure.get_or_insert_default()
}

#[test]
fn a_wiped_status_is_written_again_without_a_write_to_azure() {
    for (what, act) in [
        ("the status alone", (|_| ()) as fn(&mut World)),
        ("hints too", lose_hints),
        ("the finalizer too", replace),
    ] {
        let mut before = World::published();
        ask_for_output(&mut before, "pem");
        let before = before.settled();
        let mut world = before.clone();
        lose_status(&mut world);
        act(&mut world);
        let at_once = super::acts::put_away(world.clone());
        assert!(at_once.azure.is_empty(), "{what}");
        rest(&mut world);
        assert_eq!(world.azure, before.azure, "{what}");
        assert_eq!(world.object.places, before.object.places, "{what}");
        assert_eq!(world.status.outputs, before.status.outputs, "{what}");
        assert_eq!(world.current(), before.current(), "{what}");
        let world = deleted(world);
        assert!(world.azure.is_empty() && world.outputs.is_empty(), "{what}");
    }
}

#[test]
fn a_status_from_before_a_move_brings_no_old_place_back_and_loses_no_new_one() {
    for (what, act) in [
        ("the status alone", (|_| ()) as fn(&mut World)),
        ("hints lost", lose_hints),
        ("replaced", replace),
    ] {
        let before = World::published().settled();
        let mut world = before.clone();
        rename(&mut world, "other");
        let mut world = world.settled();
        world.status_is(before.status.clone());
        act(&mut world);
        let at_once = super::acts::put_away(world.clone());
        assert!(at_once.azure.is_empty(), "{what}");
        let world = rested(world);
        assert_eq!(names(&world), ["other"], "{what}");
        is_published(&world, &named("other"), what);
        assert_eq!(world.object.places.len(), 1, "{what}");
        assert!(deleted(world).azure.is_empty(), "{what}");
    }
}

/// Only a list of that group can show it: the groups of the store are searched while metadata and status do not agree.
#[test]
fn a_key_that_moved_to_another_group_is_found_there_when_status_and_metadata_are_from_before() {
    for (what, act) in [
        ("hints lost", lose_hints as fn(&mut World)),
        ("replaced", replace),
    ] {
        let mut before = tenant();
        limit(&mut before, |tenants| {
            tenants.resource_groups = Some(vec!["h".into()]);
        });
        before.groups.insert("h".into());
        let before = before.settled();
        let moved_to = ArmId {
            resource_group: "h".into(),
            ..id()
        };
        let mut world = before.clone();
        azure(&mut world).resource_group = Some(ResourceGroup {
            name: Some("h".into()),
            creation_policy: None,
        });
        let mut world = world.settled();
        assert_eq!(
            world.azure.keys().collect::<Vec<_>>(),
            [&moved_to],
            "{what}"
        );
        world.status_is(before.status.clone());
        world.spec = before.spec.clone();
        act(&mut world);
        let at_once = super::acts::put_away(world.clone());
        assert!(at_once.azure.is_empty(), "{what}");
        let world = rested(world);
        assert_eq!(world.ready_reason(), Reason::UpToDate, "{what}");
        is_published(&world, &id(), what);
        let mut places = world.object.places.iter();
        let found = places.find(|place| place.id == moved_to);
        assert_eq!(
            found.map(|place| place.origin),
            Some(Origin::Found),
            "{what}"
        );
        assert!(deleted(world).azure.is_empty(), "{what}");
    }
}

#[test]
fn a_status_of_another_uid_says_nothing() {
    let mut world = World::published().settled();
    let key_there = key();
    put_stranger(&mut world, &named("theirs"), &key_there, BTreeMap::new());
    forge(&mut world, |status| {
        status.recorded_for = Some("u9".into());
        let theirs = place(named("theirs"), Origin::Adopted).to_status();
        places(status).places.push(theirs);
        status.fingerprint = Some(key_there.fingerprint().to_string());
    });
    let before = world.azure.clone();
    let world = rested(world);
    assert_eq!(world.ready_reason(), Reason::UpToDate);
    assert_eq!(world.azure, before);
    assert_eq!(world.status.recorded_for.as_deref(), Some("u1"));
    assert_eq!(names(&deleted(world)), ["theirs"]);
}

/// Places that a Role with `*` lets a person write into the status.
#[test]
fn a_forged_status_reaches_no_key_of_anothers() {
    type Made = fn(&World) -> PublicKey;
    let made: [(&str, Made, BTreeMap<String, String>); 3] = [
        ("under another mark", |_| key(), tags(&another_mark())),
        (
            "under another mark with our key",
            World::current,
            tags(&another_mark()),
        ),
        ("without a mark", |_| key(), BTreeMap::new()),
    ];
    for (what, of, marks) in made {
        for origin in [Origin::Created, Origin::Found] {
            let mut world = World::published().settled();
            let there = of(&world);
            put_stranger(&mut world, &named("theirs"), &there, marks.clone());
            forge(&mut world, |status| {
                let theirs = place(named("theirs"), origin).to_status();
                places(status).places.push(theirs);
            });
            let here = format!("{what}, {origin:?}");
            let at_once = deleted(world.clone());
            assert_eq!(names(&at_once), ["theirs"], "{here}");

            // It is wanted there, or nowhere.
            let mut moved = world.clone();
            rename(&mut moved, "theirs");
            rest(&mut moved);
            assert_eq!(moved.ready_reason(), Reason::AzureKeyConflict, "{here}");
            assert_eq!(names(&deleted(moved)), ["theirs"], "{here}");
            let mut unpublished = world.clone();
            unpublished.spec.azure = None;
            assert_eq!(names(&rested(unpublished)), ["theirs"], "{here}");

            let world = rested(world);
            assert_eq!(world.ready_reason(), Reason::UpToDate, "{here}");
            let listed: Vec<_> = world.object.places.iter().map(|place| &place.id).collect();
            assert_eq!(listed, [&id()], "{here}");
            assert_eq!(names(&deleted(world)), ["theirs"], "{here}");
        }
    }
}

/// With the Secret there, without it, and with a Secret that holds another key.
#[test]
fn a_forged_fingerprint_makes_no_key_of_anothers_this_objects() {
    for (what, act) in [
        ("the Secret is there", (|_| ()) as fn(&mut World)),
        ("the Secret is gone", |world| {
            world.secret = SecretView::Absent;
        }),
        ("another key is in the Secret", |world| {
            world.edit_secret(|facts| facts.key = SecretKey::Readable(key()));
        }),
        ("a rotation is asked for", |world| {
            world.secret = SecretView::Absent;
            ask(world, "now");
        }),
    ] {
        let theirs = key();
        let mut world = World::published().settled();
        put_stranger(&mut world, &named("theirs"), &theirs, BTreeMap::new());
        act(&mut world);
        forge(&mut world, |status| {
            status.fingerprint = Some(theirs.fingerprint().to_string());
            let listed = place(named("theirs"), Origin::Created).to_status();
            places(status).places.push(listed);
        });
        let at_once = deleted(world.clone());
        assert_eq!(names(&at_once), ["theirs"], "{what}");
        let stranger = world.azure[&named("theirs")].clone();
        rest(&mut world);
        assert_eq!(world.azure[&named("theirs")], stranger, "{what}");
        let world = deleted(world);
        assert_eq!(names(&world), ["theirs"], "{what}");
    }
}
