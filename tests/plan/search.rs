//! When an object's metadata and its status leave it open where its keys are, so that lists are searched for its mark.

use sshkey_operator::plan::{ObjectFacts, SecretView, is_in_doubt, parse_records};

use crate::world::World;

/// An object at rest whose status and whose hints name these places.
fn facts(status: &[&str], hints: &[&str]) -> ObjectFacts {
    let place = |name: &&str| {
        let text = format!(
            r#"[{{"deletionPolicy":"Delete","id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/{name}","location":"l","store":"s"}}]"#
        );
        parse_records(Some(&text)).unwrap().remove(0)
    };
    ObjectFacts {
        has_finalizer: true,
        has_status: true,
        places: status.iter().map(place).collect(),
        hints: Ok(hints.iter().map(place).collect()),
        ..World::new().object
    }
}

#[test]
fn metadata_and_status_that_agree_leave_no_doubt() {
    let secret = SecretView::Absent;
    assert!(!is_in_doubt(&facts(&["a", "b"], &["b", "A"]), &secret));
    assert!(!is_in_doubt(&facts(&[], &[]), &secret));
    assert!(!is_in_doubt(&World::new().object, &secret), "a new one");
}

#[test]
fn what_is_missing_or_differs_is_in_doubt() {
    let secret = SecretView::Absent;
    assert!(is_in_doubt(&facts(&["a"], &["b"]), &secret));
    assert!(is_in_doubt(&facts(&["a"], &[]), &secret));
    let with = |change: fn(&mut ObjectFacts)| {
        let mut facts = facts(&["a"], &["a"]);
        change(&mut facts);
        is_in_doubt(&facts, &secret)
    };
    assert!(with(|facts| facts.has_finalizer = false), "replaced");
    assert!(with(|facts| facts.has_status = false), "status lost");
    let restored = ObjectFacts {
        recorded_uid: Some("before".to_owned()),
        ..World::new().object
    };
    assert!(is_in_doubt(&restored, &secret));
}
