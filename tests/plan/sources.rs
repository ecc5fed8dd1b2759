//! Keys that are imported, uploaded or followed.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{
        ConditionType, Reason,
        condition::find,
        source::{AzureKeySource, EntryRef, PrivateKeySource, PublicKeySource, Source},
        sshkey::{AzureConflictPolicy, AzureSpec, SecretSpec},
    },
    keys::PublicKey,
    plan::{Failure, SecretKey, SecretView},
};

use crate::world::{World, at, azure_key, foreign_secret, id, key};

/// A key pair that is imported, with or without a copy, and published.
pub(crate) fn imported(key: &PublicKey, copied: bool) -> World {
    let mut world = World::published();
    world.spec.source = Some(Source {
        private_key: Some(PrivateKeySource {
            secret_ref: EntryRef {
                name: "mine".into(),
                key: "id".into(),
            },
            passphrase_secret_ref: None,
        }),
        ..Source::default()
    });
    world.spec.secret = copied.then(SecretSpec::default);
    world.given = Some(Ok(key.clone()));
    world
}

fn uploaded(key: &PublicKey) -> World {
    let mut world = World::published();
    world.spec.source = Some(Source {
        public_key: Some(PublicKeySource {
            value: Some(key.to_line()),
            ..PublicKeySource::default()
        }),
        ..Source::default()
    });
    world.given = Some(Ok(key.clone()));
    world
}

fn followed() -> World {
    let mut world = World::published();
    world.spec.source = Some(Source {
        azure_key: Some(AzureKeySource {}),
        ..Source::default()
    });
    world
}

pub(crate) fn adopting(policy: AzureConflictPolicy) -> World {
    let mut world = World::published();
    world.spec.azure = Some(AzureSpec {
        conflict_policy: Some(policy),
        ..AzureSpec::default()
    });
    world
}

pub(crate) fn published_key(world: &World) -> PublicKey {
    world.azure[&id()].public_key.clone().unwrap()
}

fn rubbish() -> Failure {
    Failure::to_fix(Reason::KeyDamaged, "rubbish")
}

#[test]
fn an_imported_key_is_published_from_where_the_user_keeps_it() {
    let mine = key();
    let world = imported(&mine, false).settled();
    assert_eq!(published_key(&world), mine);
    assert_eq!(world.secret, SecretView::Absent);
    assert_eq!(world.status.secret_name.as_deref(), Some("mine"));
    let available = find(&world.status.conditions, ConditionType::KeyAvailable).unwrap();
    assert_eq!(available.reason, "KeyImported");
}

#[test]
fn a_copy_of_an_imported_key_is_stored_before_anything_is_published() {
    let mine = key();
    let mut world = imported(&mine, true);
    let names = world.step_names();
    let position = |name| names.iter().position(|step| *step == name).unwrap();
    assert!(position("ImportKey") < position("PublishKey"));
    for stop in 0..4 {
        world.reconcile(stop);
        assert_eq!(world.violations, Vec::<String>::new());
    }
    let world = world.settled();
    assert_eq!(published_key(&world), mine);
    assert_eq!(world.status.secret_name.as_deref(), Some("web"));
}

#[test]
fn another_imported_key_is_followed_wherever_the_operator_stops() {
    for copied in [false, true] {
        for stop in 0..6 {
            let mut world = imported(&key(), copied).settled();
            let next = key();
            world.given = Some(Ok(next.clone()));
            world.reconcile(stop);
            let world = world.settled();
            assert_eq!(published_key(&world), next);
            assert_eq!(world.violations, Vec::<String>::new());
            assert_eq!(
                world.status.fingerprint,
                Some(next.fingerprint().to_string())
            );
            if copied {
                assert_eq!((world.current(), world.revision()), (next, 2));
                assert_eq!(world.former().len(), 1);
            }
        }
    }
}

#[test]
fn rubbish_in_the_place_of_a_key_is_refused_and_the_published_key_stays() {
    let mine = key();
    for world in [
        imported(&mine, false),
        imported(&mine, true),
        uploaded(&mine),
    ] {
        let mut world = world.settled();
        world.given = Some(Err(rubbish()));
        assert!(world.step_names().is_empty());
        let world = world.settled_but_for(Reason::KeyDamaged);
        assert_eq!(published_key(&world), mine);
        assert_eq!(
            world.status.fingerprint,
            Some(mine.fingerprint().to_string())
        );
    }
}

#[test]
fn the_loss_of_a_copy_of_an_imported_key_is_mended() {
    let mine = key();
    let mut world = imported(&mine, true).settled();
    world.secret = SecretView::Absent;
    assert_eq!(world.step_names(), ["ImportKey"]);
    assert_eq!(published_key(&world.settled()), mine);
}

#[test]
fn a_stranger_in_the_place_of_a_copy_is_not_overwritten() {
    let mut world = imported(&key(), true).settled();
    world.edit_secret(|facts| facts.key = SecretKey::Readable(key()));
    assert!(world.step_names().is_empty());
    world.settled_but_for(Reason::PrivateKeyReplaced);
}

#[test]
fn a_secret_of_somebody_else_is_no_place_for_a_copy() {
    for adopt in [false, true] {
        let mut world = imported(&key(), true);
        world.secret = SecretView::Present(Box::new(foreign_secret(SecretKey::Readable(key()))));
        if adopt {
            world.spec.secret.as_mut().unwrap().conflict_policy =
                Some(sshkey_operator::api::sshkey::SecretConflictPolicy::Adopt);
        }
        world.settled_but_for(Reason::SecretConflict);
    }
}

#[test]
fn the_users_own_secret_is_never_the_copy() {
    let mut world = imported(&key(), true);
    world.spec.secret.as_mut().unwrap().name = Some("mine".into());
    world.secret = SecretView::Present(Box::new(foreign_secret(SecretKey::Readable(key()))));
    assert!(!world.step_names().contains(&"AdoptSecret"));
    world.settled_but_for(Reason::SecretConflict);
}

#[test]
fn an_uploaded_key_has_no_secret() {
    let theirs = key();
    let world = uploaded(&theirs).settled();
    assert_eq!(published_key(&world), theirs);
    assert_eq!(world.secret, SecretView::Absent);
    assert_eq!(world.status.secret_name, None);
}

#[test]
fn a_key_that_is_followed_is_never_written() {
    let theirs = key();
    let mut world = followed();
    world
        .azure
        .insert(id(), azure_key(&theirs, BTreeMap::new()));
    let mut world = world.settled();
    assert_eq!(
        world.status.fingerprint,
        Some(theirs.fingerprint().to_string())
    );
    let before = world.azure.clone();

    let next = key();
    world.azure.insert(id(), azure_key(&next, BTreeMap::new()));
    let mut world = world.settled();
    assert_eq!(
        world.status.fingerprint,
        Some(next.fingerprint().to_string())
    );

    world.object.deleting_since = Some(at(0));
    world.azure = before.clone();
    assert_eq!(world.step_names(), ["RemoveFinalizer"]);
    world.reconcile(usize::MAX);
    assert_eq!(world.azure, before);
}

#[test]
fn there_must_be_a_key_to_be_followed() {
    let mut world = followed().settled_but_for(Reason::AzureKeyNotFound);
    let mut damaged = azure_key(&key(), BTreeMap::new());
    damaged.public_key = Err("no key".into());
    world.azure.insert(id(), damaged);
    world.settled_but_for(Reason::AzureKeyUnreadable);
}

#[test]
fn an_uploaded_key_goes_from_azure_when_its_source_is_gone_before_it() {
    let mut world = uploaded(&key()).settled();
    world.given = Some(Err(Failure::to_fix(Reason::SourceNotFound, "gone")));
    world.object.deleting_since = Some(at(0));
    world.reconcile(usize::MAX);
    assert!(world.released && world.azure.is_empty());
}
