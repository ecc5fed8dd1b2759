//! The steps that are not being taken, as the status shows them.

use sshkey_operator::{
    api::{ErrorClass, Reason, output::Output, planned_step::PendingPlan, rotation::Activation},
    plan::{Beginning, Failure, Step, pending},
};

use crate::{
    rotation::{activation, ask, rotating},
    world::{ORPHAN_AFTER, World, at},
};

impl World {
    /// What the status shows once a pass has ended, at this step or at none.
    fn pending(&self, failed: Option<(&Step, &Failure)>) -> Option<PendingPlan> {
        let (desired, observed) = (self.desired(), self.observed());
        let mut status = self.report().status;
        status.plan.clone_from(&self.status.plan);
        let beginning = Beginning {
            status: &status,
            generation: 1,
            orphan_after: ORPHAN_AFTER,
            now: at(self.now),
            trusts: true,
        };
        pending(
            &desired,
            &observed,
            &self.plan(),
            failed,
            &status,
            beginning,
        )
    }
}

fn names(plan: &PendingPlan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.step.as_str()).collect()
}

#[test]
fn what_is_as_the_spec_asks_has_no_steps_left() {
    assert_eq!(World::published().settled().pending(None), None);
}

#[test]
fn a_suspended_object_shows_what_it_would_do_and_the_same_each_time() {
    let mut world = World::published();
    let foretold = world.foretold_steps();
    world.spec.suspend = true;
    let plan = world.pending(None).unwrap();
    assert_eq!(plan.message, "spec.suspend is true");
    assert_eq!(names(&plan), foretold);
    world.now = 3_600;
    assert_eq!(world.pending(None), Some(plan));
}

#[test]
fn a_protected_deletion_shows_what_it_holds() {
    let mut world = World::published().settled();
    world.object.deleting_since = Some(at(0));
    let foretold = world.foretold_steps();
    world.spec.deletion_protection = true;
    let plan = world.pending(None).unwrap();
    assert_eq!(plan.message, "spec.deletionProtection is true");
    assert_eq!(names(&plan), foretold);
}

#[test]
fn a_key_that_waits_for_its_activation_is_shown_with_both_fingerprints() {
    let mut world = rotating(activation(Activation::Manual)).settled();
    ask(&mut world, "now");
    world.reconcile(usize::MAX);
    let plan = world.pending(None).unwrap();
    assert_eq!(names(&plan), ["ActivateKey"]);
    let step = &plan.steps[0];
    assert_eq!(step.from, Some(world.current().fingerprint().to_string()));
    let next = world.staged_key().unwrap().fingerprint().to_string();
    assert_eq!(step.to, Some(next));
}

#[test]
fn a_refused_step_and_those_that_rest_on_it_are_shown_with_the_reason() {
    let mut world = World::published();
    world.refuses = Some("PublishKey");
    world.reconcile(usize::MAX);
    let plan = world.plan();
    let failure = Failure::to_fix(Reason::AccessDenied, "the identity may not write");
    let shown = world.pending(Some((&plan.steps[0], &failure))).unwrap();
    assert_eq!(shown.message, "the identity may not write");
    assert_eq!(names(&shown), ["PublishKey"]);
    assert_eq!(shown.count, 1);
}

#[test]
fn a_turn_of_azure_shows_when_it_is_far_and_is_not_written_again_while_it_is_to_come() {
    let mut world = World::published();
    world.reconcile(2);
    let plan = world.plan();
    let throttled = |seconds| {
        let class = ErrorClass::Throttled(Some(at(seconds)));
        Failure::new(class, Reason::Throttled, "later")
    };
    let shown = |world: &World, seconds| world.pending(Some((&plan.steps[0], &throttled(seconds))));
    assert_eq!(shown(&world, 20), None);
    let first = shown(&world, 90).unwrap();
    let until = first.steps[0].not_before.clone().unwrap().0;
    assert!(until >= at(90) && until.as_second() % 60 == 0);
    world.status.plan = Some(first.clone());
    assert_eq!(shown(&world, 200), Some(first));
    let passing = Failure::new(ErrorClass::Transient, Reason::AzureUnavailable, "away");
    assert_eq!(world.pending(Some((&plan.steps[0], &passing))), None);
}

#[test]
fn of_many_steps_the_first_are_shown_and_all_are_counted() {
    let mut world = World::published();
    let output = |number: usize| Output {
        name: format!("output-{number}"),
        pem: Some(Default::default()),
        ..Output::default()
    };
    world.spec.outputs = Some((0..16).map(output).collect());
    world.spec.suspend = true;
    let plan = world.pending(None).unwrap();
    assert_eq!((plan.steps.len(), plan.count), (16, 19));
}
