//! What each limit of a store of the cluster refuses.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{
        Reason, StoreKey, StoreKind,
        cluster_azure_store::{Permission, Tenants},
        source::{AzureKeySource, Source},
        sshkey::{AzureConflictPolicy, CreationPolicy, ResourceGroup},
        status::{Origin, Phase},
    },
    plan::AzureRecord,
};

use crate::{
    tenants::{azure, change, group, is_refused, limit, tenant},
    world::{at, azure_key, id, mark, tags},
};

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
