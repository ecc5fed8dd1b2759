//! A private key that is lost, damaged, replaced or not restored yet: what makes another in its place, and what does not.

use sshkey_operator::{
    api::{
        Reason,
        rotation::{KeepPrevious, Rotation},
        sshkey::{RecoveryPolicy, SecretSpec},
    },
    plan::{RetireKeys, RotationSecret, RotationStep, SecretKey, SecretView, Step},
};

use crate::{
    rotation::{ask, published},
    world::{World, key, transient},
};

#[test]
fn a_stranger_in_the_place_of_the_key_is_not_reported_as_the_key() {
    let mut world = World::published().settled();
    let first = world.current();
    world.edit_secret(|facts| facts.key = SecretKey::Readable(key()));
    ask(&mut world, "now");
    world.azure_failure = Some(transient());
    world.reconcile(usize::MAX);
    let reported = world.status.fingerprint.clone();
    assert_eq!(reported, Some(first.fingerprint().to_string()));
    world.azure_failure = None;
    assert_eq!(world.settled().revision(), 2);
}

#[test]
fn a_former_key_that_can_not_be_read_does_not_go_with_the_last_that_can() {
    let mut world = World::published();
    world.spec.rotation = Some(Rotation {
        keep_previous: Some(KeepPrevious {
            count: Some(0),
            min_duration: Some("1h".into()),
        }),
        ..Rotation::default()
    });
    let mut world = world.settled();
    ask(&mut world, "now");
    let mut world = world.settled();
    if let RotationSecret::Ours(facts) = &mut world.previous {
        facts.is_damaged = true;
    }
    world.now = 7_200;
    let retires = world.plan().steps;
    let [Step::Rotation(RotationStep::RetireKeys(RetireKeys { kept, whole, .. }))] = &retires[..]
    else {
        panic!("{retires:?}")
    };
    assert!(kept.is_empty() && !whole);
}

#[test]
fn a_lost_key_is_made_anew_only_when_that_is_asked_for() {
    let losses: [fn(&mut World); 3] = [
        |world| world.secret = SecretView::Absent,
        |world| world.edit_secret(|facts| facts.key = SecretKey::Missing),
        |world| world.edit_secret(|facts| facts.key = SecretKey::Readable(key())),
    ];
    let ways: [fn(&mut World); 2] = [
        |world| ask(world, "now"),
        |world| {
            world.spec.secret = Some(SecretSpec {
                recovery_policy: Some(RecoveryPolicy::Regenerate),
                ..SecretSpec::default()
            });
        },
    ];
    for loss in losses {
        for way in ways {
            let mut world = World::published().settled();
            let first = world.current();
            loss(&mut world);
            assert!(world.step_names().is_empty());
            assert_eq!(published(&world), first);
            way(&mut world);
            let mut world = world.settled();
            assert_eq!(world.violations, Vec::<String>::new());
            assert_ne!(world.current(), first);
            assert_eq!(published(&world), world.current());
            assert_eq!((world.revision(), world.generated.len()), (2, 2));
            // Once.
            world.secret = SecretView::Absent;
            let regenerates = world.spec.secret.is_some();
            assert_eq!(world.step_names().is_empty(), !regenerates);
        }
    }
}

#[test]
fn a_stranger_in_the_place_of_the_key_is_kept_when_another_takes_over() {
    let mut world = World::published().settled();
    let stranger = key();
    world.edit_secret(|facts| facts.key = SecretKey::Readable(stranger.clone()));
    ask(&mut world, "now");
    let world = world.settled();
    assert_eq!(world.former()[0].public_key, stranger);
}

#[test]
fn a_secret_that_is_lost_in_a_rotation_is_made_anew_from_what_is_staged() {
    let mut world = World::published().settled();
    ask(&mut world, "now");
    world.reconcile(5);
    let next = world.staged_key().unwrap();
    assert_eq!(published(&world), next);
    world.secret = SecretView::Absent;
    let world = world.settled();
    assert_eq!((world.current(), world.generated.len()), (next, 2));
}

#[test]
fn an_object_that_was_restored_without_its_secret_makes_no_new_key() {
    let mut world = World::new().settled();
    world.secret = SecretView::Absent;
    world.status = Default::default();
    world.object.reported_fingerprint = None;
    world.object.recorded_uid = Some("another".into());
    let mut world = world.settled_but_for(Reason::PrivateKeyLost);
    assert_eq!(world.generated.len(), 1);
    let key = world.generated[0].clone();
    world.secret = SecretView::Present(Box::new(crate::world::secret(&key)));
    let world = world.settled();
    assert_eq!(world.object.recorded_uid.as_deref(), Some("u1"));
}
