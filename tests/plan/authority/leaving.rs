//! An object that goes although not all can be put away: it is given up, or its namespace goes with it.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{
        Reason,
        source::{PublicKeySource, Source},
    },
    plan::{ObjectStep, SecretView, Step, StoreFact},
};

use super::acts::{
    adopted, deleted, lose_hints, lose_status, names, put_stranger, rename, replace, rest, rested,
};
use crate::world::{World, at, id, key, transient};

/// What goes before the object does.
type Loss = fn(&mut World);

const LOSSES: [(&str, Loss); 3] = [
    ("hints", lose_hints),
    ("the mark", |world| {
        for there in world.azure.values_mut() {
            there.tags.clear();
        }
    }),
    ("the Secret", |world| {
        world.secret = SecretView::Absent;
    }),
];

/// Every set of losses.
fn with_losses(start: &World, check: impl Fn(World, &[&str])) {
    for chosen in 0..1_usize << LOSSES.len() {
        let mut world = start.clone();
        let mut lost = Vec::new();
        for (number, (what, lose)) in LOSSES.into_iter().enumerate() {
            if chosen & (1 << number) != 0 {
                lose(&mut world);
                lost.push(what);
            }
        }
        check(world, &lost);
    }
}

#[test]
fn a_namespace_that_goes_takes_its_key_along_although_hints_marks_and_secrets_went_first() {
    with_losses(&World::published().settled(), |mut world, lost| {
        world.namespace_terminating = true;
        // The object lives a little longer than its Secret.
        let mut seen = world.clone();
        rest(&mut seen);
        assert_eq!(seen.generated.len(), 1, "{lost:?}");
        for world in [world, seen] {
            assert!(deleted(world).azure.is_empty(), "{lost:?}");
        }
    });
}

/// Elsewhere a status alone proves nothing: whoever may write it may write any key there.
#[test]
fn a_key_without_mark_and_secret_stays_unless_its_namespace_goes() {
    with_losses(&World::published().settled(), |world, lost| {
        let stays = lost.contains(&"the mark") && lost.contains(&"the Secret");
        assert_eq!(names(&deleted(world)).len(), usize::from(stays), "{lost:?}");
    });
}

#[test]
fn a_namespace_that_goes_takes_no_key_of_anothers_along() {
    let mut replaced = World::published().settled();
    put_stranger(&mut replaced, &id(), &key(), BTreeMap::new());
    let theirs = key();
    let mut uploaded = World::published();
    uploaded.spec.source = Some(Source {
        public_key: Some(PublicKeySource {
            value: Some(theirs.to_line()),
            ..PublicKeySource::default()
        }),
        ..Source::default()
    });
    uploaded.given = Some(Ok(theirs.clone()));
    let mut uploaded = uploaded.settled();
    put_stranger(&mut uploaded, &id(), &theirs, BTreeMap::new());
    for (what, start) in [
        ("another key", replaced),
        ("one that was uploaded", uploaded),
        ("one that was adopted", adopted(&key())),
    ] {
        with_losses(&start, |mut world, lost| {
            world.namespace_terminating = true;
            assert_eq!(names(&deleted(world)), ["n.web"], "{what}, {lost:?}");
        });
    }
}

#[test]
fn an_object_that_is_given_up_says_what_it_leaves_whatever_its_hints_say() {
    for (what, act) in [
        ("nothing is lost", (|_| ()) as Loss),
        ("hints are lost", lose_hints),
        ("status is lost", lose_status),
        ("replaced", replace),
    ] {
        for (why, stand) in [
            (
                "Azure is away",
                (|world| world.azure_failure = Some(transient())) as Loss,
            ),
            ("Azure answers", |_| ()),
        ] {
            let mut world = World::published().settled();
            act(&mut world);
            stand(&mut world);
            world.object.has_finalizer = true;
            world.object.deleting_since = Some(at(-1));
            world.object.abandoned = true;
            let plan = world.plan();
            let Some(Step::Object(ObjectStep::RemoveFinalizer { orphans })) = plan.steps.last()
            else {
                panic!("{what}, {why}: {plan:?}")
            };
            // Without a status and an answer nobody knows whether anything is there.
            if !(what == "status is lost" && why == "Azure is away") {
                assert_eq!(orphans, &[id()], "{what}, {why}");
            }
            rest(&mut world);
            assert!(world.released, "{what}, {why}");
            assert_eq!(names(&world), ["n.web"], "{what}, {why}");
        }
    }
}

#[test]
fn giving_up_does_nothing_to_an_object_that_lives() {
    let mut world = World::published().settled();
    world.object.abandoned = true;
    let before = world.azure.clone();
    let world = rested(world);
    assert_eq!(
        (world.ready_reason(), &world.azure),
        (Reason::UpToDate, &before)
    );
}

#[test]
fn a_namespace_that_goes_without_its_store_leaves_both_places_of_a_move_and_names_them() {
    let mut world = World::published().settled();
    rename(&mut world, "other");
    world.reconcile(3);
    assert_eq!(names(&world), ["n.web", "other"]);
    world.store = StoreFact::NotFound;
    world.namespace_terminating = true;
    world.object.deleting_since = Some(at(-1));
    rest(&mut world);
    assert!(!world.released, "its time has not come");
    world.object.deleting_since = Some(at(-601));
    let plan = world.plan();
    let Some(Step::Object(ObjectStep::RemoveFinalizer { orphans })) = plan.steps.last() else {
        panic!("{plan:?}")
    };
    assert_eq!(orphans.len(), 2, "{orphans:?}");
    rest(&mut world);
    assert!(world.released);
}
