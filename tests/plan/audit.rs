//! What the audit log says of the life of a key.

use sshkey_operator::{
    api::{rotation::Activation, sshkey},
    plan::{AuditAction, AuditLine, OutputStep, RotationStep, SecretStep, Step, audit},
};

use crate::{
    outputs::pem,
    rotation::{activation, ask, rotating},
    world::{World, at, id},
};

use AuditAction::{
    Activated, Deleted, Generated, Kept, Moved, Orphaned, Published, Released, Rotated,
};

impl World {
    /// What happened since it was asked last.
    fn happened(&mut self) -> Vec<AuditLine> {
        std::mem::take(&mut self.audit)
    }
}

fn actions(lines: &[AuditLine]) -> Vec<AuditAction> {
    lines.iter().map(|line| line.action).collect()
}

/// Action and revision of each line.
fn revisions(lines: &[AuditLine]) -> Vec<(AuditAction, Option<u32>)> {
    lines
        .iter()
        .map(|line| (line.action, line.revision))
        .collect()
}

#[test]
fn a_new_key_is_generated_and_published() {
    let mut world = World::published().settled();
    let lines = world.happened();
    assert_eq!(
        revisions(&lines),
        [(Generated, Some(1)), (Published, Some(1))]
    );
    let fingerprint = world.current().fingerprint();
    assert!(
        lines
            .iter()
            .all(|line| line.fingerprint == Some(fingerprint))
    );
    assert_eq!(lines[1].id, Some(id()));
    let said: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let place = id();
    let secret = lines[0].written.as_deref().unwrap();
    assert_eq!(
        said,
        [
            format!("generated key {fingerprint} (revision 1) in {secret}"),
            format!("published key {fingerprint} (revision 1) at {place}"),
        ]
    );
    world.reconcile(usize::MAX);
    assert_eq!(
        world.happened(),
        [],
        "nothing happens to a key that is as it should be"
    );
}

#[test]
fn a_rotation_tells_each_of_its_stages_with_the_key_that_it_is_about() {
    for (how, taken_over) in [
        (Activation::Immediate, Rotated),
        (Activation::Delayed, Activated),
    ] {
        let mut world = rotating(activation(how));
        let old = world.current().fingerprint();
        world.happened();
        ask(&mut world, "now");
        for _ in 0..4 {
            world.reconcile(usize::MAX);
            world.now += 3_600;
        }
        let lines = world.happened();
        let new = world.current().fingerprint();
        assert_ne!(old, new);
        let of = |action| lines.iter().filter(move |line| line.action == action);
        let keys =
            |action| -> Vec<_> { of(action).map(|line| line.fingerprint.unwrap()).collect() };
        assert_eq!(keys(Generated), [new], "{how:?}");
        assert_eq!(keys(Kept), [old], "{how:?}");
        assert_eq!(keys(taken_over), [new], "{how:?}");
        assert_eq!(keys(Published), [new], "{how:?}");
        assert_eq!(of(taken_over).next().unwrap().revision, Some(2));
    }
}

#[test]
fn a_move_is_told_as_one_and_a_deletion_as_one() {
    let mut world = World::published().settled();
    world.happened();
    world.spec.azure.as_mut().unwrap().name = Some("other".into());
    world = world.settled();
    let lines = world.happened();
    assert_eq!(actions(&lines), [Published, Moved]);
    assert_eq!(lines[1].id, Some(id()));

    world.spec.secret = Some(sshkey::SecretSpec {
        deletion_policy: Some(sshkey::DeletionPolicy::Delete),
        ..Default::default()
    });
    world = world.settled();
    world.happened();
    let key = world.current().fingerprint();
    world.object.deleting_since = Some(at(-1));
    world.reconcile(usize::MAX);
    let lines = world.happened();
    assert_eq!(actions(&lines), [Deleted, Deleted, Released]);
    assert!(lines.iter().any(|line| line.fingerprint == Some(key)));
    assert!(actions(&lines).iter().all(|action| *action != Orphaned));
}

#[test]
fn what_another_made_at_the_same_moment_is_not_told_as_made() {
    let mut world = World::published();
    world.spec.outputs = Some(vec![pem("files")]);
    let settled = world.clone().settled();
    // Each step that creates something, and what another has put there in the meantime.
    let mut twin = world.clone();
    twin.now += 1;
    let twin = twin.settled();
    let desired = settled.desired();
    let (before, theirs) = (world.observed(), twin.observed());
    for step in settled_steps(&world) {
        let is_create = matches!(
            step,
            Step::Secret(SecretStep::CreateSecret(_)) | Step::Output(OutputStep::CreateOutput(_))
        );
        if !is_create {
            continue;
        }
        let own = settled.observed();
        assert_eq!(
            audit(&step, &desired, &before, &own, false).len(),
            1,
            "{step:?}"
        );
        let mut strangers = theirs.clone();
        strangers.object.uid = "another".into();
        for after in [strangers, before.clone()] {
            assert_eq!(
                audit(&step, &desired, &before, &after, false),
                [],
                "{step:?}"
            );
        }
    }
    // The other operator works for the same object: what tells them apart is the time.
    let create = settled_steps(&world)
        .into_iter()
        .find(|step| step.generates().is_some());
    assert_eq!(
        audit(&create.unwrap(), &desired, &before, &theirs, false),
        []
    );
}

#[test]
fn a_stage_of_a_rotation_that_did_not_come_about_is_not_told() {
    let mut world = rotating(activation(Activation::Immediate));
    ask(&mut world, "now");
    let (desired, before) = (world.desired(), world.observed());
    let steps = settled_steps(&world);
    let mut tried = 0;
    for step in steps {
        if let Step::Rotation(
            RotationStep::StageKey(_)
            | RotationStep::KeepPreviousKey(_)
            | RotationStep::ActivateKey(_),
        ) = &step
        {
            assert_eq!(
                audit(&step, &desired, &before, &before, false),
                [],
                "{step:?}"
            );
            tried += 1;
        }
    }
    assert_eq!(tried, 3);
}

/// The steps that bring an object to rest.
fn settled_steps(world: &World) -> Vec<Step> {
    world.clone().pass(usize::MAX).unwrap()
}
