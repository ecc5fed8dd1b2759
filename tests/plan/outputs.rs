//! Outputs: each by itself, recorded before it is there, never in somebody else's place, and gone when it is wanted no more.

use sshkey_operator::{
    api::{
        ConditionType, OutputKind, OutputRef, Reason,
        condition::find,
        output::{Flux, KubeVirt, Output, Pem, PublicConfigMap, SshAuth},
        source::{EntryRef, PrivateKeySource, Source},
    },
    keys::{KeySpec, PublicKey, RsaSize},
    plan::{Changeable, EntryFact, ObjectStep, OutputFacts, Record, SecretView, Step},
};

use crate::world::{World, at, key, pair};

pub(crate) const HOSTS: &str =
    "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

fn named(name: &str) -> Output {
    Output {
        name: name.to_owned(),
        ..Output::default()
    }
}

pub(crate) fn flux(hosts: &str) -> Output {
    Output {
        flux: Some(Flux {
            known_hosts: hosts.to_owned(),
        }),
        ..named("deploy")
    }
}

pub(crate) fn map() -> Output {
    Output {
        public_config_map: Some(PublicConfigMap {}),
        ..named("public")
    }
}

pub(crate) fn pem(name: &str) -> Output {
    Output {
        pem: Some(Pem {}),
        ..named(name)
    }
}

pub(crate) fn world(outputs: Vec<Output>) -> World {
    let mut world = World::published();
    world.spec.outputs = Some(outputs);
    world
}

pub(crate) fn secret(name: &str) -> OutputRef {
    OutputRef {
        kind: OutputKind::Secret,
        name: name.to_owned(),
    }
}

fn reason(world: &World, kind: ConditionType) -> Option<(String, String)> {
    let conditions = world.report().status.conditions;
    find(&conditions, kind).map(|found| (found.status.clone(), found.reason.clone()))
}

pub(crate) fn held(world: &World, name: &str) -> Option<PublicKey> {
    let facts = world.outputs.get(&secret(name))?;
    facts.entries.values().find_map(|entry| match entry {
        EntryFact::Key(key) => Some(key.clone()),
        _ => None,
    })
}

#[test]
fn a_new_object_records_its_outputs_in_the_patch_that_it_needs_anyway() {
    let world = world(vec![flux(HOSTS), map()]);
    let names = world.step_names();
    assert_eq!(
        names,
        [
            "Record",
            "CreateSecret",
            "CreateOutput",
            "CreateOutput",
            "PublishKey"
        ]
    );
    let Step::Object(ObjectStep::Record(Record { outputs, .. })) = &world.plan().steps[0] else {
        panic!("the first step records")
    };
    assert_eq!(outputs.len(), 2);
    let world = world.settled();
    assert_eq!(held(&world, "deploy").as_ref(), world.generated.first());
    assert_eq!(world.report().status.outputs.len(), 2);
    assert_eq!(
        reason(&world, ConditionType::OutputsSynced),
        Some(("True".into(), "OutputsInStep".into()))
    );
}

#[test]
fn an_object_without_outputs_says_nothing_of_them() {
    let world = World::published().settled();
    assert_eq!(reason(&world, ConditionType::OutputsSynced), None);
}

#[test]
fn an_output_that_leaves_the_spec_is_deleted_and_forgotten() {
    let mut world = world(vec![flux(HOSTS), map()]).settled();
    world.spec.outputs = None;
    assert_eq!(world.step_names(), ["DeleteOutput", "DeleteOutput"]);
    let world = world.settled();
    assert!(world.outputs.is_empty() && world.object.outputs.is_empty());
    assert_eq!(reason(&world, ConditionType::OutputsSynced), None);
}

#[test]
fn what_differs_as_a_key_is_put_right_and_what_differs_as_text_is_not() {
    let settled = world(vec![pem("files")]).settled();
    assert!(settled.step_names().is_empty());
    let put = |facts: &mut OutputFacts, name: &str, fact| {
        facts.entries.insert(name.to_owned(), fact);
    };
    let changes: [&dyn Fn(&mut OutputFacts); 6] = [
        &|facts| facts.entries.clear(),
        &|facts| put(facts, "web.pub", EntryFact::Other),
        &|facts| put(facts, "web.pem", EntryFact::Key(key())),
        &|facts| facts.metadata_fits = false,
        &|facts| facts.recorded = None,
        &|facts| facts.superfluous = vec!["evil".into()],
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut world = settled.clone();
        change(world.outputs.get_mut(&secret("files")).unwrap());
        assert_eq!(world.step_names(), ["UpdateOutput"], "change {number}");
        let world = world.settled();
        assert_eq!(held(&world, "files").as_ref(), world.generated.first());
    }
}

#[test]
fn another_shape_is_made_anew() {
    let mut world = world(vec![pem("files")]).settled();
    world.spec.outputs = Some(vec![Output {
        ssh_auth: Some(SshAuth::default()),
        ..named("files")
    }]);
    world.outputs.get_mut(&secret("files")).unwrap().changeable = Changeable::Nothing;
    assert_eq!(world.step_names(), ["DeleteOutput", "CreateOutput"]);
    let world = world.settled();
    assert!(
        world.outputs[&secret("files")]
            .entries
            .contains_key("ssh-privatekey")
    );
}

/// A pair that is imported from a Secret of this name.
pub(crate) fn import(world: &mut World, from: &str) {
    let secret_ref = EntryRef {
        name: from.into(),
        key: "key".into(),
    };
    world.spec.source = Some(Source {
        private_key: Some(PrivateKeySource {
            secret_ref,
            passphrase_secret_ref: None,
        }),
        ..Source::default()
    });
}

#[test]
fn outputs_follow_an_imported_key_and_stay_while_it_is_rubbish() {
    let mut world = world(vec![pem("files")]);
    import(&mut world, "mine");
    let (first, second) = (key(), pair(KeySpec::Rsa(RsaSize::Bits2048)));
    world.given = Some(Ok(first.clone()));
    let mut world = world.settled();
    assert_eq!(held(&world, "files"), Some(first.clone()));
    world.given = Some(Err(sshkey_operator::plan::Failure::to_fix(
        Reason::KeyDamaged,
        "rubbish",
    )));
    let mut world = world.settled_but_for(Reason::KeyDamaged);
    assert_eq!(held(&world, "files"), Some(first));
    world.given = Some(Ok(second.clone()));
    let world = world.settled();
    assert_eq!(held(&world, "files"), Some(second));
}

#[test]
fn deletion_takes_the_outputs_before_the_finalizer() {
    let mut world = world(vec![flux(HOSTS), map()]).settled();
    world.object.deleting_since = Some(at(-1));
    assert_eq!(
        world.step_names(),
        [
            "DeleteAzureKey",
            "DeleteOutput",
            "DeleteOutput",
            "RemoveFinalizer"
        ]
    );
    world.reconcile(usize::MAX);
    assert!(world.released && world.outputs.is_empty());
    assert!(
        matches!(world.secret, SecretView::Present(_)),
        "it is retained"
    );
}

#[test]
fn whatever_crashes_outputs_end_as_wanted_and_none_is_left_behind() {
    let virt = Output {
        kube_virt: Some(KubeVirt {}),
        ..named("guest")
    };
    for first in 0..10 {
        for second in 0..10 {
            let mut world = world(vec![flux(HOSTS), map()]);
            world.reconcile(first);
            world.spec.outputs = Some(vec![map(), virt.clone()]);
            world.reconcile(second);
            let mut world = world.settled();
            assert_eq!(world.violations, Vec::<String>::new());
            assert_eq!(
                world.outputs.len(),
                2,
                "stopped before {first}, then {second}"
            );
            world.object.deleting_since = Some(at(-1));
            world.reconcile(first);
            if !world.released {
                world.reconcile(usize::MAX);
            }
            assert!(world.released && world.outputs.is_empty());
        }
    }
}

#[test]
fn a_suspended_object_leaves_its_outputs_as_they_are_and_says_what_it_would_do() {
    let mut world = world(vec![pem("files")]).settled();
    world.spec.suspend = true;
    world.spec.outputs = Some(vec![map()]);
    let before = world.outputs.clone();
    let world = world.settled_but_for(Reason::Suspended);
    assert_eq!(world.outputs, before);
    let message = world.report().ready.message;
    assert!(
        message.contains("create ConfigMap public") && message.contains("delete Secret files"),
        "{message}"
    );
}

#[test]
fn outputs_are_left_as_they_are_while_the_key_is_lost() {
    let mut world = world(vec![pem("files")]).settled();
    world.secret = SecretView::Absent;
    world.outputs.clear();
    let world = world.settled_but_for(Reason::PrivateKeyLost);
    assert!(world.outputs.is_empty());
    assert_eq!(
        reason(&world, ConditionType::OutputsSynced),
        Some(("False".into(), "PrivateKeyLost".into()))
    );
    assert_eq!(world.object.outputs, [secret("files")], "it may be there");
}
