//! Outputs: each by itself, recorded before it is there, never in somebody else's place, and gone when it is wanted no more.

use sshkey_operator::{
    api::{
        ConditionType, OutputKind, OutputRef, Reason,
        condition::find,
        output::{Flux, KubeVirt, Output, Pem, PublicConfigMap, SshAuth},
    },
    keys::{KeySpec, PublicKey, RsaSize},
    plan::{EntryFact, OutputFacts, SecretView, Step},
};

use crate::world::{World, at, id, key, pair};

const HOSTS: &str =
    "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

fn named(name: &str) -> Output {
    Output {
        name: name.to_owned(),
        ..Output::default()
    }
}

fn flux(hosts: &str) -> Output {
    Output {
        flux: Some(Flux {
            known_hosts: hosts.to_owned(),
        }),
        ..named("deploy")
    }
}

fn map() -> Output {
    Output {
        public_config_map: Some(PublicConfigMap {}),
        ..named("public")
    }
}

fn pem(name: &str) -> Output {
    Output {
        pem: Some(Pem {}),
        ..named(name)
    }
}

fn world(outputs: Vec<Output>) -> World {
    let mut world = World::published();
    world.spec.outputs = Some(outputs);
    world
}

fn secret(name: &str) -> OutputRef {
    OutputRef {
        kind: OutputKind::Secret,
        name: name.to_owned(),
    }
}

fn reason(world: &World, kind: ConditionType) -> Option<(String, String)> {
    let conditions = world.report().status.conditions;
    find(&conditions, kind).map(|found| (found.status.clone(), found.reason.clone()))
}

fn held(world: &World, name: &str) -> Option<PublicKey> {
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
    let Step::Record { outputs, .. } = &world.plan().steps[0] else {
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
fn what_is_somebody_elses_is_left_alone_and_holds_up_nothing() {
    let mut world = world(vec![flux(HOSTS), pem("files")]);
    let theirs = crate::world::output(world.desired().outputs[0].shape.as_ref().unwrap(), &key());
    for (owner, says) in [(None, "not this SshKey's"), (Some("db"), "SshKey db")] {
        let mut theirs = theirs.clone();
        theirs.owner_name = owner.map(str::to_owned);
        world.outputs.insert(secret("deploy"), theirs.clone());
        let world = world.clone().settled_but_for(Reason::OutputConflict);
        assert_eq!(world.outputs[&secret("deploy")], theirs);
        assert_eq!(held(&world, "files").as_ref(), world.generated.first());
        assert!(world.azure.contains_key(&id()), "Azure is not held up");
        let conditions = world.report().status.conditions;
        let condition = find(&conditions, ConditionType::OutputsSynced).unwrap();
        assert!(condition.message.contains(says), "{}", condition.message);
        assert_eq!(world.object.outputs, [secret("files")]);
    }
}

#[test]
fn the_place_of_the_private_key_is_no_place_for_an_output() {
    let world = world(vec![pem("web")]).settled_but_for(Reason::OutputConflict);
    assert!(world.outputs.is_empty());
    assert!(matches!(world.secret, SecretView::Present(_)));
}

#[test]
fn known_hosts_that_are_none_are_refused_by_their_line() {
    let world = world(vec![flux("github.com ssh-ed25519 AAAA"), pem("files")]);
    let world = world.settled_but_for(Reason::OutputInvalid);
    assert!(!world.outputs.contains_key(&secret("deploy")));
    assert!(world.outputs.contains_key(&secret("files")));
    let report = world.report();
    assert!(
        report.ready.message.contains("line 1"),
        "{}",
        report.ready.message
    );
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
fn one_that_another_took_meanwhile_is_forgotten_and_not_deleted() {
    let mut world = world(vec![flux(HOSTS)]).settled();
    world.spec.outputs = None;
    let facts = world.outputs.get_mut(&secret("deploy")).unwrap();
    facts.owner_uid = Some("u2".into());
    let world = world.settled();
    assert!(world.outputs.contains_key(&secret("deploy")));
    assert!(world.object.outputs.is_empty());
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
fn another_type_of_secret_is_made_anew() {
    let mut world = world(vec![pem("files")]).settled();
    world.spec.outputs = Some(vec![Output {
        ssh_auth: Some(SshAuth::default()),
        ..named("files")
    }]);
    world.outputs.get_mut(&secret("files")).unwrap().type_fits = false;
    assert_eq!(world.step_names(), ["DeleteOutput", "CreateOutput"]);
    let world = world.settled();
    assert!(
        world.outputs[&secret("files")]
            .entries
            .contains_key("ssh-privatekey")
    );
}

#[test]
fn outputs_follow_an_imported_key_and_stay_while_it_is_rubbish() {
    use sshkey_operator::api::source::{EntryRef, PrivateKeySource, Source};
    let mut world = world(vec![pem("files")]);
    let entry = EntryRef {
        name: "mine".into(),
        key: "key".into(),
    };
    world.spec.source = Some(Source {
        private_key: Some(PrivateKeySource {
            secret_ref: entry,
            passphrase_secret_ref: None,
        }),
        ..Source::default()
    });
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
