//! What is decided when an object goes.

use sshkey_operator::{
    api::{
        ErrorClass, Reason,
        sshkey::{self, DeletionPolicy},
    },
    plan::{Failure, Mark, ObjectStep, SecretView, Step, StoreFact, report},
};

use crate::world::{World, at, azure_key, id, key, mark, tags, transient};

pub(crate) fn deleting(mut world: World) -> World {
    world.object.deleting_since = Some(at(-1));
    world
}

#[test]
fn azure_goes_before_the_secret_and_the_finalizer_last() {
    let mut world = World::published();
    world.spec.secret = Some(sshkey::SecretSpec {
        deletion_policy: Some(DeletionPolicy::Delete),
        ..Default::default()
    });
    let mut world = deleting(world.settled());
    assert_eq!(
        world.step_names(),
        ["DeleteAzureKey", "DeleteSecret", "RemoveFinalizer"]
    );
    world.reconcile(usize::MAX);
    assert!(world.released && world.azure.is_empty() && world.secret == SecretView::Absent);
}

#[test]
fn a_secret_stays_unless_its_policy_says_otherwise() {
    let mut world = deleting(World::published().settled());
    world.reconcile(usize::MAX);
    assert!(world.released && world.secret != SecretView::Absent);
}

#[test]
fn a_suspended_object_can_be_deleted() {
    let mut world = deleting(World::published().settled());
    world.spec.suspend = true;
    world.reconcile(usize::MAX);
    assert!(world.released && world.azure.is_empty());
}

#[test]
fn a_key_under_another_mark_is_not_deleted() {
    for theirs in [
        Mark {
            object: "db".into(),
            ..mark()
        },
        Mark {
            uid: "u2".into(),
            ..mark()
        },
        Mark {
            cluster: "d".into(),
            ..mark()
        },
    ] {
        let mut world = deleting(World::published().settled());
        world.azure.insert(id(), azure_key(&key(), tags(&theirs)));
        world.reconcile(usize::MAX);
        assert!(world.released);
        assert_eq!(world.azure.len(), 1, "{theirs:?}");
    }
}

#[test]
fn a_key_taken_over_and_not_marked_yet_is_deleted_with_its_object() {
    let mut world = deleting(World::published().settled());
    let former = Mark {
        uid: "u0".into(),
        ..mark()
    };
    world.object.recorded_uid = Some("u0".into());
    let stored = world.observed().stored_key().cloned().unwrap();
    world.azure.insert(id(), azure_key(&stored, tags(&former)));
    world.reconcile(usize::MAX);
    assert!(world.released && world.azure.is_empty());
}

#[test]
fn a_secret_of_another_object_is_not_deleted() {
    let mut world = World::published();
    world.spec.secret = Some(sshkey::SecretSpec {
        deletion_policy: Some(DeletionPolicy::Delete),
        ..Default::default()
    });
    let mut world = deleting(world.settled());
    world.edit_secret(|facts| facts.owner_uid = Some("u2".into()));
    world.reconcile(usize::MAX);
    assert!(world.released && world.secret != SecretView::Absent);
}

#[test]
fn an_azure_that_does_not_answer_holds_the_object() {
    let mut world = deleting(World::published().settled());
    world.azure_failure = Some(transient());
    assert!(world.step_names().is_empty());
    assert_eq!(world.ready_reason(), Reason::AzureUnavailable);
    world.azure_failure = None;
    world.reconcile(usize::MAX);
    assert!(world.released && world.azure.is_empty());
}

#[test]
fn a_missing_store_holds_the_object_and_the_message_names_the_way_out() {
    let mut world = deleting(World::published().settled());
    world.store = StoreFact::NotFound;
    assert!(world.step_names().is_empty());
    let ready = world.report().ready;
    assert_eq!(ready.reason, Reason::StoreNotFound);
    assert!(
        ready.message.contains("sshkey-operator.io/abandon=u1"),
        "{}",
        ready.message
    );
    world.object.abandoned = true;
    let plan = world.plan();
    assert!(
        matches!(&plan.steps[..], [Step::Object(ObjectStep::RemoveFinalizer { orphans })] if *orphans == [id()]),
        "{plan:?}"
    );
}

#[test]
fn a_subscription_that_is_gone_holds_the_object_and_the_message_names_the_way_out() {
    let mut world = deleting(World::published().settled());
    world.azure_failure = Some(Failure::to_fix(
        Reason::SubscriptionNotFound,
        "no such subscription",
    ));
    assert!(world.step_names().is_empty());
    let ready = world.report().ready;
    assert_eq!(ready.reason, Reason::SubscriptionNotFound);
    for told in ["no such subscription", "sshkey-operator.io/abandon=u1"] {
        assert!(ready.message.contains(told), "{}", ready.message);
    }
}

#[test]
fn a_deletion_that_azure_refuses_names_the_way_out() {
    let world = deleting(World::published().settled());
    let (desired, observed, plan) = (world.desired(), world.observed(), world.plan());
    let locked = Failure::to_fix(Reason::ScopeLocked, "locked");
    let failed = Some((&plan.steps[0], &locked));
    let ready = report(&desired, &observed, &plan, failed, &world.status, 1, at(0)).ready;
    assert_eq!(ready.reason, Reason::ScopeLocked);
    assert!(
        ready.message.contains("sshkey-operator.io/abandon=u1"),
        "{}",
        ready.message
    );
}

#[test]
fn who_gives_up_on_azure_gives_up_on_what_refuses_to_go_too() {
    let mut world = deleting(World::published().settled());
    world.object.abandoned = true;
    let plan = world.plan();
    assert!(
        matches!(&plan.steps[..], [Step::Object(ObjectStep::RemoveFinalizer { orphans })] if *orphans == [id()]),
        "{plan:?}"
    );
}

#[test]
fn a_policy_that_is_changed_during_the_deletion_counts() {
    let mut world = deleting(World::published().settled());
    world.spec.azure.as_mut().unwrap().deletion_policy = Some(DeletionPolicy::Retain);
    assert_eq!(world.step_names(), ["RemoveFinalizer"]);
}

#[test]
fn a_namespace_in_deletion_is_held_no_longer_than_its_time() {
    let mut world = deleting(World::published().settled());
    world.store = StoreFact::NotFound;
    world.namespace_terminating = true;
    assert!(world.step_names().is_empty(), "its time has not come");
    world.object.deleting_since = Some(at(-601));
    assert_eq!(world.step_names(), ["RemoveFinalizer"]);
    world.namespace_terminating = false;
    assert!(
        world.step_names().is_empty(),
        "a store that is missing elsewhere is waited for"
    );
}

#[test]
fn a_namespace_in_deletion_waits_for_an_azure_that_is_away() {
    for reason in [Reason::AzureUnavailable, Reason::AzureAnswerInvalid] {
        let mut world = deleting(World::published().settled());
        world.namespace_terminating = true;
        world.object.deleting_since = Some(at(-601));
        let away = Failure::new(ErrorClass::Transient, reason, "away");
        world.azure_failure = Some(away);
        assert!(world.step_names().is_empty(), "{reason:?}");
        world.azure_failure = None;
        assert_eq!(world.step_names(), ["DeleteAzureKey", "RemoveFinalizer"]);
    }
}

#[test]
fn a_key_that_was_never_published_leaves_nothing_behind() {
    let mut world = World::published();
    world.reconcile(1);
    assert_eq!(world.object.hints.as_ref().unwrap().len(), 1);
    let mut world = deleting(world);
    world.reconcile(usize::MAX);
    assert!(world.released);
}

#[test]
fn a_retained_key_stays_in_azure() {
    let mut world = World::published();
    world.spec.azure.as_mut().unwrap().deletion_policy = Some(DeletionPolicy::Retain);
    let mut world = deleting(world.settled());
    world.reconcile(usize::MAX);
    assert!(world.released);
    assert_eq!(world.azure.len(), 1);
}

#[test]
fn a_protected_object_stays_as_it_is_whoever_deletes_it_and_goes_once_it_is_not() {
    let mut world = World::published().settled();
    world.spec.deletion_protection = true;
    assert_eq!(
        world.step_names(),
        [""; 0],
        "it changes nothing while it lives"
    );
    world.object.deleting_since = Some(at(-1_000_000));
    world.namespace_terminating = true;
    world.object.abandoned = true;
    assert_eq!(world.step_names(), [""; 0]);
    assert_eq!(world.ready_reason(), Reason::DeletionProtected);
    world.spec.suspend = true;
    assert_eq!(world.ready_reason(), Reason::DeletionProtected);
    world.spec.deletion_protection = false;
    world.object.abandoned = false;
    assert_eq!(world.step_names(), ["DeleteAzureKey", "RemoveFinalizer"]);
}
