//! What goes before a step, and which step is left: the same for every loop that takes steps.

use std::collections::BTreeMap;

use sshkey_operator::{
    api::{
        ArmId, Reason,
        output::{Output, PublicSecret},
        source::{self, Generate, Source},
    },
    plan::{
        AzureStep, Freshness, KeyView, Move, Observed, OutputStep, Place, Plan, Planned,
        RotationSecret, Step, next_move, plan,
    },
};

use crate::{
    rotation::ask,
    world::{ORPHAN_AFTER, World, at, azure_key, id, key, mark, tags},
};

/// The next move of a pass that begins now.
fn first_move(world: &World) -> Move {
    move_after(world, &world.observed(), &[])
}

fn move_after(world: &World, observed: &Observed, taken: &[Step]) -> Move {
    let desired = world.desired();
    let decided = plan(&desired, observed, ORPHAN_AFTER, at(world.now));
    next_move(&desired, observed, &decided, taken)
}

fn with_open_output(mut world: World) -> World {
    let open = Output {
        name: "open".into(),
        public_secret: Some(PublicSecret {}),
        ..Output::default()
    };
    world.spec.outputs = Some(vec![open]);
    world
}

#[test]
fn what_a_list_shows_is_read_before_it_is_written_to() {
    let mut world = World::published().settled();
    world
        .azure
        .get_mut(&id())
        .unwrap()
        .tags
        .remove("sshkey-operator-uid");
    world.azure.get_mut(&id()).unwrap().public_key = Ok(world.current());
    world.spec.azure.as_mut().unwrap().tags = Some([("team".into(), "web".into())].into());
    world.listed = Some(world.azure.clone());
    assert!(
        world
            .plan()
            .steps
            .iter()
            .any(|step| step.azure_id().is_some())
    );
    world.reconcile(1);
    assert_eq!(first_move(&world), Move::Read(Place::Azure(id())));
}

#[test]
fn a_stranger_that_an_old_list_does_not_show_is_not_overwritten() {
    let mut world = World::published().settled();
    ask(&mut world, "now");
    world.listed = Some(world.azure.clone());
    let theirs = azure_key(&key(), BTreeMap::default());
    world.azure.insert(id(), theirs.clone());
    let world = world.settled_but_for(Reason::AzureKeyConflict);
    assert_eq!(world.azure[&id()], theirs);
}

#[test]
fn a_list_that_shows_no_key_any_more_is_no_reason_to_create_it_again() {
    let mut world = World::published().settled();
    world.listed = Some(BTreeMap::new());
    let writes = world.writes;
    let world = world.settled();
    assert_eq!(world.writes, writes, "a read has shown that it is there");
}

#[test]
fn the_old_place_goes_after_the_new_one_was_read_and_not_after_it_was_sent() {
    let mut world = World::published().settled();
    world.spec.azure.as_mut().unwrap().name = Some("other".into());
    let other = ArmId {
        name: "other".into(),
        ..id()
    };
    let published = |step: &Step| matches!(step, Step::Azure(AzureStep::PublishKey(_)));
    let mut observed = world.observed();
    let mut taken = Vec::new();
    while !taken.iter().any(published) {
        match move_after(&world, &observed, &taken) {
            Move::Take(step) => {
                observed = observed.after(world.act(&step));
                taken.push(step);
            }
            Move::Read(place) => observed = observed.after(world.read_place(&place)),
            other => panic!("{other:?}"),
        }
    }
    let is_sent = |view: &KeyView| matches!(view, KeyView::Present { freshness, .. } if *freshness == Freshness::Written);
    assert!(is_sent(&observed.azure[&other]));
    let next = move_after(&world, &observed, &taken);
    assert_eq!(next, Move::Read(Place::Azure(other.clone())));
    // It was sent there, and somebody has taken it away since.
    world.azure.remove(&other);
    observed = observed.after(world.read_place(&Place::Azure(other.clone())));
    let next = move_after(&world, &observed, &taken);
    assert!(
        !matches!(
            &next,
            Move::Take(Step::Azure(AzureStep::DeleteAzureKey { .. }))
        ),
        "{next:?}"
    );
}

#[test]
fn no_key_is_staged_before_the_secrets_of_the_rotation_were_read() {
    let mut world = World::published().settled();
    ask(&mut world, "now");
    world.reconcile(1);
    world.object.rotation.may_have_secrets = false;
    let mut observed = world.observed();
    observed.object.rotation.may_have_secrets = true;
    world.previous = RotationSecret::Foreign(None);
    observed.rotation_secrets = sshkey_operator::plan::RotationSecrets::Unread;
    assert_eq!(
        move_after(&world, &observed, &[]),
        Move::Read(Place::RotationSecrets)
    );
}

#[test]
fn a_change_that_is_turned_back_is_made_once_and_told() {
    let mut world = World::published().settled();
    let theirs = key();
    world.azure.insert(id(), azure_key(&theirs, tags(&mark())));
    world.webhook = Some(|world| {
        world.azure.insert(id(), azure_key(&key(), tags(&mark())));
    });
    let taken = world.pass(usize::MAX).unwrap();
    let names: Vec<_> = taken.iter().map(Step::name).collect();
    assert_eq!(names, ["UpdateAzureKey"]);
    let ready = &world.status.conditions[0];
    assert_eq!(ready.reason, Reason::ChangeTurnedBack.as_str());
}

#[test]
fn an_output_that_is_turned_back_holds_up_neither_another_nor_azure() {
    let mut world = with_open_output(World::published());
    world.webhook = Some(|world| {
        for facts in world.outputs.values_mut() {
            facts.entries.clear();
        }
    });
    let taken = world.pass(usize::MAX).unwrap();
    let count = |name: &str| taken.iter().filter(|step| step.name() == name).count();
    assert_eq!((count("CreateOutput"), count("UpdateOutput")), (1, 1));
    assert_eq!(world.azure.len(), 1);
}

#[test]
fn a_rotation_that_writes_an_output_twice_was_not_turned_back() {
    let mut world = with_open_output(World::published()).settled();
    ask(&mut world, "now");
    let taken = world.pass(usize::MAX).unwrap();
    let updates: Vec<_> = taken
        .iter()
        .filter(|step| matches!(step, Step::Output(OutputStep::UpdateOutput(_))))
        .collect();
    assert_eq!(updates.len(), 2, "the next key, and then its record");
    assert_eq!(world.status.conditions[0].reason, Reason::UpToDate.as_str());
    assert_eq!(world.status.conditions.len(), 4, "nothing is Stalled");
}

#[test]
fn a_second_rotation_begins_once_the_status_names_the_key_of_the_first() {
    let mut world = with_open_output(World::published()).settled();
    ask(&mut world, "now");
    world.spec.source = Some(Source {
        generate: Some(Generate {
            algorithm: Some(source::Algorithm::Rsa),
            size: Some(2048),
            comment: None,
        }),
        ..Source::default()
    });
    world.webhook = Some(|world| {
        // A second request comes while the first rotation is under way.
        if world.staged != RotationSecret::Absent {
            world.object.rotate_requested = Some("again".into());
        }
    });
    let mut staged = 0;
    for _ in 0..2 {
        let taken = world.pass(usize::MAX).unwrap();
        staged += taken
            .iter()
            .filter(|step| step.generates().is_some())
            .count();
        assert_eq!(world.status.conditions[0].reason, Reason::UpToDate.as_str());
    }
    assert_eq!(staged, 2);
}

#[test]
fn a_suspended_object_rests_until_it_is_deleted() {
    let mut world = World::published().settled();
    world.azure.clear();
    world.spec.suspend = true;
    assert_eq!(first_move(&world), Move::Rest);
    world.object.deleting_since = Some(at(-1));
    assert!(matches!(first_move(&world), Move::Take(_)));
}

#[test]
fn what_waits_for_a_key_is_shown_and_never_taken() {
    let world = World::published();
    let plan = world.plan();
    let names: Vec<_> = plan.steps.iter().map(Step::name).collect();
    assert_eq!(names, ["Record", "CreateSecret"]);
    let later: Vec<_> = plan.later.iter().map(Planned::name).collect();
    assert_eq!(later, ["PublishKey"]);
    let waiting = Plan {
        steps: Vec::new(),
        ..plan
    };
    let next = next_move(&world.desired(), &world.observed(), &waiting, &[]);
    assert_eq!(next, Move::Rest);
}
