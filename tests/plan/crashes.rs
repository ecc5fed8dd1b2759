//! A crash before every step of every life: the end is that of the undisturbed life, with one key.

use sshkey_operator::{
    api::sshkey::{self, CreationPolicy, DeletionPolicy},
    plan::SecretView,
};

use crate::world::{World, at, id};

fn quickstart() -> World {
    let mut world = World::published();
    world.groups.clear();
    let group = sshkey::ResourceGroup {
        name: None,
        creation_policy: Some(CreationPolicy::IfMissing),
    };
    let azure = world.spec.azure.as_mut().unwrap();
    azure.resource_group = Some(group);
    azure.tags = Some([("team".to_owned(), "web".to_owned())].into());
    world
}

/// Lives through `change` again and again, stopping before each step in turn, then to the end. Returns every end.
fn with_a_crash_before_each_step(start: &World, change: impl Fn(&mut World)) -> Vec<World> {
    let mut ends = Vec::new();
    for first in 0..8 {
        for second in 0..8 {
            let mut world = start.clone();
            change(&mut world);
            for stop in [first, second, usize::MAX] {
                if !world.released {
                    world.reconcile(stop);
                }
            }
            assert_eq!(
                world.violations,
                Vec::<String>::new(),
                "stopped before {first}, then {second}"
            );
            ends.push(world);
        }
    }
    ends
}

#[test]
fn creation_ends_with_one_key_whatever_crashes() {
    for end in with_a_crash_before_each_step(&quickstart(), |_| ()) {
        assert_eq!(end.generated.len(), 1);
        assert!(end.plan().is_settled());
        assert_eq!(
            end.azure[&id()].public_key.as_ref().ok(),
            end.generated.first()
        );
    }
}

#[test]
fn repair_ends_with_the_same_key_whatever_crashes() {
    let settled = quickstart().settled();
    let changes: [fn(&mut World); 4] = [
        |world| world.azure.clear(),
        |world| world.azure.get_mut(&id()).unwrap().tags.clear(),
        |world| {
            world.groups.clear();
            world.azure.clear();
        },
        |world| world.edit_secret(|facts| facts.labelled = false),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        for end in with_a_crash_before_each_step(&settled, change) {
            assert_eq!(end.generated.len(), 1);
            assert!(end.plan().is_settled(), "change {number}");
        }
    }
}

#[test]
fn deletion_leaves_nothing_whatever_crashes() {
    let mut world = quickstart();
    world.spec.secret = Some(sshkey::SecretSpec {
        deletion_policy: Some(DeletionPolicy::Delete),
        ..Default::default()
    });
    let settled = world.settled();
    for end in
        with_a_crash_before_each_step(&settled, |world| world.object.deleting_since = Some(at(-1)))
    {
        assert!(end.released && end.azure.is_empty() && end.secret == SecretView::Absent);
    }
}

#[test]
fn a_deletion_in_the_middle_of_creation_leaves_nothing_in_azure() {
    for stop in 0..8 {
        let mut world = quickstart();
        world.reconcile(stop);
        for end in with_a_crash_before_each_step(&world, |world| {
            world.object.deleting_since = Some(at(-1));
        }) {
            assert!(end.released || !end.object.has_finalizer);
            assert!(end.azure.is_empty());
        }
    }
}

#[test]
fn a_wiped_status_changes_nothing() {
    let mut world = quickstart().settled();
    world.status = sshkey_operator::api::SshKeyStatus::default();
    world.object.reported_fingerprint = None;
    assert!(world.step_names().is_empty());
    let world = world.settled();
    assert_eq!(world.generated.len(), 1);
}
