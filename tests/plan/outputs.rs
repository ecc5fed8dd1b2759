//! Outputs: each by itself, recorded before it is there, never in somebody else's place, and gone when it is wanted no more.

use sshkey_operator::{
    api::{
        ConditionType, OutputKind, OutputRef, Reason,
        condition::find,
        output::{Flux, KubeVirt, Output, Pem, PublicConfigMap, SshAuth},
        source::{EntryRef, PrivateKeySource, Source},
        sshkey::SecretSpec,
    },
    keys::{KeySpec, PublicKey, RsaSize},
    plan::{Changeable, EntryFact, ObjectStep, OutputFacts, Record, SecretView, Step},
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
fn what_is_wrong_with_one_output_does_not_hide_what_is_wrong_with_others() {
    let mut world = world(vec![flux(HOSTS), pem("files"), pem("web")]);
    let theirs = crate::world::output(world.desired().outputs[0].shape.as_ref().unwrap(), &key());
    for name in ["deploy", "files"] {
        let theirs = OutputFacts {
            owner_name: None,
            ..theirs.clone()
        };
        world.outputs.insert(secret(name), theirs);
    }
    let world = world.settled_but_for(Reason::OutputConflict);
    let conditions = world.report().status.conditions;
    let condition = find(&conditions, ConditionType::OutputsSynced).unwrap();
    for name in [
        "Secret deploy",
        "Secret files (OutputConflict)",
        "Secret web (OutputConflict)",
    ] {
        assert!(condition.message.contains(name), "{}", condition.message);
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
fn import(world: &mut World, from: &str) {
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
fn what_somebody_made_immutable_is_made_anew_when_its_content_differs_and_only_then() {
    let mut world = world(vec![pem("files")]).settled();
    let facts = world.outputs.get_mut(&secret("files")).unwrap();
    facts.changeable = Changeable::Metadata;
    assert!(world.step_names().is_empty());
    let facts = world.outputs.get_mut(&secret("files")).unwrap();
    facts.metadata_fits = false;
    assert_eq!(world.step_names(), ["UpdateOutput"]);
    let facts = world.outputs.get_mut(&secret("files")).unwrap();
    facts.entries.clear();
    assert_eq!(world.step_names(), ["DeleteOutput", "CreateOutput"]);
    world.settled();
}

#[test]
fn an_output_that_became_the_place_of_the_private_key_is_not_deleted_as_an_output() {
    for deleting in [false, true] {
        let mut copied = world(vec![pem("copy")]);
        import(&mut copied, "mine");
        copied.given = Some(Ok(key()));
        let mut copied = copied.settled();
        copied.spec.outputs = None;
        copied.object.deleting_since = deleting.then(|| at(-1));
        // The user imports from what was an output, or keeps the copy there.
        let mut from = copied.clone();
        import(&mut from, "copy");
        copied.spec.secret = Some(SecretSpec {
            name: Some("copy".into()),
            ..SecretSpec::default()
        });
        for mut world in [from, copied] {
            assert!(!world.step_names().contains(&"DeleteOutput"));
            world.reconcile(usize::MAX);
            assert!(world.outputs.contains_key(&secret("copy")));
            assert!(world.released || world.object.outputs.is_empty());
        }
    }
}

#[test]
fn one_that_can_not_be_looked_at_holds_up_no_other_and_stays_recorded() {
    let mut world = world(vec![pem("files"), map()]).settled();
    world.unseen_outputs.insert(secret("files"));
    world.outputs.clear();
    world.azure.clear();
    let mut world = world.settled_but_for(Reason::AzureUnavailable);
    assert_eq!(world.outputs.len(), 1, "the map is there again");
    assert!(world.azure.contains_key(&id()));
    world.spec.outputs = None;
    let mut world = world.settled_but_for(Reason::AzureUnavailable);
    assert_eq!(world.object.outputs, [secret("files")]);
    assert!(world.outputs.is_empty());
    world.unseen_outputs.clear();
    assert!(world.settled().object.outputs.is_empty());
}

#[test]
fn a_deletion_waits_for_an_output_that_can_not_be_looked_at_until_somebody_gives_up() {
    let mut world = world(vec![pem("files")]).settled();
    world.unseen_outputs.insert(secret("files"));
    world.object.deleting_since = Some(at(-1));
    world.reconcile(usize::MAX);
    assert!(!world.released && world.azure.is_empty());
    world.object.abandoned = true;
    world.reconcile(usize::MAX);
    assert!(world.released);
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
