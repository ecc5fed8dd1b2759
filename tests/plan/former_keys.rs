//! Whether former keys go with their object.

use sshkey_operator::{
    api::sshkey::{self, DeletionPolicy},
    plan::{RotationSecret, SecretFacts, SecretView},
};

use crate::{
    deletion::deleting,
    rotation::ask,
    world::{World, transient},
};

/// One whose key was changed once, and that goes with its Secret.
fn rotated(world: World) -> World {
    let mut world = world.settled();
    ask(&mut world, "now");
    let mut world = world.settled();
    world.spec.secret = Some(sshkey::SecretSpec {
        deletion_policy: Some(DeletionPolicy::Delete),
        ..Default::default()
    });
    deleting(world)
}

#[test]
fn former_keys_go_with_the_secret_and_stay_with_one_that_stays() {
    let world = rotated(World::new());
    let end = ["DeletePreviousKeys", "DeleteSecret", "RemoveFinalizer"];
    assert_eq!(world.step_names(), end);
    let edits: [fn(&mut SecretFacts); 2] = [
        |facts| facts.owner_uid = Some("u2".into()),
        |facts| facts.is_well_formed = false,
    ];
    for edit in edits {
        let mut world = world.clone();
        world.edit_secret(edit);
        world.reconcile(usize::MAX);
        assert!(world.released && world.secret != SecretView::Absent);
        assert_eq!(world.former().len(), 1);
    }
}

#[test]
fn former_keys_stay_while_the_key_stays_in_azure() {
    let mut world = World::published();
    let azure = world.spec.azure.as_mut().unwrap();
    azure.deletion_policy = Some(DeletionPolicy::Retain);
    let mut world = rotated(world);
    world.reconcile(usize::MAX);
    assert!(world.released && world.secret != SecretView::Absent);
    assert_eq!((world.former().len(), world.azure.len()), (1, 1));
}

#[test]
fn former_keys_whose_secret_is_gone_already_go_if_they_name_this_object() {
    for (uid, left) in [("u1", 0), ("u0", 1)] {
        let mut world = rotated(World::new());
        world.secret = SecretView::Absent;
        if let RotationSecret::Ours(facts) = &mut world.previous {
            facts.is_exact = uid == world.object.uid;
        }
        world.reconcile(usize::MAX);
        assert!(world.released);
        assert_eq!(world.former().len(), left, "{uid}");
    }
}

#[test]
fn the_secrets_stay_where_azure_can_not_say_whether_the_key_stays() {
    let mut world = World::published();
    let azure = world.spec.azure.as_mut().unwrap();
    azure.deletion_policy = Some(DeletionPolicy::Retain);
    let mut world = rotated(world);
    world.azure_failure = Some(transient());
    world.reconcile(usize::MAX);
    assert!(world.released && world.secret != SecretView::Absent);
    assert_eq!(world.former().len(), 1);
}
