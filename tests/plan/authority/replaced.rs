//! A tool replaces the object, or applies an old export of it: what the status knows is not lost, and nothing of another's
//! is touched.

use sshkey_operator::{
    api::{OutputKind, OutputRef, Reason, sshkey::DeletionPolicy, status::Origin},
    plan::strange_hints,
};

use super::acts::{
    adopted, apply_export, ask_for_output, azure, deleted, is_published, lose_status, named, names,
    put_away, rename, replace, rested, team,
};
use crate::world::{World, id, key};

/// What a tool does: to an object that is settled, with an export from before it came to be so.
type Tool = fn(&mut World, &World);

/// Every tool that puts older metadata in the place of what is there, and not the spec.
const TOOLS: [(&str, Tool); 3] = [
    ("replaced", |world, _| replace(world)),
    ("an export applied", |world, export| {
        let spec = world.spec.clone();
        apply_export(world, export);
        world.spec = spec;
    }),
    (
        "replaced, and the export applied after that",
        |world, export| {
            let spec = world.spec.clone();
            replace(world);
            world.reconcile(1);
            apply_export(world, export);
            world.spec = spec;
        },
    ),
];

fn output(name: &str) -> OutputRef {
    OutputRef {
        kind: OutputKind::Secret,
        name: name.to_owned(),
    }
}

#[test]
fn a_replaced_object_goes_on_without_a_write_to_azure_and_takes_its_key_along() {
    for (tool, act) in TOOLS {
        let export = World::published().settled();
        let mut world = export.clone();
        act(&mut world, &export);
        if world.object.hints.as_ref().unwrap().is_empty() {
            assert!(strange_hints(&world.observed()).is_some(), "{tool}");
        }
        let before = world.azure.clone();
        let plan = world.step_names();
        assert!(
            plan.iter().all(|step| *step == "Record"),
            "{tool}: {plan:?}"
        );
        let world = world.settled();
        assert_eq!(world.azure, before, "{tool}");
        assert_eq!(world.object.hints, export.object.hints, "{tool}");
        assert_eq!(strange_hints(&world.observed()), None, "{tool}");
        assert_eq!(world.generated.len(), 1, "{tool}");
        assert!(deleted(world).azure.is_empty(), "{tool}");
    }
}

#[test]
fn a_replaced_object_that_is_deleted_at_once_is_put_away_with_its_key_and_outputs() {
    for (tool, act) in TOOLS {
        let mut export = World::published();
        ask_for_output(&mut export, "pem");
        let export = export.settled();
        for moves in [false, true] {
            let mut world = export.clone();
            act(&mut world, &export);
            if moves {
                rename(&mut world, "other");
            }
            let world = put_away(world);
            assert!(world.azure.is_empty() && world.outputs.is_empty(), "{tool}");
        }
    }
}

#[test]
fn a_replace_that_moves_the_key_leaves_it_at_the_new_place_alone_wherever_it_is_stopped() {
    for (tool, act) in TOOLS {
        for first in 0..6 {
            for second in [0, 1, 2, usize::MAX] {
                let export = World::published().settled();
                let mut world = export.clone();
                act(&mut world, &export);
                rename(&mut world, "other");
                world.reconcile(first);
                // The tool comes again in the middle.
                act(&mut world, &export);
                rename(&mut world, "other");
                world.reconcile(second);
                let world = world.settled();
                let here = format!("{tool}, stopped before {first}, then {second}");
                assert_eq!(names(&world), ["other"], "{here}");
                is_published(&world, &named("other"), &here);
                assert_eq!(world.generated.len(), 1, "{here}");
                assert_eq!(world.violations, Vec::<String>::new(), "{here}");
                assert!(deleted(world).azure.is_empty(), "{here}");
            }
        }
    }
}

#[test]
fn an_export_from_before_a_move_moves_the_key_back_and_leaves_nothing_where_it_was() {
    for stop in 0..8 {
        let export = World::published().settled();
        let mut world = export.clone();
        rename(&mut world, "other");
        let mut world = world.settled();
        apply_export(&mut world, &export);
        azure(&mut world).name = Some("n.web".into());
        world.reconcile(stop);
        let world = world.settled();
        assert_eq!(names(&world), ["n.web"], "stopped before {stop}");
        is_published(&world, &id(), "moved back");
        assert_eq!(world.generated.len(), 1, "stopped before {stop}");
        assert!(deleted(world).azure.is_empty(), "stopped before {stop}");
    }
}

/// What the spec leaves open is filled in from where the key is, whatever the hints of an export say.
#[test]
fn an_export_that_leaves_the_name_open_moves_nothing() {
    let export = World::published().settled();
    let mut world = export.clone();
    rename(&mut world, "other");
    let mut world = world.settled();
    apply_export(&mut world, &export);
    let world = world.settled();
    assert_eq!(names(&world), ["other"]);
    assert!(deleted(world).azure.is_empty());
}

#[test]
fn a_replace_without_azure_takes_the_key_out_of_azure() {
    for (tool, act) in TOOLS {
        let export = World::published().settled();
        let mut world = export.clone();
        act(&mut world, &export);
        world.spec.azure = None;
        let world = world.settled();
        assert!(world.azure.is_empty(), "{tool}");
        assert_eq!(world.current(), export.current(), "{tool}");
        assert_eq!(world.object.places, Vec::new(), "{tool}");
    }
}

#[test]
fn a_replace_with_other_outputs_takes_the_old_ones_away() {
    for (tool, act) in TOOLS {
        let export = World::published().settled();
        let mut world = export.clone();
        ask_for_output(&mut world, "one");
        let mut world = world.settled();
        assert_eq!(world.status.outputs.len(), 1, "{tool}");
        act(&mut world, &export);
        world.spec.outputs = None;
        ask_for_output(&mut world, "two");
        let world = world.settled();
        let there: Vec<&OutputRef> = world.outputs.keys().collect();
        assert_eq!(there, [&output("two")], "{tool}");
        assert!(deleted(world).outputs.is_empty(), "{tool}");
    }
}

#[test]
fn an_adopted_key_stays_in_azure_when_its_object_is_deleted_after_a_replace() {
    let theirs = key();
    for (tool, act) in TOOLS {
        for is_wiped in [false, true] {
            let mut export = World::published();
            super::acts::lose_status(&mut export);
            let mut world = adopted(&theirs);
            export.spec = world.spec.clone();
            act(&mut world, &export);
            if is_wiped {
                // Only the tag on the key says that it was there before.
                lose_status(&mut world);
            }
            let mut at_once = world.clone();
            // The export asks for it no more.
            azure(&mut at_once).conflict_policy = None;
            let at_once = put_away(at_once);
            assert_eq!(names(&at_once), ["n.web"], "{tool}, wiped: {is_wiped}");

            let world = rested(world);
            let here = format!("{tool}, wiped: {is_wiped}");
            is_published(&world, &id(), &here);
            assert_eq!(world.object.places[0].origin, Origin::Adopted, "{here}");
            let world = deleted(world);
            assert_eq!(names(&world), ["n.web"], "{here}");
            let (tag, value) = team();
            assert_eq!(world.azure[&id()].tags.get(&tag), Some(&value), "{here}");
        }
    }
}

#[test]
fn where_witnesses_disagree_over_an_adopted_key_it_stays() {
    for origin in [Origin::Created, Origin::Found] {
        let mut world = adopted(&key());
        let mut status = world.status.clone();
        let place = &mut status.azure.as_mut().unwrap().places[0];
        place.origin = origin;
        place.deletion_policy = DeletionPolicy::Delete;
        world.status_is(status);
        assert_eq!(names(&deleted(world)), ["n.web"], "{origin:?}");
    }
    // The spec goes before all of them.
    let mut world = adopted(&key());
    azure(&mut world).deletion_policy = Some(DeletionPolicy::Delete);
    let world = world.settled();
    assert!(deleted(world).azure.is_empty());
}

#[test]
fn an_adopted_key_stays_behind_when_a_replace_moves_its_object() {
    let theirs = key();
    for (tool, act) in TOOLS {
        let mut world = adopted(&theirs);
        let export = world.clone();
        act(&mut world, &export);
        rename(&mut world, "other");
        let world = world.settled();
        assert_eq!(names(&world), ["n.web", "other"], "{tool}");
        assert_eq!(world.ready_reason(), Reason::UpToDate, "{tool}");
        assert_eq!(names(&deleted(world)), ["n.web"], "{tool}");
    }
}
