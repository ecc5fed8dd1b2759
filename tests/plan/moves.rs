//! A key that shall be somewhere else: created there first, then deleted where it was; in another location of the same
//! name only when that was asked for.

use sshkey_operator::{
    api::{
        ArmId, Reason,
        sshkey::{DeletionPolicy, ReplacePolicy, ResourceGroup},
    },
    plan::{ObjectStep, Record, Step},
};

use crate::world::{World, at, azure_key, id, key, tags};

fn named(name: &str) -> ArmId {
    ArmId {
        name: name.to_owned(),
        ..id()
    }
}

fn rename(world: &mut World, name: &str) {
    world.spec.azure.as_mut().unwrap().name = Some(name.to_owned());
}

pub(crate) fn relocate(world: &mut World, policy: Option<ReplacePolicy>) {
    let azure = world.spec.azure.as_mut().unwrap();
    azure.location = Some("northeurope".into());
    azure.replace_policy = policy;
}

#[test]
fn a_new_name_is_created_before_the_old_one_is_deleted() {
    let mut world = World::published().settled();
    rename(&mut world, "other");
    assert_eq!(
        world.step_names(),
        ["Record", "RecordPlaces", "PublishKey", "DeleteAzureKey"]
    );
    let Step::Object(ObjectStep::Record(Record { records, .. })) = &world.plan().steps[0] else {
        panic!("the first step records")
    };
    assert_eq!(records.len(), 2, "both places are recorded on the way");
    let world = world.settled();
    assert_eq!(world.azure.keys().collect::<Vec<_>>(), [&named("other")]);
    assert_eq!(world.object.hints.unwrap().len(), 1);
}

#[test]
fn a_new_group_moves_the_key_too_and_what_is_left_open_again_stays_where_it_is() {
    let mut world = World::published().settled();
    world.groups.insert("h".into());
    let azure = world.spec.azure.as_mut().unwrap();
    azure.resource_group = Some(ResourceGroup {
        name: Some("h".into()),
        creation_policy: None,
    });
    let mut world = world.settled();
    let moved = ArmId {
        resource_group: "h".into(),
        ..id()
    };
    assert_eq!(world.azure.keys().collect::<Vec<_>>(), [&moved]);
    world.spec.azure.as_mut().unwrap().resource_group = None;
    assert!(world.step_names().is_empty(), "what was recorded sticks");
}

#[test]
fn nothing_is_taken_away_while_the_new_place_can_not_be_had() {
    let mut world = World::published().settled();
    rename(&mut world, "taken");
    let theirs = azure_key(&key(), Default::default());
    world.azure.insert(named("taken"), theirs.clone());
    let world = world.settled_but_for(Reason::AzureKeyConflict);
    assert_eq!(world.azure.len(), 2);
    assert_eq!(world.azure[&named("taken")], theirs);
}

/// One that has adopted a key, and moved on to another name.
fn adopted_and_moved() -> World {
    let mut world = World::published();
    let theirs = azure_key(&key(), Default::default());
    world.azure.insert(id(), theirs);
    let azure = world.spec.azure.as_mut().unwrap();
    azure.conflict_policy = Some(sshkey_operator::api::sshkey::AzureConflictPolicy::Adopt);
    let mut world = world.settled();
    rename(&mut world, "other");
    world.settled()
}

#[test]
fn a_key_that_was_taken_over_stays_behind_when_its_object_moves_on() {
    assert_eq!(adopted_and_moved().azure.len(), 2);
}

#[test]
fn to_delete_the_key_is_meant_for_the_place_that_the_spec_asks_for() {
    let mut world = adopted_and_moved();
    world.spec.azure.as_mut().unwrap().deletion_policy = Some(DeletionPolicy::Delete);
    world.object.deleting_since = Some(at(-1));
    world.reconcile(usize::MAX);
    assert!(world.released);
    assert_eq!(world.azure.keys().collect::<Vec<_>>(), [&id()]);
}

#[test]
fn to_delete_the_key_is_meant_for_no_other_place_while_the_wanted_one_can_not_be_said() {
    for (policy, left) in [
        (DeletionPolicy::Retain, vec![id(), named("other")]),
        (DeletionPolicy::Delete, vec![id()]),
    ] {
        let mut world = adopted_and_moved();
        let azure = world.spec.azure.as_mut().unwrap();
        azure.deletion_policy = Some(policy);
        let tag = |number: usize| (format!("tag-{number}"), "x".to_owned());
        azure.tags = Some((0..46).map(tag).collect());
        assert!(world.desired().azure.unwrap().target.is_err());
        world.object.deleting_since = Some(at(-1));
        world.reconcile(usize::MAX);
        assert!(world.released, "{policy:?}");
        assert_eq!(world.azure.into_keys().collect::<Vec<_>>(), left);
    }
}

#[test]
fn another_location_is_refused_unless_the_key_may_be_made_anew() {
    for policy in [None, Some(ReplacePolicy::Refuse)] {
        let mut world = World::published().settled();
        relocate(&mut world, policy);
        let before = world.azure.clone();
        let world = world.settled_but_for(Reason::LocationConflict);
        assert_eq!(world.azure, before);
    }
    let mut world = World::published().settled();
    let first = world.generated.clone();
    relocate(&mut world, Some(ReplacePolicy::Recreate));
    assert_eq!(
        world.step_names(),
        ["Record", "DeleteAzureKey", "PublishKey"]
    );
    let world = world.settled();
    assert_eq!(world.azure[&id()].location, "northeurope");
    assert_eq!(world.generated, first, "it is the same key");
}

#[test]
fn a_stranger_in_another_location_is_never_deleted() {
    let mut world = World::published();
    let mut theirs = azure_key(&key(), Default::default());
    theirs.location = "southindia".into();
    world.azure.insert(id(), theirs.clone());
    relocate(&mut world, Some(ReplacePolicy::Recreate));
    let world = world.settled_but_for(Reason::AzureKeyConflict);
    assert_eq!(world.azure[&id()], theirs);
}

#[test]
fn whatever_crashes_on_the_way_no_key_is_left_behind() {
    let changes: [fn(&mut World); 3] = [
        |world| rename(world, "other"),
        |world| relocate(world, Some(ReplacePolicy::Recreate)),
        |world| world.spec.azure.as_mut().unwrap().tags = Some([("a".into(), "b".into())].into()),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        for back in [false, true] {
            for first in 0..8 {
                for second in 0..8 {
                    let mut world = World::published().settled();
                    let before = world.spec.clone();
                    change(&mut world);
                    world.reconcile(first);
                    if back {
                        // Changed one's mind in the middle.
                        world.spec = before;
                        world.spec.azure.as_mut().unwrap().replace_policy =
                            Some(ReplacePolicy::Recreate);
                    }
                    world.reconcile(second);
                    let mut world = world.settled();
                    let here = format!("change {number}, stopped before {first}, then {second}");
                    assert_eq!(world.violations, Vec::<String>::new(), "{here}");
                    assert_eq!(world.azure.len(), 1, "{here}");
                    assert_eq!(world.generated.len(), 1, "{here}");
                    world.object.deleting_since = Some(at(-1));
                    world.reconcile(usize::MAX);
                    assert!(world.released && world.azure.is_empty(), "{here}");
                }
            }
        }
    }
}

#[test]
fn the_old_place_goes_as_it_was_recorded_to_go() {
    let mut world = World::published();
    world.spec.azure.as_mut().unwrap().deletion_policy = Some(DeletionPolicy::Retain);
    let mut world = world.settled();
    rename(&mut world, "other");
    let world = world.settled();
    assert_eq!(world.azure.len(), 2, "it was to be retained");
    assert!(world.azure[&id()].tags.len() >= tags(&crate::world::mark()).len());
}

#[test]
fn no_key_leaves_azure_while_its_successor_can_not_come() {
    let mut moved = World::published().settled();
    rename(&mut moved, "other");
    let mut recreated = World::published().settled();
    relocate(&mut recreated, Some(ReplacePolicy::Recreate));
    for (world, refused) in [
        (&moved, "Record"),
        (&moved, "RecordPlaces"),
        (&moved, "PublishKey"),
        (&recreated, "Record"),
    ] {
        let mut world = world.clone();
        let before = world.azure.clone();
        world.refuses = Some(refused);
        world.reconcile(usize::MAX);
        assert_eq!(world.azure, before, "without {refused}");
        world.refuses = None;
        let world = world.settled();
        assert_eq!(world.azure.len(), 1, "once {refused} is allowed again");
    }
}
