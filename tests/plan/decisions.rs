//! What is decided of the whole: in what order, and what is left alone.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{
        Reason,
        sshkey::{self, CreationPolicy},
    },
    plan::StoreFact,
};

use crate::world::{World, fingerprint, id, transient};

#[test]
fn a_new_key_is_recorded_then_stored_then_published() {
    let world = World::published();
    assert_eq!(world.step_names(), ["Record", "CreateSecret", "PublishKey"]);
    let world = world.settled();
    assert_eq!(world.ready_reason(), Reason::UpToDate);
    assert_eq!(
        world.azure[&id()].public_key.as_ref().ok(),
        world.observed().stored_key()
    );
    assert_eq!(world.writes, 4, "record, Secret, key and status, each once");
}

#[test]
fn nothing_is_written_while_nothing_changes() {
    let mut world = World::published().settled();
    let writes = world.writes;
    world.reconcile(usize::MAX);
    assert_eq!(world.writes, writes);
}

#[test]
fn a_missing_resource_group_is_created_only_where_that_is_allowed() {
    let mut world = World::published();
    world.groups.clear();
    assert_eq!(world.step_names(), ["Record", "CreateSecret"]);
    assert_eq!(
        world
            .clone()
            .settled_but_for(Reason::ResourceGroupNotFound)
            .azure
            .len(),
        0
    );
    let group = sshkey::ResourceGroup {
        name: None,
        creation_policy: Some(CreationPolicy::IfMissing),
    };
    world.spec.azure.as_mut().unwrap().resource_group = Some(group);
    assert_eq!(
        world.step_names(),
        [
            "Record",
            "CreateSecret",
            "CreateResourceGroup",
            "PublishKey"
        ]
    );
    world.settled();
}

#[test]
fn what_a_store_says_of_its_own_group_creates_no_other() {
    let mut world = World::published();
    world.groups.clear();
    let StoreFact::Ready(store) = &mut world.store else {
        panic!("{:?}", world.store)
    };
    let defaults = store.defaults.as_mut().unwrap();
    let group = defaults.common.resource_group.as_mut().unwrap();
    group.creation_policy = Some(CreationPolicy::IfMissing);
    assert!(world.step_names().contains(&"CreateResourceGroup"));
    world.spec.azure.as_mut().unwrap().resource_group = Some(sshkey::ResourceGroup {
        name: Some("typo".into()),
        creation_policy: None,
    });
    let world = world.settled_but_for(Reason::ResourceGroupNotFound);
    assert!(world.azure.is_empty());
}

#[test]
fn a_key_is_stored_although_azure_is_away_and_published_when_it_is_back() {
    let mut world = World::published();
    world.azure_failure = Some(transient());
    world.reconcile(usize::MAX);
    assert_eq!(world.generated.len(), 1);
    assert_eq!(world.ready_reason(), Reason::AzureUnavailable);
    world.azure_failure = None;
    let world = world.settled();
    assert_eq!(world.generated.len(), 1);
}

#[test]
fn a_key_is_stored_although_its_store_is_missing_or_not_ready() {
    for (store, reason) in [
        (StoreFact::NotFound, Reason::StoreNotFound),
        (StoreFact::NotReady(transient()), Reason::StoreNotReady),
    ] {
        let mut world = World::published();
        world.store = store;
        world.reconcile(usize::MAX);
        assert_eq!(world.generated.len(), 1);
        assert_eq!(world.ready_reason(), reason);
        assert!(world.step_names().is_empty());
    }
}

#[test]
fn a_suspended_object_says_what_it_would_do_and_does_nothing() {
    let mut world = World::published();
    world.spec.suspend = true;
    world.reconcile(usize::MAX);
    assert!(world.generated.is_empty());
    let ready = world.report().ready;
    assert_eq!(ready.reason, Reason::Suspended);
    assert!(
        ready.message.contains("create Secret web")
            && ready.message.contains("sshPublicKeys/n.web"),
        "{}",
        ready.message
    );
}

#[test]
fn hints_that_can_not_be_read_change_nothing_and_are_put_back() {
    let mut world = World::published().settled();
    let before = world.object.hints.clone();
    world.object.hints = Err("not JSON".into());
    assert_eq!(world.step_names(), ["Record"]);
    world.azure.clear();
    let world = world.settled();
    assert_eq!(world.object.hints, before);
    assert_eq!(
        world.azure.len(),
        1,
        "and what is missing in Azure is put right"
    );
}

#[test]
fn an_unknown_view_of_azure_writes_nothing() {
    let mut world = World::published().settled();
    world.azure_failure = Some(transient());
    world.spec.azure.as_mut().unwrap().tags = Some(BTreeMap::from([("team".into(), "web".into())]));
    assert!(world.step_names().is_empty());
}

#[test]
fn the_status_carries_the_key_and_where_it_is() {
    let world = World::published().settled();
    let stored = world.observed().stored_key().cloned().unwrap();
    let status = &world.status;
    assert_eq!(
        status.fingerprint.as_deref(),
        Some(fingerprint(&stored).to_string().as_str())
    );
    assert_eq!(
        status.public_key.as_deref(),
        Some(stored.to_line().as_str())
    );
    assert_eq!(status.secret_name.as_deref(), Some("web"));
    assert_eq!(status.azure.as_ref().unwrap().resource_id, id().to_string());
}
