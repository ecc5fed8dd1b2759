//! Stores of the cluster: when one is meant, and who may use it.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{
        ClusterAzureStoreSpec, ConditionType, Reason, StoreKey, StoreKind,
        azure_store::{Defaults, Subscription},
        cluster_azure_store::{AllowedNamespaces, Tenants},
        condition::find,
        sshkey::{AzureSpec, ResourceGroup, StoreRef},
    },
    plan::{SharedStore, StoreFact},
};

use crate::world::{World, transient};

pub(crate) fn group(name: &str) -> ResourceGroup {
    ResourceGroup {
        name: Some(name.into()),
        creation_policy: None,
    }
}

/// A store that the namespace `n` may use, and that allows nothing beyond.
pub(crate) fn shared() -> SharedStore {
    SharedStore {
        spec: ClusterAzureStoreSpec {
            subscription: Subscription {
                subscription_id: "s".into(),
                ..Subscription::default()
            },
            defaults: Some(Defaults {
                resource_group: Some(group("g")),
                location: Some("westeurope".into()),
                tags: None,
            }),
            tenants: Tenants {
                namespaces: AllowedNamespaces {
                    names: Some(vec!["n".into()]),
                    match_labels: None,
                },
                ..Tenants::default()
            },
            ..ClusterAzureStoreSpec::default()
        },
        namespace_labels: BTreeMap::new(),
        ready: Ok(()),
    }
}

/// A key that is to be published through the default store of the cluster.
pub(crate) fn tenant() -> World {
    let mut world = World::published();
    world.store = StoreFact::NotFound;
    put(&mut world, "default", shared());
    world
}

pub(crate) fn put(world: &mut World, name: &str, store: SharedStore) {
    world
        .cluster_stores
        .insert(name.into(), StoreFact::Shared(Box::new(store)));
}

/// Changes the default store of the cluster.
pub(crate) fn change(world: &mut World, change: impl FnOnce(&mut SharedStore)) {
    match world.cluster_stores.get_mut("default") {
        Some(StoreFact::Shared(store)) => change(store),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn limit(world: &mut World, limit: impl FnOnce(&mut Tenants)) {
    change(world, |store| limit(&mut store.spec.tenants));
}

pub(crate) fn azure(world: &mut World) -> &mut AzureSpec {
    world.spec.azure.as_mut().unwrap()
}

/// Refused with this reason by words that say by which store and how to mend it; the key pair is made all the same.
pub(crate) fn is_refused(mut world: World, reason: Reason, words: &[&str]) -> World {
    let before = world.azure.clone();
    world.reconcile(usize::MAX);
    assert_eq!(world.ready_reason(), reason);
    let report = world.report();
    assert!(find(&report.status.conditions, ConditionType::Stalled).is_some());
    let said = report.ready.message;
    for word in ["ClusterAzureStore default"].iter().chain(words) {
        assert!(said.contains(word), "{said}");
    }
    assert!(world.step_names().is_empty());
    assert_eq!(world.azure, before, "nothing is written");
    world
}

#[test]
fn the_default_store_of_the_cluster_is_used_where_the_namespace_has_none_and_is_recorded() {
    let world = tenant().settled();
    let default = StoreKey::new(StoreKind::ClusterAzureStore, "default");
    assert_eq!(world.object.hints.as_ref().unwrap()[0].store, default);
    let told = world.status.azure.unwrap();
    assert_eq!(told.store, "default");
    assert_eq!(told.store_kind, Some(StoreKind::ClusterAzureStore));
}

#[test]
fn the_namespaces_own_default_goes_before_that_of_the_cluster() {
    let mut world = World::published();
    put(&mut world, "default", shared());
    let world = world.settled();
    let default = StoreKey::new(StoreKind::AzureStore, "default");
    assert_eq!(world.object.hints.as_ref().unwrap()[0].store, default);
}

#[test]
fn a_default_that_comes_later_moves_no_key_that_is_recorded() {
    let own = World::published().store;
    let mut world = tenant().settled();
    world.store = own;
    assert!(world.step_names().is_empty());
    assert_eq!(world.ready_reason(), Reason::UpToDate);
    let mut other_way = World::published().settled();
    put(&mut other_way, "default", shared());
    other_way.store = StoreFact::NotFound;
    assert_eq!(
        other_way.ready_reason(),
        Reason::StoreNotFound,
        "it is not moved to the cluster's either"
    );
}

#[test]
fn without_any_default_store_both_are_named() {
    let mut world = World::published();
    world.store = StoreFact::NotFound;
    world.reconcile(usize::MAX);
    let status = world.report().status;
    let synced = find(&status.conditions, ConditionType::AzureSynced).unwrap();
    assert_eq!(synced.reason, Reason::StoreNotFound.as_str());
    for word in ["AzureStore default", "ClusterAzureStore default"] {
        assert!(synced.message.contains(word), "{}", synced.message);
    }
}

#[test]
fn a_store_is_named_by_its_kind_too() {
    let mut world = World::published();
    put(&mut world, "default", shared());
    azure(&mut world).store_ref = Some(StoreRef {
        kind: Some(StoreKind::ClusterAzureStore),
        name: "default".into(),
    });
    let world = world.settled();
    let named = StoreKey::new(StoreKind::ClusterAzureStore, "default");
    assert_eq!(world.object.hints.as_ref().unwrap()[0].store, named);
}

#[test]
fn a_store_of_the_cluster_that_is_not_ready_is_waited_for() {
    let mut world = tenant();
    change(&mut world, |store| store.ready = Err(transient()));
    world.reconcile(usize::MAX);
    assert_eq!(world.ready_reason(), Reason::StoreNotReady);
    change(&mut world, |store| store.ready = Ok(()));
    world.settled();
}

#[test]
fn a_namespace_that_is_not_named_may_not_use_the_store_and_is_not_told_how_it_stands() {
    let mut world = tenant();
    limit(&mut world, |tenants| {
        tenants.namespaces.names = Some(vec!["other".into()]);
    });
    let words = ["namespace n", "tenants.namespaces"];
    is_refused(world.clone(), Reason::NamespaceNotAllowed, &words);
    change(&mut world, |store| store.ready = Err(transient()));
    is_refused(world, Reason::NamespaceNotAllowed, &words);
}

#[test]
fn a_namespace_is_let_in_by_its_name_by_the_star_or_by_all_of_the_labels() {
    let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    };
    let wanted = labels(&[("team", "a"), ("keys", "yes")]);
    for (names, asked, has, open) in [
        (Some("n"), None, labels(&[]), true),
        (Some("*"), None, labels(&[]), true),
        (Some("nn"), None, labels(&[]), false),
        (Some("N"), None, labels(&[]), false),
        (None, None, labels(&[]), false),
        (None, Some(labels(&[])), labels(&[]), false),
        (None, Some(wanted.clone()), wanted.clone(), true),
        (None, Some(wanted.clone()), labels(&[("team", "a")]), false),
        (
            Some("other"),
            Some(wanted.clone()),
            labels(&[("team", "a"), ("keys", "no")]),
            false,
        ),
        (Some("n"), Some(wanted.clone()), labels(&[]), true),
    ] {
        let mut world = tenant();
        change(&mut world, |store| {
            store.spec.tenants.namespaces = AllowedNamespaces {
                names: names.map(|name| vec![name.to_owned()]),
                match_labels: asked.clone(),
            };
            store.namespace_labels = has.clone();
        });
        if open {
            world.settled();
        } else {
            is_refused(world, Reason::NamespaceNotAllowed, &[]);
        }
    }
}
