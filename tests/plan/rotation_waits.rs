//! Rotations that wait: for a store, for a time, for a person, or for a name that another has.

use sshkey_operator::{
    api::{Reason, names::annotation, rotation::Activation},
    plan::RotationSecret,
};

use crate::{
    rotation::{HOUR, activation, ask, published, rotating},
    world::{World, at, key, transient},
};

#[test]
fn a_rotation_waits_for_a_store_that_fails_and_for_a_suspension_to_end() {
    let mut world = World::published().settled();
    ask(&mut world, "now");
    world.azure_failure = Some(transient());
    world.reconcile(usize::MAX);
    assert_eq!(world.staged, RotationSecret::Absent);
    assert_eq!(world.ready_reason(), Reason::AzureUnavailable);
    world.azure_failure = None;
    world.spec.suspend = true;
    world.reconcile(usize::MAX);
    assert_eq!(world.staged, RotationSecret::Absent);
    assert_eq!(world.ready_reason(), Reason::Suspended);
    world.spec.suspend = false;
    assert_eq!(world.settled().revision(), 2);
}

#[test]
fn a_store_that_fails_in_the_middle_keeps_both_keys() {
    let mut world = World::published().settled();
    let first = world.current();
    ask(&mut world, "now");
    world.reconcile(3);
    let next = world.staged_key().unwrap();
    world.azure_failure = Some(transient());
    world.reconcile(usize::MAX);
    assert_eq!(
        (world.current(), world.staged_key()),
        (first, Some(next.clone()))
    );
    world.azure_failure = None;
    let world = world.settled();
    assert_eq!((world.current(), world.generated.len()), (next, 2));
}

#[test]
fn a_delayed_key_is_published_and_waits_its_time() {
    let mut world = rotating(activation(Activation::Delayed));
    let first = world.current();
    ask(&mut world, "now");
    let mut world = world.settled();
    let next = world.staged_key().unwrap();
    assert_eq!((published(&world), world.current()), (next.clone(), first));
    assert_eq!(world.plan().wake_at, Some(at(HOUR)));
    let pending = world.status.rotation.clone().unwrap().pending.unwrap();
    assert_eq!(pending.fingerprint, next.fingerprint().to_string());
    assert_eq!(pending.activation_time.unwrap().0, at(HOUR));
    assert_eq!(world.ready_reason(), Reason::UpToDate);
    world.now = HOUR - 1;
    assert!(world.plan().steps.is_empty());
    world.now = HOUR;
    let world = world.settled();
    assert_eq!(world.current(), next);
    assert_eq!(world.former()[0].retired_at, Some(at(HOUR)));
}

#[test]
fn a_key_that_waits_for_a_person_takes_over_when_it_is_named() {
    let mut world = rotating(activation(Activation::Manual));
    let first = world.current();
    ask(&mut world, "now");
    let mut world = world.settled();
    let next = world.staged_key().unwrap();
    assert!(
        world
            .report()
            .ready
            .message
            .contains(&next.fingerprint().to_string())
    );
    world.object.activate = Some(first.fingerprint());
    assert!(world.plan().steps.is_empty(), "another fingerprint");
    // Asked for again while one waits: that is the next one's business.
    ask(&mut world, "again");
    assert!(world.plan().steps.is_empty());
    world.object.activate = Some(next.fingerprint());
    let world = world.settled();
    assert_eq!((world.current(), world.revision()), (next, 2));
    assert!(world.staged_key().is_some(), "the second one waits by now");
}

#[test]
fn an_activation_that_names_no_key_that_waits_is_told_and_one_of_before_is_not() {
    let mut world = rotating(activation(Activation::Manual));
    let first = world.current();
    ask(&mut world, "now");
    let mut world = world.settled();
    let is_told = |world: &World| world.report().ready.message.contains("no key that waits");
    world.object.activate = Some(first.fingerprint());
    assert!(!is_told(&world), "the current key's is an old request");
    world.object.activate = Some(key().fingerprint());
    assert!(is_told(&world), "{}", world.report().ready.message);
    world.object.activate = world.staged_key().map(|next| next.fingerprint());
    assert!(!is_told(&world.settled()));
}

#[test]
fn a_request_that_can_not_be_followed_is_told() {
    let mut world = World::published().settled();
    world.object.ignored_requests = vec![annotation::ACTIVATE, annotation::ROTATE_REQUESTED_AT];
    let message = world.report().ready.message;
    for told in [
        "sshkey-operator.io/activate is ignored: it is no fingerprint",
        "sshkey-operator.io/rotate-requested-at is ignored: it has more than 256 characters",
    ] {
        assert!(message.contains(told), "{message}");
    }
}

#[test]
fn a_name_that_is_somebody_elses_stops_the_rotation_and_nothing_else() {
    for staging in [true, false] {
        let mut world = World::published().settled();
        let (first, other) = (world.current(), Some("db".to_owned()));
        if staging {
            world.staged = RotationSecret::Foreign(other);
        } else {
            world.previous = RotationSecret::Foreign(other);
        }
        ask(&mut world, "now");
        let mut world = world.settled_but_for(Reason::SecretConflict);
        assert_eq!((world.current(), world.generated.len()), (first, 1));
        world.staged = RotationSecret::Absent;
        world.previous = RotationSecret::Absent;
        assert_eq!(world.settled().revision(), 2);
    }
}

#[test]
fn a_name_that_becomes_somebody_elses_in_the_middle_stops_it_there_and_says_so() {
    let mut world = World::published().settled();
    let first = world.current();
    ask(&mut world, "now");
    world.reconcile(3);
    assert!(world.staged_key().is_some());
    world.previous = RotationSecret::Foreign(None);
    let mut world = world.settled_but_for(Reason::SecretConflict);
    assert_eq!((world.current(), published(&world)), (first.clone(), first));
    world.previous = RotationSecret::Absent;
    assert_eq!(world.settled().revision(), 2);
}
