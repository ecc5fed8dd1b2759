//! What is decided in each state of the Secret and of Azure.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{
        Reason, source,
        sshkey::{self, CreationPolicy, DeletionPolicy, SecretConflictPolicy},
    },
    keys::{Curve, KeySpec, RsaSize},
    plan::{AzureStep, Mark, SecretKey, SecretView, Step, StoreFact, UpdateAzureKey},
};

use crate::world::{
    World, azure_key, fingerprint, foreign_secret, id, key, mark, pair, secret, tags, transient,
};

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
fn a_secret_from_an_old_backup_is_replaced_although_it_vouches_for_itself() {
    let mut world = World::published().settled();
    world.secret = SecretView::Present(Box::new(secret(&key())));
    assert!(world.step_names().is_empty());
    assert_eq!(world.ready_reason(), Reason::PrivateKeyReplaced);
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
