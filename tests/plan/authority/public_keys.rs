//! Keys of which this object has no private half: uploaded ones, and those that it follows.

use std::collections::BTreeMap;

use sshkey_operator::api::{
    Reason,
    source::{AzureKeySource, PublicKeySource, Source},
    sshkey::{AzureSpec, DeletionPolicy},
    status::Origin,
};

use super::{
    acts::{another_mark, deleted, named, names, place, put_stranger, rest},
    status::{forge, places},
};
use crate::{
    sources,
    world::{World, id, key, tags},
};

/// A public key that everybody has proves nothing: it is uploaded, and a stranger's key is the same.
#[test]
fn an_uploaded_key_that_equals_a_strangers_gives_no_right_to_that() {
    let theirs = key();
    let mut new = World::published();
    new.spec.source = Some(Source {
        public_key: Some(PublicKeySource {
            value: Some(theirs.to_line()),
            ..PublicKeySource::default()
        }),
        ..Source::default()
    });
    new.given = Some(Ok(theirs.clone()));
    for marks in [BTreeMap::new(), tags(&another_mark())] {
        let mut there = new.clone();
        put_stranger(&mut there, &id(), &theirs, marks.clone());
        rest(&mut there);
        assert_eq!(there.ready_reason(), Reason::AzureKeyConflict);
        // Status and hints say that it is this object's.
        let mut claimed = there.clone();
        forge(&mut claimed, |status| {
            places(status).places = vec![place(id(), Origin::Created).to_status()];
        });
        claimed.object.hints = Ok(vec![place(id(), Origin::Created)]);
        let at_once = deleted(claimed.clone());
        assert_eq!(at_once.azure, there.azure);
        rest(&mut claimed);
        assert_eq!(claimed.ready_reason(), Reason::AzureKeyConflict);
        for world in [there, claimed] {
            assert_eq!(names(&deleted(world)), ["n.web"]);
        }
        // Beside a key of its own.
        let mut beside = new.clone().settled();
        put_stranger(&mut beside, &named("theirs"), &theirs, marks.clone());
        forge(&mut beside, |status| {
            let theirs = place(named("theirs"), Origin::Created).to_status();
            places(status).places.push(theirs);
        });
        assert_eq!(names(&deleted(beside)), ["theirs"]);
    }
}

#[test]
fn a_followed_key_is_never_written_or_deleted_whatever_the_status_says() {
    for origin in [Origin::Created, Origin::Adopted, Origin::Found] {
        for has_mark in [false, true] {
            let mut world = World::published();
            world.spec.source = Some(Source {
                azure_key: Some(AzureKeySource {}),
                ..Source::default()
            });
            let marks = if has_mark {
                tags(&another_mark())
            } else {
                BTreeMap::new()
            };
            put_stranger(&mut world, &id(), &key(), marks);
            let mut world = world.settled();
            assert_eq!(world.object.places, Vec::new(), "{origin:?}");
            forge(&mut world, |status| {
                let mut forged = place(id(), origin);
                forged.deletion_policy = DeletionPolicy::Delete;
                places(status).places = vec![forged.to_status()];
            });
            world.object.hints = Ok(vec![place(id(), Origin::Created)]);
            world.spec.azure = Some(AzureSpec {
                deletion_policy: None,
                ..AzureSpec::default()
            });
            let before = world.azure.clone();
            assert_eq!(deleted(world.clone()).azure, before, "{origin:?}");
            rest(&mut world);
            assert_eq!(world.azure, before, "{origin:?}");
            assert_eq!(deleted(world).azure, before, "{origin:?}");
        }
    }
}

/// A deletion reads no imported key, so that it waits for none: what is left to vouch for it is the status.
#[test]
fn an_imported_key_and_a_forged_fingerprint_give_no_right_to_a_strangers() {
    let theirs = key();
    let mut world = sources::imported(&key(), false).settled();
    put_stranger(&mut world, &named("theirs"), &theirs, BTreeMap::new());
    forge(&mut world, |status| {
        status.fingerprint = Some(theirs.fingerprint().to_string());
        let listed = place(named("theirs"), Origin::Created).to_status();
        places(status).places.push(listed);
    });
    assert_eq!(names(&deleted(world)), ["theirs"]);
}
