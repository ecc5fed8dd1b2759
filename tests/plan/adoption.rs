//! Keys in Azure that are taken over.

use std::collections::BTreeMap;

use sshkey_operator::api::{
    Reason,
    sshkey::{AzureConflictPolicy, DeletionPolicy},
    status::Origin,
};

use crate::{
    sources::{adopting, imported, published_key},
    world::{at, azure_key, id, key, mark, tags},
};

#[test]
fn a_key_in_azure_is_taken_over_only_as_the_policy_says() {
    let theirs = key();
    for (policy, same, taken) in [
        (AzureConflictPolicy::Refuse, true, false),
        (AzureConflictPolicy::AdoptMatching, false, false),
        (AzureConflictPolicy::AdoptMatching, true, true),
        (AzureConflictPolicy::Adopt, false, true),
        (AzureConflictPolicy::Adopt, true, true),
    ] {
        let mine = if same { theirs.clone() } else { key() };
        let mut world = imported(&mine, false);
        world.spec.azure = adopting(policy).spec.azure;
        let others = BTreeMap::from([("team".to_owned(), "a".to_owned())]);
        world.azure.insert(id(), azure_key(&theirs, others));
        world.reconcile(usize::MAX);
        assert_eq!(world.plan().is_settled(), taken, "{policy:?} {same}");
        if !taken {
            assert_eq!(world.ready_reason(), Reason::AzureKeyConflict);
            assert_eq!(published_key(&world), theirs);
            assert!(!world.object.has_finalizer || world.object.hints == Ok(Vec::new()));
            continue;
        }
        assert_eq!(published_key(&world), mine);
        assert_eq!(world.azure[&id()].tags["team"], "a");

        // What was there before stays when the object goes, unless the spec says otherwise.
        for (policy, stays) in [
            (None, true),
            (Some(DeletionPolicy::Retain), true),
            (Some(DeletionPolicy::Delete), false),
        ] {
            let mut world = world.clone();
            world.spec.azure.as_mut().unwrap().deletion_policy = policy;
            world.reconcile(usize::MAX);
            world.object.deleting_since = Some(at(0));
            world.reconcile(usize::MAX);
            assert!(world.released);
            assert_eq!(world.azure.contains_key(&id()), stays, "{policy:?}");
        }
    }
}

#[test]
fn a_key_with_the_mark_of_another_is_never_taken() {
    let theirs = key();
    let mut other = mark();
    other.object = "db".into();
    for policy in [
        AzureConflictPolicy::AdoptMatching,
        AzureConflictPolicy::Adopt,
    ] {
        let mut world = imported(&theirs, false);
        world.spec.azure = adopting(policy).spec.azure;
        world.azure.insert(id(), azure_key(&theirs, tags(&other)));
        let world = world.settled_but_for(Reason::AzureKeyConflict);
        assert_eq!(world.azure[&id()].tags, tags(&other));
    }
}

#[test]
fn a_key_that_was_created_and_lost_its_tags_is_not_an_adopted_one() {
    let mut world = adopting(AzureConflictPolicy::Adopt).settled();
    world.azure.get_mut(&id()).unwrap().tags.clear();
    let mut world = world.settled();
    assert_eq!(world.object.places[0].origin, Origin::Created);
    world.object.deleting_since = Some(at(0));
    world.reconcile(usize::MAX);
    assert!(world.azure.is_empty());
}
