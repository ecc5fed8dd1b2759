//! Annotations that are wiped, old, another object's, rubbish or too large change nothing and block nothing.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{Reason, status::Origin},
    plan::{AzureRecord, RotationRecord, parse_records, records_json, strange_hints},
};

use super::acts::{
    another_mark, ask_for_output, deleted, is_published, lose_hints, lose_status, named, names,
    place, put_stranger, rename, rest,
};
use crate::world::{World, id, key, tags};

const MANY: usize = 1_050;

/// What a tool or a person makes of the hints of a settled object.
type Damage = fn(&mut World);

const DAMAGES: [(&str, Damage); 7] = [
    ("wiped", lose_hints),
    ("rubbish", |world| hint_text(world, "{}{")),
    ("no list", |world| hint_text(world, r#"{"id": "x"}"#)),
    ("1,050 records", |world| {
        let many = (0..MANY).map(|number| place(named(&format!("x{number}")), Origin::Created));
        let text = records_json(&many.collect::<Vec<_>>());
        hint_text(world, &text);
    }),
    ("from before the move", |world| {
        world.object.hints = Ok(vec![place(named("older"), Origin::Created)]);
    }),
    ("another object's", |world| {
        world.object.hints = Ok(theirs());
        world.object.recorded_uid = Some("u9".into());
    }),
    ("another object's beside its own", |world| {
        let mut hints = world.object.hints.clone().unwrap();
        hints.extend(theirs());
        world.object.hints = Ok(hints);
    }),
];

fn hint_text(world: &mut World, text: &str) {
    world.object.hints = parse_records(Some(text));
}

fn theirs() -> Vec<AzureRecord> {
    ["marked", "unmarked", "same"]
        .map(|name| place(named(name), Origin::Created))
        .into()
}

/// Keys of others: under their mark, without one, and with the public key of this object.
fn put_strangers(world: &mut World) {
    let ours = world.current();
    put_stranger(world, &named("marked"), &key(), tags(&another_mark()));
    put_stranger(world, &named("unmarked"), &key(), BTreeMap::new());
    put_stranger(world, &named("same"), &ours, BTreeMap::new());
}

fn with_output() -> World {
    let mut world = World::published();
    ask_for_output(&mut world, "pem");
    let mut world = world.settled();
    put_strangers(&mut world);
    world
}

#[test]
fn a_hint_that_is_missing_or_spoiled_changes_nothing_is_told_and_is_put_back() {
    for (what, damage) in DAMAGES {
        let before = with_output();
        let mut world = before.clone();
        damage(&mut world);
        assert!(strange_hints(&world.observed()).is_some(), "{what}");
        rest(&mut world);
        assert_eq!(world.azure, before.azure, "{what}");
        assert_eq!(world.ready_reason(), Reason::UpToDate, "{what}");
        assert_eq!(world.object.hints, before.object.hints, "{what}");
        assert_eq!(world.object.outputs, before.object.outputs, "{what}");
        assert_eq!(world.object.recorded_uid.as_deref(), Some("u1"), "{what}");
        assert_eq!(world.current(), before.current(), "{what}");
        assert_eq!(strange_hints(&world.observed()), None, "{what}");
    }
}

#[test]
fn an_object_whose_hints_are_spoiled_when_it_is_deleted_takes_its_own_along_and_nothing_else() {
    for (what, damage) in DAMAGES {
        for is_wiped in [false, true] {
            let mut world = with_output();
            damage(&mut world);
            if is_wiped {
                lose_status(&mut world);
            }
            let world = deleted(world);
            let left = names(&world);
            assert_eq!(left, ["marked", "same", "unmarked"], "{what}, {is_wiped}");
        }
    }
}

#[test]
fn spoiled_hints_and_a_wiped_status_together_lose_no_key() {
    for (what, damage) in DAMAGES {
        let before = with_output();
        let mut world = before.clone();
        damage(&mut world);
        lose_status(&mut world);
        rest(&mut world);
        assert_eq!(world.azure, before.azure, "{what}");
        assert_eq!(world.ready_reason(), Reason::UpToDate, "{what}");
        assert_eq!(
            (world.current(), world.generated.len()),
            (before.current(), 1)
        );
        is_published(&world, &id(), what);
        assert_eq!(deleted(world).azure.len(), 3, "{what}");
    }
}

#[test]
fn spoiled_hints_bring_no_move_off_its_way() {
    for (what, damage) in DAMAGES {
        for stop in 0..6 {
            let mut world = World::published().settled();
            put_strangers(&mut world);
            rename(&mut world, "other");
            world.reconcile(stop);
            damage(&mut world);
            let world = world.settled();
            let here = format!("{what}, stopped before {stop}");
            assert_eq!(
                names(&world),
                ["marked", "other", "same", "unmarked"],
                "{here}"
            );
            is_published(&world, &named("other"), &here);
            assert_eq!(deleted(world).azure.len(), 3, "{here}");
        }
    }
}

#[test]
fn spoiled_records_of_rotations_rotate_nothing_again() {
    for (what, text) in [
        ("missing", None),
        ("rubbish", Some("}{")),
        (
            "another's",
            Some(r#"{"companions":true,"handled":["other"]}"#),
        ),
    ] {
        let mut world = World::published().settled();
        crate::rotation::ask(&mut world, "once");
        let mut world = world.settled();
        let key = world.current();
        world.object.rotation = RotationRecord::parse(text);
        let world = world.settled();
        assert_eq!((world.current(), world.revision()), (key, 2), "{what}");
        assert_eq!(world.former().len(), 1, "{what}");
    }
}
