//! Outputs whose name another has, or that can't be read or changed: each is left, and holds up no other.

use sshkey_operator::{
    api::{ConditionType, Reason, condition::find, sshkey::SecretSpec},
    plan::{Changeable, OutputFacts, SecretView},
};

use crate::{
    outputs::{HOSTS, flux, held, import, map, pem, secret, world},
    world::{at, id, key},
};

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
