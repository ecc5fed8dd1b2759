//! What is decided in each state of the key in Azure.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{Reason, source, sshkey::DeletionPolicy},
    keys::{Curve, KeySpec},
    plan::{AzureStep, Mark, SecretView, Step, StoreFact, UpdateAzureKey},
};

use crate::world::{World, azure_key, id, key, mark, pair, secret, tags};

#[test]
fn a_key_in_azure_that_is_not_ours_is_left_alone() {
    let foreign = Mark {
        object: "db".into(),
        ..mark()
    };
    let former = Mark {
        uid: "u0".into(),
        ..mark()
    };
    for tags in [BTreeMap::new(), tags(&foreign), tags(&former)] {
        let mut world = World::published();
        let stored = key();
        world.secret = SecretView::Present(Box::new(secret(&stored)));
        world.azure.insert(id(), azure_key(&key(), tags));
        let before = world.azure.clone();
        world.reconcile(usize::MAX);
        assert_eq!(world.ready_reason(), Reason::AzureKeyConflict);
        assert_eq!(world.azure, before);
    }
}

#[test]
fn a_changed_or_deleted_key_in_azure_is_put_back() {
    let settled = World::published().settled();
    let stored = settled.observed().stored_key().cloned();
    let mut changed = settled.clone();
    changed.azure.get_mut(&id()).unwrap().public_key = Ok(key());
    assert_eq!(changed.step_names(), ["UpdateAzureKey"]);
    let mut rubbish = settled.clone();
    rubbish.azure.get_mut(&id()).unwrap().public_key = Err("no key".into());
    let mut deleted = settled.clone();
    deleted.azure.clear();
    assert_eq!(deleted.step_names(), ["PublishKey"]);
    for world in [changed, rubbish, deleted] {
        let world = world.settled();
        assert_eq!(world.azure[&id()].public_key.as_ref().ok(), stored.as_ref());
        assert_eq!(world.generated.len(), 1);
    }
}

#[test]
fn tags_are_merged_and_what_others_put_there_stays() {
    let mut world = World::published().settled();
    world
        .azure
        .get_mut(&id())
        .unwrap()
        .tags
        .insert("Creator".into(), "policy".into());
    assert!(world.step_names().is_empty(), "a foreign tag is no drift");
    world.spec.azure.as_mut().unwrap().tags = Some(BTreeMap::from([("team".into(), "web".into())]));
    assert_eq!(world.step_names(), ["Record", "UpdateAzureKey"]);
    let mut world = world.settled();
    assert_eq!(world.azure[&id()].tags["team"], "web");
    assert_eq!(world.azure[&id()].tags["Creator"], "policy");
    world.spec.azure.as_mut().unwrap().tags = None;
    let world = world.settled();
    assert!(
        !world.azure[&id()].tags.contains_key("team"),
        "what was ours is taken away again"
    );
    assert_eq!(world.azure[&id()].tags["Creator"], "policy");
    assert!(
        world.object.hints.unwrap()[0].tags.is_empty(),
        "and recorded no more"
    );
}

#[test]
fn tags_that_differ_only_in_case_are_one_tag() {
    let mut world = World::published();
    world.spec.azure.as_mut().unwrap().tags = Some(BTreeMap::from([("team".into(), "web".into())]));
    let mut world = world.settled();
    let there = world.azure.get_mut(&id()).unwrap();
    there.tags.remove("team");
    there.tags.insert("TEAM".into(), "web".into());
    assert!(world.step_names().is_empty());
}

#[test]
fn a_key_in_another_location_is_a_conflict() {
    let mut world = World::published().settled();
    world.azure.get_mut(&id()).unwrap().location = "northeurope".into();
    assert_eq!(world.ready_reason(), Reason::LocationConflict);
    world.azure.get_mut(&id()).unwrap().location = "West Europe".into();
    assert_eq!(world.ready_reason(), Reason::UpToDate);
}

#[test]
fn a_changed_default_of_the_store_moves_nothing() {
    let mut world = World::published().settled();
    let StoreFact::Ready(store) = &mut world.store else {
        panic!()
    };
    let defaults = store.defaults.as_mut().unwrap();
    defaults.common.location = Some("eastus".into());
    defaults.common.resource_group.as_mut().unwrap().name = Some("other".into());
    defaults.name_template = Some("x-{name}".into());
    assert!(world.step_names().is_empty());
    assert_eq!(world.ready_reason(), Reason::UpToDate);
}

#[test]
fn a_spec_and_a_store_that_leave_open_where_say_so() {
    for (forget, reason) in [
        (0, Reason::ResourceGroupRequired),
        (1, Reason::LocationRequired),
        (2, Reason::AzureNameInvalid),
    ] {
        let mut world = World::published();
        let StoreFact::Ready(store) = &mut world.store else {
            panic!()
        };
        let defaults = store.defaults.as_mut().unwrap();
        match forget {
            0 => defaults.common.resource_group = None,
            1 => defaults.common.location = None,
            _ => defaults.name_template = Some(format!("{}{{name}}", "x".repeat(126))),
        }
        world.reconcile(usize::MAX);
        assert_eq!(world.ready_reason(), reason);
        assert!(world.azure.is_empty());
    }
}

#[test]
fn more_tags_than_azure_takes_are_not_sent_there() {
    let mut world = World::published();
    let many = |prefix: &str| {
        (0..40)
            .map(|n| (format!("{prefix}{n}"), String::new()))
            .collect()
    };
    let StoreFact::Ready(store) = &mut world.store else {
        panic!()
    };
    store.defaults.as_mut().unwrap().common.tags = Some(many("a"));
    world.spec.azure.as_mut().unwrap().tags = Some(many("b"));
    world.reconcile(usize::MAX);
    assert_eq!(world.ready_reason(), Reason::TooManyTags);
    world.spec.azure.as_mut().unwrap().tags = Some(many("A"));
    world.settled();
}

#[test]
fn a_key_that_azure_does_not_take_is_not_sent_there() {
    let ecdsa = pair(KeySpec::Ecdsa(Curve::P256));
    let mut world = World::published();
    world.spec.source = Some(source::Source {
        generate: Some(source::Generate {
            algorithm: Some(source::Algorithm::Ecdsa),
            ..Default::default()
        }),
        ..source::Source::default()
    });
    world.secret = SecretView::Present(Box::new(secret(&ecdsa)));
    world.reconcile(usize::MAX);
    assert_eq!(world.ready_reason(), Reason::KeyRefused);
    assert!(world.azure.is_empty());
}

#[test]
fn what_is_published_stays_while_what_is_wanted_instead_can_not_be_had() {
    let mut world = World::published().settled();
    world.spec.azure.as_mut().unwrap().name = Some("taken".into());
    let taken = sshkey_operator::api::ArmId {
        name: "taken".into(),
        ..id()
    };
    world
        .azure
        .insert(taken.clone(), azure_key(&key(), BTreeMap::new()));
    assert!(world.step_names().is_empty());
    assert_eq!(world.ready_reason(), Reason::AzureKeyConflict);
    world.azure.remove(&taken);
    assert_eq!(
        world.step_names(),
        ["Record", "RecordPlaces", "PublishKey", "DeleteAzureKey"]
    );
    let world = world.settled();
    assert_eq!(world.azure.keys().collect::<Vec<_>>(), [&taken]);
}

#[test]
fn a_place_that_is_never_written_to_is_not_recorded() {
    let mut world = World::published();
    world.groups.clear();
    world.reconcile(usize::MAX);
    assert_eq!(world.object.hints, Ok(Vec::new()));
    let StoreFact::Ready(store) = &mut world.store else {
        panic!()
    };
    let defaults = store.defaults.as_mut().unwrap();
    defaults.common.resource_group.as_mut().unwrap().name = Some("right".into());
    world.groups.insert("right".into());
    let world = world.settled();
    assert_eq!(world.azure.keys().next().unwrap().resource_group, "right");
}

#[test]
fn a_key_that_is_no_longer_wanted_in_azure_goes_by_its_recorded_policy() {
    for (policy, left) in [(DeletionPolicy::Delete, 0), (DeletionPolicy::Retain, 1)] {
        let mut world = World::published();
        world.spec.azure.as_mut().unwrap().deletion_policy = Some(policy);
        let mut world = world.settled();
        world.spec.azure = None;
        let world = world.settled();
        assert_eq!(world.azure.len(), left);
        // What is retained is named as long as it is there: it carries the mark of this object.
        assert_eq!(world.object.places.len(), left);
        assert_eq!(world.object.hints.as_ref().unwrap().len(), left);
    }
}

#[test]
fn an_update_sends_only_what_differs() {
    let mut world = World::published().settled();
    world.azure.get_mut(&id()).unwrap().public_key = Ok(key());
    assert!(matches!(
        &world.plan().steps[..],
        [Step::Azure(AzureStep::UpdateAzureKey(UpdateAzureKey {
            public_key: Some(_),
            tags: None,
            ..
        }))]
    ));
    let mut world = World::published().settled();
    world
        .azure
        .get_mut(&id())
        .unwrap()
        .tags
        .remove("sshkey-operator-uid");
    world
        .azure
        .get_mut(&id())
        .unwrap()
        .tags
        .insert("sshkey-operator-uid".into(), "u1".into());
    assert!(world.step_names().is_empty());
}
