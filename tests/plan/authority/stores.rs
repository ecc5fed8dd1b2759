//! A store that is switched, created again with another subscription, or deleted first; and a store of the namespace beside
//! one of the cluster.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{ArmId, AzureStoreSpec, Reason, StoreKind, sshkey::StoreRef, status::Origin},
    plan::{Mark, StoreFact},
};

use super::acts::{
    azure, deleted, is_published, lose_hints, lose_status, named, place, put_stranger, rename,
    replace, rest, rested,
};
use crate::{
    tenants::{put, shared, tenant},
    world::{World, at, id, key, mark, tags},
};

/// The place in another subscription.
fn elsewhere() -> ArmId {
    ArmId {
        subscription: "t".into(),
        ..id()
    }
}

/// A world with a store of the namespace, and one of the cluster in another subscription.
fn with_two_stores() -> World {
    let mut world = World::published();
    let mut other = shared();
    other.spec.subscription.subscription_id = "t".into();
    put(&mut world, "other", other);
    world
}

fn name_store(world: &mut World, kind: StoreKind, name: &str) {
    azure(world).store_ref = Some(StoreRef {
        kind: Some(kind),
        name: name.into(),
    });
}

fn own_store(world: &mut World) -> &mut AzureStoreSpec {
    match &mut world.store {
        StoreFact::Ready(store) => store,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_switched_store_moves_the_key_and_leaves_nothing_in_the_other_subscription() {
    for (lost, lose) in [
        ("nothing", (|_| ()) as fn(&mut World)),
        ("hints", lose_hints),
        ("hints and finalizer", replace),
    ] {
        for stop in 0..6 {
            let mut world = with_two_stores().settled();
            name_store(&mut world, StoreKind::ClusterAzureStore, "other");
            world.reconcile(stop);
            lose(&mut world);
            let world = world.settled();
            let here = format!("stopped before {stop}, lost: {lost}");
            let there: Vec<&ArmId> = world.azure.keys().collect();
            assert_eq!(there, [&elsewhere()], "{here}");
            is_published(&world, &elsewhere(), &here);
            assert_eq!(world.generated.len(), 1, "{here}");
            assert!(deleted(world).azure.is_empty(), "{here}");
        }
    }
}

/// What was published through it is out of its reach: it is neither asked nor forgotten.
#[test]
fn a_store_that_was_created_again_with_another_subscription_is_not_asked_about_the_old_one() {
    let mut world = World::published().settled();
    own_store(&mut world).subscription.subscription_id = "t".into();
    rest(&mut world);
    assert!(world.azure.contains_key(&id()), "the old key stays");
    assert!(!world.observed().azure.contains_key(&id()), "nobody asks");
    let mut places = world.object.places.iter();
    assert!(places.any(|place| place.id == id()), "it is not forgotten");
    assert_ne!(world.ready_reason(), Reason::UpToDate, "it is told");

    // It waits for the subscription, or for a person who gives it up.
    world.object.deleting_since = Some(at(-1));
    rest(&mut world);
    assert!(!world.released);
    let mut given_up = world.clone();
    given_up.object.abandoned = true;
    rest(&mut given_up);
    assert!(given_up.released && given_up.azure.contains_key(&id()));
    own_store(&mut world).subscription.subscription_id = "s".into();
    rest(&mut world);
    assert!(!world.azure.contains_key(&id()), "it is deleted now");
    assert!(!world.released, "the other one can't be reached now");
}

#[test]
fn a_store_that_is_deleted_first_is_waited_for_whatever_the_hints_say() {
    for (lost, lose) in [
        ("nothing", (|_| ()) as fn(&mut World)),
        ("hints", lose_hints),
        ("hints and finalizer", replace),
    ] {
        let mut world = World::published().settled();
        let store = std::mem::replace(&mut world.store, StoreFact::NotFound);
        lose(&mut world);
        let before = world.azure.clone();
        rest(&mut world);
        assert_eq!(world.ready_reason(), Reason::StoreNotFound, "{lost}");
        assert_eq!(world.azure, before, "{lost}");
        world.object.has_finalizer = true;
        world.object.deleting_since = Some(at(-1));
        rest(&mut world);
        assert!(!world.released, "{lost}");
        world.store = store;
        rest(&mut world);
        assert!(world.released && world.azure.is_empty(), "{lost}");
    }
}

#[test]
fn a_key_that_passes_from_the_clusters_store_to_the_namespaces_own_stays_one_key() {
    let own = World::published().store;
    let mut world = tenant().settled();
    let before = world.azure.clone();
    world.store = own;
    name_store(&mut world, StoreKind::AzureStore, "default");
    let mut world = world.settled();
    assert_eq!(world.azure, before);
    let told: Vec<StoreKind> = world
        .object
        .places
        .iter()
        .map(|place| place.store.kind)
        .collect();
    assert_eq!(told, [StoreKind::AzureStore]);
    // The store of the cluster may go.
    world.cluster_stores.clear();
    let world = world.settled();
    assert!(deleted(world).azure.is_empty());
}

/// The namespace has credentials of its own for the group in which a store of the cluster keeps the keys of all.
#[test]
fn a_store_of_ones_own_reaches_no_key_that_others_have_in_the_same_group() {
    let theirs = Mark {
        namespace: "m".into(),
        uid: "u8".into(),
        ..mark()
    };
    let made = ArmId {
        name: "m.web".into(),
        ..id()
    };
    for marks in [tags(&theirs), BTreeMap::new()] {
        for origin in [Origin::Created, Origin::Found] {
            let mut world = World::published();
            put(&mut world, "default", shared());
            let mut world = world.settled();
            put_stranger(&mut world, &made, &key(), marks.clone());
            let stranger = world.azure[&made].clone();
            world
                .object
                .hints
                .as_mut()
                .unwrap()
                .push(place(made.clone(), origin));
            let mut status = world.status.clone();
            let forged = place(made.clone(), origin).to_status();
            status.azure.as_mut().unwrap().places.push(forged);
            world.status_is(status);
            let at_once = deleted(world.clone());
            assert_eq!(at_once.azure.keys().collect::<Vec<_>>(), [&made]);

            rename(&mut world, "m.web");
            let world = rested(world);
            assert_eq!(world.ready_reason(), Reason::AzureKeyConflict);
            assert_eq!(world.azure[&made], stranger);
            assert!(world.azure.contains_key(&id()), "it stays where it was");
            let world = deleted(world);
            assert_eq!(world.azure.keys().collect::<Vec<_>>(), [&made]);
        }
    }
}

/// Two objects of one name, through two stores that reach one group: the second is another object's twin.
#[test]
fn the_same_place_through_two_stores_belongs_to_whoever_marked_it() {
    let first = tenant().settled();
    let mut second = World::published();
    second.namespace = "m".into();
    second.object.uid = "u2".into();
    rename(&mut second, "n.web");
    let stored = first.azure[&id()].clone();
    second.azure.insert(id(), stored.clone());
    second.strangers.insert(id());
    rest(&mut second);
    assert_eq!(second.ready_reason(), Reason::AzureKeyConflict);
    let mut again = second.clone();
    lose_status(&mut again);
    rest(&mut again);
    for world in [second, again] {
        let world = deleted(world);
        assert_eq!(world.azure.get(&id()), Some(&stored));
    }
    assert_eq!(named("n.web"), id());
}
