//! Limits of a store that are tightened after keys were published through it.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{
        Reason, StoreKey, StoreKind,
        cluster_azure_store::{Permission, Tenants},
        sshkey::AzureConflictPolicy,
        status::Origin,
    },
    plan::AzureRecord,
};

use super::acts::{
    adopted, azure, deleted, lose_hints, lose_status, names, place, put_away, put_stranger,
    replace, rest, rested,
};
use crate::{
    tenants::{limit, tenant},
    world::{World, azure_key, id, key},
};

/// How limits are tightened, and what is told then.
type Tightening = (&'static str, fn(&mut Tenants), Reason);

const TIGHTENINGS: [Tightening; 2] = [
    (
        "closed to the namespace",
        |tenants| tenants.namespaces.names = Some(vec!["other".into()]),
        Reason::NamespaceNotAllowed,
    ),
    (
        "another name",
        |tenants| tenants.name_template = Some("x.{namespace}.{name}".into()),
        Reason::NameNotAllowed,
    ),
];

fn listed_through_the_clusters_store(origin: Origin) -> AzureRecord {
    AzureRecord {
        store: StoreKey::new(StoreKind::ClusterAzureStore, "default"),
        ..place(id(), origin)
    }
}

#[test]
fn a_marked_key_beyond_limits_that_were_tightened_is_not_changed_and_goes_with_its_object() {
    for (what, tighten, reason) in TIGHTENINGS {
        for (lost, lose) in [
            ("nothing", (|_| ()) as fn(&mut World)),
            ("hints", lose_hints),
            ("hints and finalizer", replace),
        ] {
            let mut world = tenant().settled();
            limit(&mut world, tighten);
            lose(&mut world);
            azure(&mut world).tags = Some(BTreeMap::from([("a".into(), "b".into())]));
            let before = world.azure.clone();
            let at_once = put_away(world.clone());
            assert!(at_once.azure.is_empty(), "{what}, lost: {lost}");
            rest(&mut world);
            assert_eq!(world.ready_reason(), reason, "{what}, lost: {lost}");
            assert_eq!(world.azure, before, "{what}, lost: {lost}");
            assert!(deleted(world).azure.is_empty(), "{what}, lost: {lost}");
        }
    }
}

/// Neither a mark without a place nor a place without a mark is enough.
#[test]
fn beyond_the_limits_nothing_is_asked_that_mark_and_status_do_not_both_vouch_for() {
    for (what, tighten, reason) in TIGHTENINGS {
        let mut only_marked = tenant().settled();
        limit(&mut only_marked, tighten);
        lose_status(&mut only_marked);
        assert!(!only_marked.observed().azure.contains_key(&id()), "{what}");
        // A hint that nothing vouches for gives no defaults: the name is the one that the store makes now.
        let reason_then = match reason {
            Reason::NameNotAllowed => Reason::UpToDate,
            reason => reason,
        };

        let mut only_listed = tenant().settled();
        limit(&mut only_listed, tighten);
        only_listed.azure.get_mut(&id()).unwrap().tags.clear();
        for (mut world, reason) in [(only_marked, reason_then), (only_listed, reason)] {
            world.strangers.insert(id());
            let before = world.azure.clone();
            let at_once = deleted(world.clone());
            assert_eq!(at_once.azure, before, "{what}");
            rest(&mut world);
            assert_eq!(world.ready_reason(), reason, "{what}");
            assert_eq!(deleted(world).azure, before, "{what}");
        }
    }
}

#[test]
fn a_key_that_comes_back_within_the_limits_goes_on() {
    for (what, tighten, reason) in TIGHTENINGS {
        for (lost, lose) in [
            ("nothing", (|_| ()) as fn(&mut World)),
            ("the mark", |world| {
                world.azure.get_mut(&id()).unwrap().tags.clear();
            }),
        ] {
            let mut world = tenant().settled();
            let (before, limits) = (world.azure.clone(), world.cluster_stores.clone());
            limit(&mut world, tighten);
            lose(&mut world);
            rest(&mut world);
            assert_eq!(world.ready_reason(), reason, "{what}, lost: {lost}");
            world.cluster_stores = limits;
            let world = world.settled();
            assert_eq!(world.azure, before, "{what}, lost: {lost}");
            assert!(deleted(world).azure.is_empty(), "{what}, lost: {lost}");
        }
    }
}

#[test]
fn without_leave_to_adopt_a_forged_adoption_gives_no_right_to_a_key_without_a_mark() {
    for origin in [Origin::Adopted, Origin::Created, Origin::Found] {
        let mut world = tenant();
        put_stranger(&mut world, &id(), &key(), BTreeMap::new());
        rest(&mut world);
        assert_eq!(world.ready_reason(), Reason::AzureKeyConflict);
        let forged = listed_through_the_clusters_store(origin);
        let mut status = world.status.clone();
        status.azure.get_or_insert_default().places = vec![forged.to_status()];
        world.status_is(status);
        world.object.hints = Ok(vec![forged]);
        let before = world.azure.clone();
        assert_eq!(deleted(world.clone()).azure, before, "{origin:?}");
        let world = rested(world);
        assert_eq!(world.ready_reason(), Reason::AzureKeyConflict, "{origin:?}");
        assert_eq!(deleted(world).azure, before, "{origin:?}");
    }
}

#[test]
fn an_adopted_key_stays_when_adoption_is_no_longer_allowed() {
    for is_replaced in [false, true] {
        let mut world = tenant();
        limit(&mut world, |tenants| {
            tenants.allow = Some(vec![Permission::Adopt]);
        });
        world.azure.insert(id(), azure_key(&key(), BTreeMap::new()));
        azure(&mut world).conflict_policy = Some(AzureConflictPolicy::Adopt);
        let mut world = world.settled();
        limit(&mut world, |tenants| tenants.allow = None);
        if is_replaced {
            replace(&mut world);
        }
        let before = world.azure.clone();
        rest(&mut world);
        assert_eq!(world.ready_reason(), Reason::AdoptionNotAllowed);
        assert_eq!(world.azure, before);
        assert_eq!(names(&deleted(world)), ["n.web"]);
    }
    // Through a store of the namespace nobody has to allow it.
    assert_eq!(names(&deleted(adopted(&key()))), ["n.web"]);
}
