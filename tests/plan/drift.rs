//! What others change in Azure: put back, or only told; and tags that are turned back again and again.

use sshkey_operator::{
    api::{ArmId, Reason, condition::ConditionType, sshkey::DriftPolicy},
    plan::{AzureKey, AzureStep, Step, UpdateAzureKey},
};

use crate::world::{World, id, key};

fn reporting() -> World {
    let mut world = World::published();
    world.spec.azure.as_mut().unwrap().drift_policy = Some(DriftPolicy::Report);
    world.settled()
}

fn stored(world: &mut World) -> &mut AzureKey {
    world.azure.get_mut(&id()).unwrap()
}

/// Nothing is planned, and the condition says what differs.
fn says(world: &World, what: &str) {
    assert_eq!(world.step_names(), [""; 0]);
    assert_eq!(world.ready_reason(), Reason::DriftDetected);
    let report = world.report();
    assert!(
        report.ready.message.contains(what),
        "{}",
        report.ready.message
    );
    let mut conditions = report.status.conditions.iter();
    assert!(conditions.any(|one| one.type_ == ConditionType::Stalled.as_str()));
}

#[test]
fn by_default_drift_is_repaired_and_nothing_more_is_recorded() {
    let mut world = World::published().settled();
    assert_eq!(world.object.hints.clone().unwrap()[0].in_step, None);
    stored(&mut world).tags.clear();
    assert_eq!(world.step_names(), ["UpdateAzureKey"]);
    world.azure.clear();
    assert_eq!(world.step_names(), ["PublishKey"]);
}

#[test]
fn what_is_only_to_be_reported_is_created_and_then_left_alone() {
    let mut world = reporting();
    assert_eq!(world.ready_reason(), Reason::UpToDate);
    stored(&mut world).public_key = Ok(key());
    says(&world, "the public key");
    stored(&mut world)
        .tags
        .insert("sshkey-operator-uid".into(), "x".into());
    let mut world = reporting();
    stored(&mut world).tags.remove("sshkey-operator-uid");
    says(&world, "the tags sshkey-operator-uid");
    let mut world = reporting();
    world.azure.clear();
    says(&world, "is gone");
}

#[test]
fn what_others_add_is_no_drift() {
    let mut world = reporting();
    stored(&mut world).tags.insert("theirs".into(), "x".into());
    assert_eq!(world.ready_reason(), Reason::UpToDate);
}

#[test]
fn what_the_spec_asks_for_anew_is_done_whatever_drifted() {
    let mut world = reporting();
    let azure = world.spec.azure.as_mut().unwrap();
    azure.tags = Some([("team".to_owned(), "a".to_owned())].into());
    assert!(world.step_names().contains(&"UpdateAzureKey"));
    let mut world = world.settled();
    assert_eq!(world.ready_reason(), Reason::UpToDate);
    stored(&mut world).tags.insert("team".into(), "b".into());
    says(&world, "the tags team");
    world.spec.azure.as_mut().unwrap().name = Some("other".into());
    let world = world.settled();
    assert_eq!(world.azure.len(), 1, "moved, and nothing left behind");
    assert_eq!(world.ready_reason(), Reason::UpToDate);
}

#[test]
fn repair_puts_right_what_was_only_reported() {
    let mut world = reporting();
    world.azure.clear();
    world.spec.azure.as_mut().unwrap().drift_policy = None;
    let world = world.settled();
    assert_eq!(world.azure.len(), 1);
    assert_eq!(world.object.hints.unwrap()[0].in_step, None);
}

#[test]
fn a_crash_before_the_first_write_is_no_drift() {
    let mut world = World::published();
    world.spec.azure.as_mut().unwrap().drift_policy = Some(DriftPolicy::Report);
    for stop in 0..8 {
        let mut world = world.clone();
        world.reconcile(stop);
        let world = world.settled();
        assert_eq!(world.azure.len(), 1, "after a crash before step {stop}");
        assert_eq!(world.ready_reason(), Reason::UpToDate);
    }
}

#[test]
fn a_tag_that_is_turned_back_is_left_alone_and_the_rest_is_kept_in_step() {
    let mut world = World::published();
    let azure = world.spec.azure.as_mut().unwrap();
    let tags = [("team", "a"), ("stage", "b")];
    azure.tags = Some(
        tags.map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    );
    let mut world = world.settled();
    stored(&mut world)
        .tags
        .insert("team".into(), "theirs".into());
    let turned_back = [("team".to_owned(), Some("a".to_owned()))];
    world.tags_turned_back = turned_back.into();
    assert_eq!(world.step_names(), [""; 0]);
    assert_eq!(world.ready_reason(), Reason::TagOverridden);
    stored(&mut world).tags.remove("stage");
    let plan = world.plan();
    let [
        Step::Azure(AzureStep::UpdateAzureKey(UpdateAzureKey {
            tags: Some(tags), ..
        })),
    ] = &plan.steps[..]
    else {
        panic!("{:?}", plan.steps);
    };
    assert_eq!(
        (tags["team"].as_str(), tags["stage"].as_str()),
        ("theirs", "b")
    );
    // Another value is another wish.
    let azure = world.spec.azure.as_mut().unwrap();
    azure.tags = Some([("team".to_owned(), "c".to_owned())].into());
    let plan = world.plan();
    let Some(Step::Azure(AzureStep::UpdateAzureKey(UpdateAzureKey {
        tags: Some(tags), ..
    }))) = plan.steps.last()
    else {
        panic!("{:?}", plan.steps);
    };
    assert_eq!(tags["team"], "c");
}

#[test]
fn an_id_is_one_however_its_case_is() {
    let mut world = reporting();
    let key = world.azure.remove(&id()).unwrap();
    let upper = ArmId {
        resource_group: "G".into(),
        ..id()
    };
    world.azure.insert(upper, key);
    assert_eq!(world.ready_reason(), Reason::UpToDate);
}
