//! Stores of the cluster: when one is meant, and what each of their limits refuses.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{
        ClusterAzureStoreSpec, ConditionType, Reason, StoreKey, StoreKind,
        azure_store::{Defaults, Subscription},
        cluster_azure_store::{AllowedNamespaces, Permission, Tenants},
        condition::find,
        source::{AzureKeySource, Source},
        sshkey::{AzureConflictPolicy, AzureSpec, CreationPolicy, ResourceGroup, StoreRef},
        status::{Origin, Phase},
    },
    plan::{AzureRecord, SharedStore, StoreFact},
};

use crate::world::{World, at, azure_key, id, mark, tags, transient};

fn group(name: &str) -> ResourceGroup {
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
fn change(world: &mut World, change: impl FnOnce(&mut SharedStore)) {
    match world.cluster_stores.get_mut("default") {
        Some(StoreFact::Shared(store)) => change(store),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn limit(world: &mut World, limit: impl FnOnce(&mut Tenants)) {
    change(world, |store| limit(&mut store.spec.tenants));
}

fn azure(world: &mut World) -> &mut AzureSpec {
    world.spec.azure.as_mut().unwrap()
}

/// Refused with this reason by words that say by which store and how to mend it; the key pair is made all the same.
fn is_refused(mut world: World, reason: Reason, words: &[&str]) -> World {
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

#[test]
fn a_group_beyond_the_default_one_must_be_listed_and_compares_without_case() {
    let mut world = tenant();
    azure(&mut world).resource_group = Some(group("admins"));
    world.groups.insert("admins".into());
    let words = ["group admins", "tenants.resourceGroups"];
    let mut world = is_refused(world, Reason::ResourceGroupNotAllowed, &words);
    limit(&mut world, |tenants| {
        tenants.resource_groups = Some(vec!["ADMINS".into()]);
    });
    world.settled();
    let mut same = tenant();
    azure(&mut same).resource_group = Some(group("G"));
    same.groups.insert("G".into());
    same.settled();
}

#[test]
fn a_name_of_its_own_is_not_allowed_unless_it_is_the_one_that_the_template_makes() {
    let mut world = tenant();
    azure(&mut world).name = Some("other-team.web".into());
    let words = ["n.web", "other-team.web", "CustomName"];
    let mut world = is_refused(world, Reason::NameNotAllowed, &words);
    limit(&mut world, |tenants| {
        tenants.allow = Some(vec![Permission::CustomName]);
    });
    // When that ends, the key stays as it is, until its own name is written.
    let mut named = world.settled();
    limit(&mut named, |tenants| tenants.allow = None);
    assert!(named.step_names().is_empty());
    assert_eq!(named.ready_reason(), Reason::NameNotAllowed);
    azure(&mut named).name = Some("n.web".into());
    let named = named.settled();
    let left: Vec<&str> = named.azure.keys().map(|id| id.name.as_str()).collect();
    assert_eq!(left, ["n.web"]);
    let mut same = tenant();
    azure(&mut same).name = Some("n.web".into());
    same.settled();
}

#[test]
fn the_template_of_the_store_makes_the_name() {
    let mut world = tenant();
    limit(&mut world, |tenants| {
        tenants.name_template = Some("c1.{name}_{namespace}".into());
    });
    let world = world.settled();
    let names: Vec<&str> = world.azure.keys().map(|id| id.name.as_str()).collect();
    assert_eq!(names, ["c1.web_n"]);
}

#[test]
fn taking_over_a_key_must_be_allowed() {
    for policy in [
        AzureConflictPolicy::Adopt,
        AzureConflictPolicy::AdoptMatching,
    ] {
        let mut world = tenant();
        azure(&mut world).conflict_policy = Some(policy);
        let there = azure_key(&crate::world::key(), BTreeMap::new());
        world.azure.insert(id(), there);
        let world = is_refused(
            world,
            Reason::AdoptionNotAllowed,
            &["spec.azure.conflictPolicy: Refuse", "tenants.allow"],
        );
        let mut allowed = world;
        limit(&mut allowed, |tenants| {
            tenants.allow = Some(vec![Permission::Adopt]);
        });
        azure(&mut allowed).conflict_policy = Some(AzureConflictPolicy::Adopt);
        allowed.settled();
    }
    let mut refusing = tenant();
    azure(&mut refusing).conflict_policy = Some(AzureConflictPolicy::Refuse);
    refusing.settled();
}

#[test]
fn following_a_key_must_be_allowed() {
    let mut world = tenant();
    world.spec.source = Some(Source {
        azure_key: Some(AzureKeySource {}),
        ..Source::default()
    });
    let there = azure_key(&crate::world::key(), BTreeMap::new());
    world.azure.insert(id(), there);
    let mut world = is_refused(world, Reason::ObservationNotAllowed, &["Observe"]);
    limit(&mut world, |tenants| {
        tenants.allow = Some(vec![Permission::Observe]);
    });
    world.settled();
}

#[test]
fn having_a_group_created_must_be_allowed_or_be_the_stores_own_default() {
    let mut world = tenant();
    world.groups.clear();
    azure(&mut world).resource_group = Some(ResourceGroup {
        name: None,
        creation_policy: Some(CreationPolicy::IfMissing),
    });
    let words = ["CreateResourceGroup", "IfMissing"];
    let reason = Reason::ResourceGroupCreationNotAllowed;
    let world = is_refused(world, reason, &words);
    assert!(world.groups.is_empty());
    let mut allowed = world.clone();
    limit(&mut allowed, |tenants| {
        tenants.allow = Some(vec![Permission::CreateResourceGroup]);
    });
    allowed.settled();
    let mut by_default = world;
    azure(&mut by_default).resource_group = None;
    change(&mut by_default, |store| {
        let defaults = store.spec.defaults.as_mut().unwrap();
        defaults.resource_group.as_mut().unwrap().creation_policy = Some(CreationPolicy::IfMissing);
    });
    by_default.settled();
}

#[test]
fn what_is_not_allowed_any_more_is_not_changed_and_can_still_be_deleted() {
    let changes: [fn(&mut Tenants); 2] = [
        |tenants| tenants.namespaces.names = Some(vec!["other".into()]),
        |tenants| tenants.name_template = Some("x.{namespace}.{name}".into()),
    ];
    for change in changes {
        let mut world = tenant().settled();
        limit(&mut world, change);
        azure(&mut world).tags = Some(BTreeMap::from([("a".to_owned(), "b".to_owned())]));
        world.azure.get_mut(&id()).unwrap().tags.clear();
        assert!(world.step_names().is_empty());
        assert_ne!(world.ready_reason(), Reason::UpToDate);
        world.azure.get_mut(&id()).unwrap().tags = tags(&mark());
        let mut taken_away = world.clone();
        taken_away.spec.azure = None;
        taken_away.reconcile(usize::MAX);
        assert!(taken_away.azure.is_empty());
        world.object.deleting_since = Some(at(0));
        world.reconcile(usize::MAX);
        assert!(world.released && world.azure.is_empty());
    }
}

/// Whoever may write an `SshKey` may write the annotation with its records.
#[test]
fn a_record_that_a_tenant_has_written_reaches_no_key_of_anybody_else() {
    let store = StoreKey::new(StoreKind::ClusterAzureStore, "default");
    let record = |name: &str, group: &str| {
        let mut id = id();
        id.name = name.to_owned();
        id.resource_group = group.to_owned();
        AzureRecord {
            id,
            location: "westeurope".into(),
            store: store.clone(),
            deletion_policy: sshkey_operator::api::sshkey::DeletionPolicy::Delete,
            origin: Origin::Created,
            phase: Phase::Published,
            tags: Vec::new(),
            in_step: None,
        }
    };
    for (name, group) in [("theirs", "g"), ("n.web", "admins")] {
        let mut world = tenant();
        world.groups.insert("admins".into());
        let record = record(name, group);
        world.object.hints = Ok(vec![record.clone()]);
        let world = world.settled();
        assert_eq!(
            world.azure.keys().collect::<Vec<_>>(),
            [&id()],
            "a hint gives no default"
        );
        // The same public key: whoever reads it can upload it.
        let mut world = world;
        world.object.hints = Ok(vec![record.clone()]);
        let ours = world.observed().stored_key().unwrap().clone();
        let there = azure_key(&ours, BTreeMap::new());
        world.azure.insert(record.id.clone(), there);
        let mut deleted = world.clone();
        deleted.object.deleting_since = Some(at(0));
        deleted.reconcile(usize::MAX);
        assert!(deleted.released);
        assert!(
            deleted.azure.contains_key(&record.id),
            "a key without a mark stays"
        );
        world.spec.azure = None;
        let world = world.settled();
        assert!(world.azure.contains_key(&record.id));
    }
}
