//! What is said in each state: conditions by the API conventions, and what kstatus makes of them.

use std::time::Duration;

use sshkey_operator::{
    api::{
        ConditionType, Reason, SshKeyStatus,
        condition::find,
        sshkey::{SecretConflictPolicy, SecretSpec},
    },
    plan::{Failure, Intervals, SecretKey, SecretView, StoreFact, report},
};

use crate::world::{World, at, foreign_secret, key, transient};

fn types(status: &SshKeyStatus) -> Vec<&str> {
    status
        .conditions
        .iter()
        .map(|condition| condition.type_.as_str())
        .collect()
}

#[test]
fn all_is_well_with_three_true_conditions_and_no_other() {
    let status = World::published().settled().status;
    assert_eq!(types(&status), ["Ready", "KeyAvailable", "AzureSynced"]);
    assert!(
        status
            .conditions
            .iter()
            .all(|condition| condition.status == "True")
    );
}

#[test]
fn without_azure_nothing_is_said_of_it() {
    assert_eq!(
        types(&World::new().settled().status),
        ["Ready", "KeyAvailable"]
    );
}

#[test]
fn what_a_person_must_mend_is_stalled_and_what_passes_is_reconciling() {
    let mut lost = World::published().settled();
    lost.secret = SecretView::Absent;
    assert_eq!(
        types(&lost.report().status),
        ["Ready", "KeyAvailable", "AzureSynced", "Stalled"]
    );
    let mut away = World::published().settled();
    away.azure_failure = Some(transient());
    assert_eq!(
        types(&away.report().status),
        ["Ready", "KeyAvailable", "AzureSynced", "Reconciling"]
    );
    let mut store = World::published().settled();
    store.store = StoreFact::NotReady(transient());
    assert_eq!(
        types(&store.report().status),
        ["Ready", "KeyAvailable", "AzureSynced", "Reconciling"]
    );
}

#[test]
fn a_lost_key_keeps_its_fingerprint_in_the_status() {
    let settled = World::published().settled();
    let mut lost = settled.clone();
    lost.secret = SecretView::Absent;
    assert_eq!(lost.report().status.fingerprint, settled.status.fingerprint);
    assert!(settled.status.fingerprint.is_some());
}

#[test]
fn a_secret_is_known_by_its_key_only_once_it_was_adopted() {
    let mut world = World::new();
    world.secret = SecretView::Present(Box::new(foreign_secret(SecretKey::Readable(key()))));
    world.spec.secret = Some(SecretSpec {
        conflict_policy: Some(SecretConflictPolicy::Adopt),
        ..SecretSpec::default()
    });
    // As it is reported when the adoption did not work.
    let status = world.report().status;
    assert_eq!(status.fingerprint, None);
    world.object.reported_fingerprint = status.fingerprint.map(|text| text.parse().unwrap());
    assert!(
        world.step_names().contains(&"AdoptSecret"),
        "it is not taken for one of ours that has lost its records"
    );
    assert!(world.settled().status.fingerprint.is_some());
}

#[test]
fn a_step_that_failed_is_told_on_the_condition_that_it_belongs_to() {
    let mut world = World::published();
    world.reconcile(2);
    let plan = world.plan();
    let step = &plan.steps[0];
    assert_eq!(step.name(), "PublishKey");
    let failure = Failure::to_fix(Reason::ScopeLocked, "no");
    let before = SshKeyStatus::default();
    let report = report(
        &world.desired(),
        &world.observed(),
        &plan,
        Some((step, &failure)),
        &before,
        3,
        at(0),
    );
    let azure = find(&report.status.conditions, ConditionType::AzureSynced).unwrap();
    assert_eq!(
        (
            azure.status.as_str(),
            azure.reason.as_str(),
            azure.observed_generation
        ),
        ("False", "ScopeLocked", Some(3))
    );
    assert!(find(&report.status.conditions, ConditionType::Stalled).is_some());
}

#[test]
fn a_right_that_may_only_be_new_calls_a_person_after_ten_minutes_and_once() {
    let mut world = World::published();
    let refused = Failure::to_fix(Reason::AccessDenied, "no");
    world.reconcile(2);
    world.azure_failure = Some(refused);
    let mut says = |minute: i64| {
        world.status = world.report_at(at(minute * 60)).status;
        let conditions = &world.status.conditions;
        find(conditions, ConditionType::Stalled).is_some()
    };
    let told: Vec<bool> = [0, 5, 9, 10, 11, 60].into_iter().map(&mut says).collect();
    assert_eq!(told, [false, false, false, true, true, true]);
}

#[test]
fn one_state_is_reported_in_one_way_however_often() {
    let mut world = World::published().settled();
    world.azure_failure = Some(transient());
    let first = world.report().status;
    world.status = first.clone();
    assert_eq!(world.report().status, first);
}

#[test]
fn the_next_look_follows_from_what_stands_in_the_way() {
    let intervals = Intervals {
        sweep: Duration::from_mins(15),
        poll: Duration::from_mins(1),
        confirm: Duration::from_secs(45),
    };
    let look = |world: &World| intervals.next_look(&world.plan(), &world.observed(), at(world.now));
    let settled = World::published().settled();
    assert!(look(&settled).unwrap() >= Duration::from_secs(810));
    let mut lost = settled.clone();
    lost.secret = SecretView::Absent;
    assert_eq!(look(&lost), Some(Duration::from_mins(1)));
    let mut away = settled;
    away.azure_failure = Some(transient());
    assert_eq!(look(&away), None, "the error sets the time");
}
