//! What is decided in each state of the managed Secret.

use sshkey_operator::{
    api::{
        Reason,
        sshkey::{self, SecretConflictPolicy},
    },
    keys::{KeySpec, RsaSize},
    plan::{Mark, SecretKey, SecretView, StoreFact},
};

use crate::world::{
    World, azure_key, foreign_secret, id, key, mark, pair, secret, tags, transient,
};

#[test]
fn a_secret_that_is_gone_is_lost_and_azure_is_left_alone() {
    let mut world = World::published().settled();
    world.secret = SecretView::Absent;
    assert!(world.step_names().is_empty());
    assert_eq!(world.ready_reason(), Reason::PrivateKeyLost);
    let mut wiped = world.clone();
    wiped.object.reported_fingerprint = None;
    wiped.status = sshkey_operator::api::SshKeyStatus::default();
    assert_eq!(
        wiped.ready_reason(),
        Reason::PrivateKeyLost,
        "Azure bears witness"
    );
    let mut unreachable = wiped.clone();
    unreachable.store = StoreFact::NotFound;
    wiped.azure_failure = Some(transient());
    for world in [wiped, unreachable] {
        assert!(
            world.step_names().is_empty(),
            "a witness that can't be asked is waited for"
        );
    }
}

#[test]
fn a_secret_with_another_key_is_replaced_and_azure_is_left_alone() {
    let mut world = World::published().settled();
    let other = key();
    world.edit_secret(|facts| facts.key = SecretKey::Readable(other.clone()));
    assert!(world.step_names().is_empty());
    assert_eq!(world.ready_reason(), Reason::PrivateKeyReplaced);
    world.edit_secret(|facts| facts.recorded = None);
    assert_eq!(
        world.ready_reason(),
        Reason::PrivateKeyReplaced,
        "the status bears witness"
    );
}

#[test]
fn a_secret_without_a_readable_key_is_unreadable_and_azure_is_left_alone() {
    for broken in [SecretKey::Missing, SecretKey::Unreadable("damaged".into())] {
        let mut world = World::published().settled();
        world.edit_secret(|facts| facts.key = broken);
        assert!(world.step_names().is_empty());
        assert_eq!(world.ready_reason(), Reason::PrivateKeyUnreadable);
    }
}

#[test]
fn records_labels_and_public_entry_of_our_secret_are_put_back() {
    for wipe in [
        |facts: &mut sshkey_operator::plan::SecretFacts| facts.labelled = false,
        |facts: &mut sshkey_operator::plan::SecretFacts| facts.recorded = None,
        |facts: &mut sshkey_operator::plan::SecretFacts| facts.public_entry_matches = false,
        |facts: &mut sshkey_operator::plan::SecretFacts| {
            facts.owner_name = None;
            facts.owner_uid = None;
            facts.recorded = None;
        },
    ] {
        let mut world = World::published().settled();
        world.edit_secret(wipe);
        assert_eq!(world.step_names(), ["RepairSecret"]);
        world.settled();
    }
}

#[test]
fn a_secret_that_is_not_ours_is_left_alone() {
    let mut world = World::published();
    world.secret = SecretView::Present(Box::new(foreign_secret(SecretKey::Readable(key()))));
    assert_eq!(
        world.step_names(),
        ["Record"],
        "the finalizer and nothing else"
    );
    assert_eq!(world.ready_reason(), Reason::SecretConflict);
}

#[test]
fn a_hint_from_before_a_secret_of_another_was_met_is_taken_back() {
    let mut world = World::published();
    world.reconcile(1);
    let hints = |world: &World| world.object.hints.as_ref().unwrap().len();
    assert_eq!(hints(&world), 1, "it was about to be published");
    world.secret = SecretView::Present(Box::new(foreign_secret(SecretKey::Readable(key()))));
    let mut unseen = world.clone();
    unseen.azure_failure = Some(transient());
    unseen.reconcile(usize::MAX);
    assert_eq!(hints(&unseen), 1, "what is unknown is not given up");
    world.reconcile(usize::MAX);
    assert_eq!(hints(&world), 0);
    assert_eq!(world.ready_reason(), Reason::SecretConflict);
}

#[test]
fn a_secret_is_adopted_with_the_key_that_it_holds() {
    let theirs = key();
    let mut world = World::published();
    world.spec.secret = Some(sshkey::SecretSpec {
        conflict_policy: Some(SecretConflictPolicy::Adopt),
        ..Default::default()
    });
    world.secret = SecretView::Present(Box::new(foreign_secret(SecretKey::Readable(
        theirs.clone(),
    ))));
    let world = world.settled();
    assert!(world.generated.is_empty());
    assert_eq!(world.azure[&id()].public_key, Ok(theirs));
}

#[test]
fn what_can_not_be_adopted_is_left_alone() {
    let rsa = pair(KeySpec::Rsa(RsaSize::Bits2048));
    let another_objects = {
        let mut facts = secret(&key());
        facts.owner_name = Some("db".into());
        facts
    };
    for facts in [
        foreign_secret(SecretKey::Missing),
        foreign_secret(SecretKey::Unreadable("encrypted".into())),
        foreign_secret(SecretKey::Readable(rsa)),
        another_objects,
    ] {
        let mut world = World::new();
        world.spec.secret = Some(sshkey::SecretSpec {
            conflict_policy: Some(SecretConflictPolicy::Adopt),
            ..Default::default()
        });
        world.object.has_finalizer = true;
        world.object.recorded_uid = Some("u1".into());
        world.secret = SecretView::Present(Box::new(facts));
        assert!(world.step_names().is_empty());
        assert_eq!(world.ready_reason(), Reason::SecretConflict);
    }
}

#[test]
fn a_former_incarnations_secret_goes_on_with_the_same_key() {
    let kept = key();
    let mut world = World::published();
    let mut facts = secret(&kept);
    facts.owner_uid = Some("u0".into());
    world.secret = SecretView::Present(Box::new(facts));
    let former = Mark {
        uid: "u0".into(),
        ..mark()
    };
    world.azure.insert(id(), azure_key(&kept, tags(&former)));
    assert_eq!(
        world.step_names(),
        ["Record", "RepairSecret", "UpdateAzureKey"]
    );
    let world = world.settled();
    assert!(world.generated.is_empty());
    assert_eq!(world.azure[&id()].tags, tags(&mark()));
}

#[test]
fn a_secret_from_an_old_backup_is_replaced_although_it_vouches_for_itself() {
    let mut world = World::published().settled();
    world.secret = SecretView::Present(Box::new(secret(&key())));
    assert!(world.step_names().is_empty());
    assert_eq!(world.ready_reason(), Reason::PrivateKeyReplaced);
}

#[test]
fn only_the_own_secret_says_since_when_the_key_is_in_it() {
    let own = SecretView::Present(Box::new(secret(&key())));
    assert!(own.key_since("u1").is_some());
    assert_eq!(own.key_since("another"), None);
    assert_eq!(SecretView::Absent.key_since("u1"), None);
}
