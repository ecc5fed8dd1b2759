//! Secrets that can't keep a key, since they are being deleted or are immutable: seen before anything changes elsewhere.

use sshkey_operator::{
    api::{
        Reason,
        rotation::{KeepPrevious, Rotation},
        sshkey::{SecretConflictPolicy, SecretSpec},
    },
    plan::{Durability, RotationSecret, SecretView},
};

use crate::{
    outputs,
    rotation::{ask, published},
    world::{World, foreign_secret, key},
};

type Change = fn(&mut World);

fn going() -> Durability {
    Durability {
        held_by: Some(vec!["example.com/backup".into()]),
        is_immutable: false,
    }
}

fn immutable() -> Durability {
    Durability {
        held_by: None,
        is_immutable: true,
    }
}

/// Nothing is written, and the reason and who holds the Secret are told.
fn is_held(mut world: World, reason: Reason, words: &[&str]) -> World {
    let before = (world.azure.clone(), world.secret.clone());
    let (staged, previous) = (world.staged.clone(), world.previous.clone());
    let generated = world.generated.len();
    world.reconcile(usize::MAX);
    world.reconcile(usize::MAX);
    assert_eq!(world.ready_reason(), reason);
    let message = world.report().ready.message;
    for word in words {
        assert!(message.contains(word), "{word} in {message}");
    }
    assert_eq!((world.azure.clone(), world.secret.clone()), before);
    assert_eq!((&world.staged, &world.previous), (&staged, &previous));
    assert_eq!(world.generated.len(), generated);
    world
}

#[test]
fn nothing_rests_on_a_secret_that_is_being_deleted_whatever_is_asked_for() {
    for asked in [false, true] {
        let mut world = World::published().settled();
        world.edit_secret(|facts| facts.durability = going());
        if asked {
            ask(&mut world, "now");
        }
        // Neither is drift put right with a key that is about to go.
        world.azure.clear();
        let words = ["example.com/backup", "kubectl get secret web --namespace n"];
        is_held(world, Reason::SecretTerminating, &words);
    }
}

#[test]
fn a_damaged_key_in_a_secret_that_is_being_deleted_is_not_replaced_there() {
    let mut world = World::published().settled();
    world.edit_secret(|facts| {
        facts.durability = going();
        facts.key = sshkey_operator::plan::SecretKey::Missing;
    });
    ask(&mut world, "now");
    is_held(world, Reason::SecretTerminating, &["example.com/backup"]);
}

#[test]
fn a_secret_that_is_being_deleted_is_not_adopted() {
    let mut world = World::new();
    world.spec.secret = Some(SecretSpec {
        conflict_policy: Some(SecretConflictPolicy::Adopt),
        ..SecretSpec::default()
    });
    let mut facts = foreign_secret(sshkey_operator::plan::SecretKey::Readable(key()));
    facts.durability = going();
    world.secret = SecretView::Present(Box::new(facts));
    is_held(world, Reason::SecretTerminating, &["example.com/backup"]);
}

#[test]
fn a_rotation_begins_only_where_every_secret_that_it_needs_can_take_it() {
    let changes: [(&str, Reason, Change); 3] = [
        ("web", Reason::SecretImmutable, |world| {
            world.edit_secret(|facts| facts.durability = immutable());
        }),
        ("web-previous", Reason::SecretImmutable, |world| {
            previous(world, immutable());
        }),
        ("web-previous", Reason::SecretTerminating, |world| {
            previous(world, going());
        }),
    ];
    for (name, reason, change) in changes {
        let mut world = World::published().settled();
        ask(&mut world, "one");
        let mut world = world.settled();
        let current = world.current();
        change(&mut world);
        ask(&mut world, "two");
        let world = is_held(world, reason, &[&format!("Secret {name}")]);
        assert_eq!(
            (world.current(), published(&world)),
            (current.clone(), current)
        );
        // Everything else goes on.
        let mut world = world;
        world.azure.clear();
        world.reconcile(usize::MAX);
        assert_eq!(published(&world), world.current(), "{name}");
    }
}

#[test]
fn a_rotation_goes_on_once_its_secret_can_take_it() {
    let mut world = World::published().settled();
    world.edit_secret(|facts| facts.durability = immutable());
    ask(&mut world, "now");
    let mut world = is_held(world, Reason::SecretImmutable, &["kubectl replace --force"]);
    world.edit_secret(|facts| facts.durability = Durability::default());
    assert_eq!(world.settled().revision(), 2);
}

fn previous(world: &mut World, durability: Durability) {
    match &mut world.previous {
        RotationSecret::Ours(facts) => facts.durability = durability,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_immutable_secret_whose_entries_are_files_is_as_good_as_any() {
    let mut world = World::published().settled();
    world.edit_secret(|facts| facts.durability = immutable());
    assert!(world.settled().plan().is_settled());
}

#[test]
fn a_private_entry_that_openssh_does_not_read_is_written_again_with_the_same_key() {
    let mut world = World::published().settled();
    let current = world.current();
    world.edit_secret(|facts| facts.private_entry_is_a_file = false);
    assert_eq!(world.step_names(), ["RepairSecret"]);
    let mut world = world.settled();
    assert_eq!(world.current(), current);
    world.edit_secret(|facts| {
        facts.private_entry_is_a_file = false;
        facts.durability = immutable();
    });
    is_held(world, Reason::SecretImmutable, &["OpenSSH"]);
}

#[test]
fn an_output_that_is_being_deleted_is_left_and_told_and_the_others_go_on() {
    let mut world = outputs::world(vec![outputs::pem("files")]).settled();
    for facts in world.outputs.values_mut() {
        facts.held_by = Some(vec!["example.com/backup".into()]);
    }
    ask(&mut world, "now");
    world.reconcile(usize::MAX);
    assert_eq!(world.ready_reason(), Reason::OutputTerminating);
    assert!(world.report().ready.message.contains("example.com/backup"));
}

#[test]
fn the_sixty_fifth_former_key_waits_until_one_may_go_and_the_status_is_written_all_the_while() {
    let mut world = World::published();
    world.spec.rotation = Some(Rotation {
        keep_previous: Some(KeepPrevious {
            count: Some(0),
            min_duration: Some("1h".into()),
        }),
        ..Rotation::default()
    });
    let mut world = world.settled();
    for number in 0..64 {
        ask(&mut world, &format!("{number}"));
        world = world.settled();
    }
    assert_eq!(world.former().len(), 64);
    let current = world.current();
    ask(&mut world, "one more");
    world.reconcile(usize::MAX);
    assert_eq!(world.ready_reason(), Reason::TooManyFormerKeys);
    assert_eq!(world.current(), current);
    let told = world.status.rotation.clone().unwrap();
    assert_eq!(
        told.previous.len(),
        64,
        "as many as the schema lets it list"
    );
    assert!(world.plan().wake_at.is_some(), "it is looked at in time");
    // Everything else goes on.
    world.azure.clear();
    world.reconcile(usize::MAX);
    assert_eq!(published(&world), current);
    world.now += 7_200;
    let world = world.settled();
    assert_ne!(world.current(), current);
    assert!(world.violations.is_empty(), "{:?}", world.violations);
}
