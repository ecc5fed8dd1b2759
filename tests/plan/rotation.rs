//! Rotations, decided one by one: when one begins, in what order it goes, and what becomes of the old key.

use sshkey_operator::{
    api::{
        SshKeyStatus,
        output::{Output, PublicSecret},
        rotation::{Activation, KeepPrevious, Rotation},
        source::{self, Generate, Source},
    },
    keys::{Algorithm, PublicKey},
    plan::{EntryFact, RotationRecord, RotationSecret, SecretKey, Step},
};

use crate::world::{World, at, azure_key, id, key, mark, tags};

pub(crate) const HOUR: i64 = 3_600;

pub(crate) fn ask(world: &mut World, value: &str) {
    world.object.rotate_requested = Some(value.into());
}

pub(crate) fn rotating(rotation: Rotation) -> World {
    let mut world = World::published();
    world.spec.rotation = Some(rotation);
    world.settled()
}

pub(crate) fn activation(activation: Activation) -> Rotation {
    Rotation {
        activation: Some(activation),
        delay: (activation == Activation::Delayed).then(|| "1h".to_owned()),
        ..Rotation::default()
    }
}

fn every(every: &str) -> Rotation {
    Rotation {
        every: Some(every.into()),
        ..Rotation::default()
    }
}

pub(crate) fn published(world: &World) -> PublicKey {
    world.azure[&id()].public_key.clone().unwrap()
}

/// The steps that are taken until all is at rest, and their world.
fn life(world: &mut World) -> Vec<&'static str> {
    let mut names = Vec::new();
    for _ in 0..32 {
        let Some(next) = world.plan().steps.first().map(Step::name) else {
            break;
        };
        names.push(next);
        // Stops before the second.
        world.reconcile(1);
    }
    names
}

#[test]
fn a_rotation_goes_in_an_order_in_which_nothing_can_be_lost() {
    let mut world = World::published().settled();
    let first = world.current();
    ask(&mut world, "now");
    assert_eq!(
        life(&mut world),
        [
            "Record",
            "StageKey",
            "KeepPreviousKey",
            "UpdateAzureKey",
            "ActivateKey",
            "Record",
            "DateFormerKeys",
            "DropStagedKey"
        ]
    );
    assert_eq!(world.violations, Vec::<String>::new());
    assert_ne!(world.current(), first);
    assert_eq!(published(&world), world.current());
    assert_eq!(world.former()[0].public_key, first);
    assert_eq!(world.former()[0].retired_at, Some(at(0)));
    assert_eq!(world.revision(), 2);
    assert_eq!(world.generated.len(), 2);
    let world = world.settled();
    let rotation = world.status.rotation.clone().unwrap();
    assert_eq!((rotation.revision, rotation.previous.len()), (2, 1));
    assert!(rotation.pending.is_none());
}

#[test]
fn each_request_is_acted_upon_once_whatever_is_wiped() {
    let mut world = World::published().settled();
    for (revision, request) in [(2, "one"), (3, "two"), (3, "one"), (3, "two")] {
        ask(&mut world, request);
        world = world.settled();
        assert_eq!(world.revision(), revision, "{request}");
    }
    // Neither a wiped status, nor wiped records, nor a Secret from which all was wiped makes it new.
    world.status = Default::default();
    world.object.reported_fingerprint = None;
    world.object.reported_revision = None;
    world.object.rotation = RotationRecord::default();
    world = world.settled();
    world.edit_secret(|facts| {
        facts.request = None;
        facts.created_at = None;
    });
    let world = world.settled();
    assert_eq!(world.revision(), 3);
    assert_eq!(world.generated.len(), 3);
}

#[test]
fn a_request_that_comes_with_a_new_object_is_answered_by_its_first_key() {
    let mut world = World::published();
    ask(&mut world, "now");
    let world = world.settled();
    assert_eq!((world.revision(), world.generated.len()), (1, 1));
}

#[test]
fn a_key_is_rotated_by_age_once_however_long_nobody_looked() {
    let mut world = rotating(every("100h"));
    world.now = 89 * HOUR;
    assert!(world.plan().steps.is_empty());
    let wake = world.plan().wake_at.unwrap();
    assert!(wake > at(90 * HOUR) && wake <= at(100 * HOUR));
    world.now = 1_000 * HOUR;
    let mut world = world.settled();
    assert_eq!(world.revision(), 2);
    world.now += 89 * HOUR;
    assert_eq!(world.settled().revision(), 2);
}

#[test]
fn another_algorithm_or_size_rotates_and_what_is_left_open_does_not() {
    let generate = |algorithm, size| {
        Some(Source {
            generate: Some(Generate {
                algorithm,
                size,
                comment: None,
            }),
            ..Source::default()
        })
    };
    let mut world = World::published().settled();
    world.spec.source = generate(Some(source::Algorithm::Rsa), Some(2048));
    let mut world = world.settled();
    assert_eq!(world.current().algorithm(), Algorithm::Rsa);
    assert_eq!(world.former()[0].public_key.algorithm(), Algorithm::Ed25519);
    for open in [
        generate(Some(source::Algorithm::Rsa), None),
        generate(None, None),
        None,
    ] {
        world.spec.source = open;
        assert!(world.plan().steps.is_empty());
    }
    ask(&mut world, "now");
    let world = world.settled();
    assert_eq!((world.current().bits(), world.revision()), (2048, 3));
}

#[test]
fn former_keys_stay_as_long_as_their_number_or_their_age_keeps_them() {
    let keep = |count, min_duration: &str| Rotation {
        keep_previous: Some(KeepPrevious {
            count: Some(count),
            min_duration: Some(min_duration.into()),
        }),
        ..Rotation::default()
    };
    for (rotation, after_two, later) in [
        (keep(0, "0s"), 0, 0),
        (keep(1, "0s"), 1, 1),
        (keep(3, "0s"), 2, 2),
        (keep(0, "2h"), 2, 0),
        (keep(1, "2h"), 2, 1),
    ] {
        let mut world = rotating(rotation);
        for request in ["one", "two"] {
            ask(&mut world, request);
            world = world.settled();
        }
        assert_eq!(world.former().len(), after_two);
        world.now = 3 * HOUR;
        let world = world.settled();
        assert_eq!(world.former().len(), later);
        assert_eq!(world.previous == RotationSecret::Absent, later == 0);
    }
}

#[test]
fn what_another_operator_staged_too_late_does_not_take_over() {
    let mut world = World::published().settled();
    ask(&mut world, "now");
    let mut world = world.settled();
    let current = world.current();
    let late = key();
    world.object.rotation.may_have_secrets = true;
    world.staged = RotationSecret::Ours(Box::new(sshkey_operator::plan::StagedFacts {
        uid: "late".into(),
        resource_version: "1".into(),
        is_exact: true,
        revision: Some(2),
        request: Some("now".into()),
        created_at: Some(at(0)),
        pending_since: None,
        key: SecretKey::Readable(late.clone()),
        durability: sshkey_operator::plan::Durability::default(),
    }));
    world.azure.insert(id(), azure_key(&late, tags(&mark())));
    let world = world.settled();
    assert_eq!(
        (world.current(), published(&world)),
        (current.clone(), current)
    );
    // It was in Azure, so somebody may trust it.
    assert!(
        world
            .former()
            .iter()
            .any(|former| former.public_key == late)
    );
    assert_eq!(world.staged, RotationSecret::Absent);
}

#[test]
fn a_rotation_ends_the_same_wherever_it_is_stopped() {
    for first in 0..9 {
        for second in 0..9 {
            let mut world = World::published().settled();
            ask(&mut world, "now");
            for stop in [first, second, usize::MAX] {
                world.reconcile(stop);
            }
            let world = world.settled();
            assert_eq!(world.violations, Vec::<String>::new(), "{first}, {second}");
            assert_eq!((world.revision(), world.generated.len()), (2, 2));
            assert_eq!(published(&world), world.current());
            assert_eq!(world.former().len(), 1);
            assert_eq!(world.staged, RotationSecret::Absent);
        }
    }
}

#[test]
fn outputs_of_public_keys_show_the_next_and_the_former_keys_too() {
    let mut world = rotating(activation(Activation::Manual));
    let open = Output {
        name: "open".into(),
        public_secret: Some(PublicSecret {}),
        ..Output::default()
    };
    world.spec.outputs = Some(vec![open]);
    let mut world = world.settled();
    let first = world.current();
    let shown = |world: &World| match &world.outputs.values().next().unwrap().entries["authorized_keys"]
    {
        EntryFact::Keys(keys) => keys.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(shown(&world), std::slice::from_ref(&first));
    ask(&mut world, "now");
    let mut world = world.settled();
    let next = world.staged_key().unwrap();
    assert_eq!(shown(&world), [next.clone(), first.clone()]);
    world.object.activate = Some(next.fingerprint());
    let world = world.settled();
    assert_eq!(shown(&world), [next, first]);
}

#[test]
fn a_former_key_without_a_date_is_kept_and_dated() {
    let mut world = World::published().settled();
    ask(&mut world, "now");
    let mut world = world.settled();
    if let RotationSecret::Ours(facts) = &mut world.previous {
        facts.keys[0].retired_at = None;
    }
    world.now = 9_000 * HOUR;
    let world = world.settled();
    assert_eq!(world.former()[0].retired_at, Some(at(9_000 * HOUR)));
}

#[test]
fn the_times_of_a_status_are_those_that_the_api_server_gives_back() {
    let mut world = rotating(every("24h"));
    // The Secret records more than the whole seconds in which a status is written.
    let made = at(0) + jiff::SignedDuration::from_millis(123);
    world.edit_secret(|facts| facts.created_at = Some(made));
    let status = world.report().status;
    let text = serde_json::to_string(&status).unwrap();
    let read: SshKeyStatus = serde_json::from_str(&text).unwrap();
    assert_eq!(read, status);
    assert!(status.rotation.unwrap().next_rotation_time.is_some());
}
