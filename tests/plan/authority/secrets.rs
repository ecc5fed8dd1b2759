//! Secrets that a person has prepared, or copied from another namespace.

use sshkey_operator::{
    api::{
        Reason,
        output::{Output, PublicSecret},
        rotation::{KeepPrevious, Rotation},
        sshkey::{DeletionPolicy, SecretConflictPolicy, SecretSpec},
    },
    keys::PublicKey,
    plan::{
        AuditAction, Durability, EntryFact, FormerKey, PreviousFacts, RotationSecret, SecretFacts,
        SecretKey, SecretView, takes_up_secret,
    },
};

use super::acts::{deleted, is_published, lose_status, make_again, rest, rested, restore};
use crate::{
    rotation::ask,
    world::{World, at, foreign_secret, id, key, secret},
};

fn destroying() -> World {
    let mut world = World::published();
    world.spec.secret = Some(SecretSpec {
        deletion_policy: Some(DeletionPolicy::Delete),
        ..SecretSpec::default()
    });
    world
}

/// A Secret of the name of the managed one, and what it says of its owner: name, namespace and UID.
fn prepared(owner: Option<(&str, Option<&str>, &str)>, is_well_formed: bool) -> SecretFacts {
    let theirs = key();
    let Some((name, namespace, uid)) = owner else {
        return SecretFacts {
            is_well_formed,
            ..foreign_secret(SecretKey::Readable(theirs))
        };
    };
    SecretFacts {
        owner_name: Some(name.to_owned()),
        owner_namespace: namespace.map(str::to_owned),
        owner_uid: Some(uid.to_owned()),
        is_well_formed,
        ..secret(&theirs)
    }
}

/// Secrets that are not this object's.
fn anothers() -> Vec<(&'static str, SecretFacts)> {
    vec![
        ("nobody's", prepared(None, true)),
        ("nobody's with other entries", prepared(None, false)),
        (
            "this name's with other entries",
            prepared(Some(("web", Some("n"), "u0")), false),
        ),
        (
            "of another name",
            prepared(Some(("db", Some("n"), "u0")), true),
        ),
        (
            "of another namespace",
            prepared(Some(("web", Some("m"), "u0")), true),
        ),
        (
            "of another namespace with this UID",
            prepared(Some(("web", Some("m"), "u1")), true),
        ),
        ("of no namespace", prepared(Some(("web", None, "u0")), true)),
    ]
}

#[test]
fn a_secret_that_is_not_this_objects_is_neither_used_nor_changed_nor_deleted() {
    for (what, facts) in anothers() {
        let mut world = destroying();
        world.secret = SecretView::Present(Box::new(facts));
        let before = world.secret.clone();
        rest(&mut world);
        assert_eq!(world.ready_reason(), Reason::SecretConflict, "{what}");
        assert_eq!(world.status.fingerprint, None, "{what}");
        assert!(
            world.azure.is_empty() && world.generated.is_empty(),
            "{what}"
        );
        assert_eq!(world.secret, before, "{what}");
        assert_eq!(deleted(world).secret, before, "{what}");
    }
}

/// It takes the place of the key of an object that lives: nothing in Azure changes.
#[test]
fn a_secret_of_anothers_in_the_place_of_the_key_changes_nothing_in_azure() {
    for (what, facts) in anothers() {
        let mut world = destroying().settled();
        let before = world.azure.clone();
        world.secret = SecretView::Present(Box::new(facts));
        let there = world.secret.clone();
        rest(&mut world);
        assert_eq!(world.azure, before, "{what}");
        assert_eq!(world.secret, there, "{what}");
        let world = deleted(world);
        assert!(world.azure.is_empty(), "{what}: its own key goes");
    }
}

#[test]
fn a_prepared_secret_that_records_this_name_is_taken_up_and_that_is_told() {
    let mut world = World::published();
    let facts = prepared(Some(("web", Some("n"), "u0")), true);
    let prepared = facts.key.readable().cloned();
    world.secret = SecretView::Present(Box::new(facts));
    assert!(takes_up_secret(&world.desired(), &world.observed()));
    let world = world.settled();
    let told = world.audit.iter().map(|line| line.action);
    assert_eq!(
        told.collect::<Vec<_>>(),
        [AuditAction::TakenUp, AuditAction::Published]
    );
    assert_eq!(Some(world.current()), prepared);
    assert!(world.generated.is_empty());
    is_published(&world, &id(), "taken up");
    assert!(deleted(world).azure.is_empty());
}

#[test]
fn a_secret_from_before_the_namespace_was_recorded_needs_a_witness() {
    let settled = World::published().settled();
    let unnamed = |uid: &str| {
        let mut world = settled.clone();
        world.edit_secret(|facts| {
            facts.owner_namespace = None;
            facts.owner_uid = Some(uid.to_owned());
        });
        world
    };
    let mut by_azure = unnamed("u1");
    make_again(&mut by_azure, "u2");
    let by_status = unnamed("u0");
    let mut by_record = unnamed("u1");
    restore(&mut by_record, &settled, "u2");
    let mut by_nothing = unnamed("u0");
    lose_status(&mut by_nothing);
    by_nothing.azure.clear();
    for (what, world, is_ours) in [
        ("Azure names its UID", by_azure, true),
        ("the status names its key", by_status, true),
        ("the object recorded its UID", by_record, true),
        ("nothing", by_nothing, false),
    ] {
        let world = rested(world);
        let is_good = world.ready_reason() == Reason::UpToDate;
        assert_eq!(is_good, is_ours, "{what}: {:?}", world.ready_reason());
        assert_eq!(world.current(), settled.current(), "{what}");
        assert_eq!(world.generated.len(), 1, "{what}");
    }
}

#[test]
fn a_secret_is_adopted_with_other_entries_only_by_its_own_word_and_never_deleted_then() {
    for (what, is_well_formed, says_so, is_adopted) in [
        ("an SSH key alone", true, false, true),
        ("other entries", false, false, false),
        ("other entries, and it says so", false, true, true),
    ] {
        let mut world = destroying();
        let spec = world.spec.secret.as_mut().unwrap();
        spec.conflict_policy = Some(SecretConflictPolicy::Adopt);
        let mut facts = prepared(None, is_well_formed);
        facts.may_be_adopted = says_so;
        let theirs = facts.key.readable().cloned();
        world.secret = SecretView::Present(Box::new(facts));
        rest(&mut world);
        let is_good = world.ready_reason() == Reason::UpToDate;
        assert_eq!(is_good, is_adopted, "{what}: {:?}", world.ready_reason());
        assert_eq!(Some(world.current()), theirs, "{what}");
        let world = deleted(world);
        let is_left = world.secret != SecretView::Absent;
        assert_eq!(is_left, !is_well_formed, "{what}");
    }
}

fn trusted(world: &World) -> Vec<PublicKey> {
    let output = world.outputs.values().next().unwrap();
    match &output.entries["authorized_keys"] {
        EntryFact::Keys(keys) => keys.clone(),
        other => panic!("{other:?}"),
    }
}

/// An object that keeps one former key and shows whom to trust, after a rotation.
fn rotated() -> World {
    let mut world = World::published();
    world.spec.rotation = Some(Rotation {
        keep_previous: Some(KeepPrevious {
            count: Some(1),
            min_duration: Some("0s".into()),
        }),
        ..Rotation::default()
    });
    world.spec.outputs = Some(vec![Output {
        name: "open".into(),
        public_secret: Some(PublicSecret {}),
        ..Output::default()
    }]);
    let mut world = world.settled();
    ask(&mut world, "first");
    world.settled()
}

fn add_former(world: &mut World, theirs: &PublicKey) {
    let RotationSecret::Ours(facts) = &mut world.previous else {
        panic!("{:?}", world.previous)
    };
    facts.keys.insert(
        0,
        FormerKey {
            public_key: theirs.clone(),
            revision: 1,
            retired_at: Some(at(0)),
        },
    );
}

#[test]
fn an_entry_that_a_person_adds_to_the_former_keys_is_kept_not_trusted_and_not_counted() {
    let theirs = key();
    let mut world = rotated();
    let (current, former) = (world.current(), world.former()[0].public_key.clone());
    add_former(&mut world, &theirs);
    let mut world = rested(world);
    assert_eq!(trusted(&world), [current.clone(), former]);
    ask(&mut world, "second");
    let world = world.settled();
    assert_eq!(trusted(&world), [world.current(), current.clone()]);
    let kept: Vec<PublicKey> = world
        .former()
        .into_iter()
        .map(|one| one.public_key)
        .collect();
    assert!(
        kept.contains(&theirs) && kept.contains(&current),
        "{kept:?}"
    );
    assert_eq!(kept.len(), 2, "the oldest of its own went");
    let told = world.status.rotation.unwrap().previous;
    assert!(
        told.iter()
            .all(|one| one.fingerprint != theirs.fingerprint().to_string())
    );
}

#[test]
fn former_keys_that_were_prepared_for_a_new_object_are_kept_and_not_trusted() {
    let theirs = key();
    let mut world = World::published();
    world.spec = rotated().spec;
    world.previous = RotationSecret::Ours(Box::new(PreviousFacts {
        durability: Durability::default(),
        uid: "p9".into(),
        resource_version: "1".into(),
        keys: vec![FormerKey {
            public_key: theirs.clone(),
            revision: 1,
            retired_at: Some(at(0)),
        }],
        is_exact: false,
        is_damaged: false,
    }));
    let mut world = world.settled();
    let first = world.current();
    assert_eq!(
        (trusted(&world), &world.generated),
        (vec![first.clone()], &vec![first.clone()])
    );
    // The name of the next key is taken: a rotation waits.
    world.staged = RotationSecret::Foreign(Some("web".into()));
    ask(&mut world, "now");
    rest(&mut world);
    assert_eq!(world.ready_reason(), Reason::SecretConflict);
    assert_eq!(
        (world.current(), trusted(&world)),
        (first.clone(), vec![first.clone()])
    );
    world.staged = RotationSecret::Absent;
    let world = world.settled();
    assert_eq!(trusted(&world), [world.current(), first]);
    let mut former = world.former().into_iter();
    assert!(former.any(|one| one.public_key == theirs));
}
