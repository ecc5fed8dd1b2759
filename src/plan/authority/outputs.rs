//! Whose an output is. Like those of a Secret, its labels and annotations can be copied and restored.

use crate::{
    api::{OutputRef, Reason},
    keys::{Fingerprint, PublicKey},
    plan::{
        desired::resolve::Desired,
        failure::Failure,
        observed::{
            outputs::{OutputFacts, OutputView},
            snapshot::Observed,
        },
    },
};

pub(crate) fn another_has_it(
    desired: &Desired,
    observed: &Observed,
    object: &OutputRef,
    facts: &OutputFacts,
) -> Result<(), Failure> {
    let mark = &desired.mark;
    let other_namespace = facts
        .owner_namespace
        .as_ref()
        .filter(|namespace| **namespace != mark.namespace);
    let whose = match &facts.owner_name {
        Some(owner) if other_namespace.is_some() => format!(
            "is a copy of one that belongs to SshKey {}/{owner}",
            other_namespace.map_or("", String::as_str)
        ),
        Some(owner) if *owner == mark.object && facts.is_output => {
            if is_this_objects(observed, facts) {
                return Ok(());
            }
            format!(
                "records an SshKey {}/{owner} that is gone, and nothing else vouches for it",
                mark.namespace
            )
        }
        Some(owner) if *owner == desired.mark.object => {
            "is where the private key is kept".to_owned()
        }
        Some(owner) => format!("belongs to SshKey {owner}"),
        None => "exists and is not this SshKey's".to_owned(),
    };
    Err(Failure::to_fix(
        Reason::OutputConflict,
        format!(
            "{object} {whose}; it was left alone. Give the output another name; remove {object} only once you know that nobody reads it"
        ),
    ))
}

/// Whether an output that names this object is its own: it records the namespace, or the UID of this object or of a
/// predecessor, or a key that this object is known by.
fn is_this_objects(observed: &Observed, facts: &OutputFacts) -> bool {
    let uid = facts.owner_uid.as_deref();
    let object = &observed.object;
    let known = |fingerprint: &Fingerprint| {
        object.reported_fingerprint.as_ref() == Some(fingerprint)
            || object.reported_others.contains(fingerprint)
            || observed.stored_key().map(PublicKey::fingerprint).as_ref() == Some(fingerprint)
    };
    facts.owner_namespace.is_some()
        || uid == Some(object.uid.as_str())
        || (uid.is_some() && uid == object.recorded_uid.as_deref())
        || facts.recorded.as_ref().is_some_and(known)
}

/// Ours without a record, as after an annotation was lost.
pub(crate) fn is_ours(desired: &Desired, observed: &Observed, object: &OutputRef) -> bool {
    matches!(
        observed.outputs.get(object),
        Some(OutputView::Present(facts))
            if facts.is_output
                && facts.owner_name.as_deref() == Some(desired.mark.object.as_str())
                && is_in_namespace(desired, facts)
                && is_this_objects(observed, facts)
    )
}

/// By its UID, or by that of the object that it was before a restore.
pub(crate) fn is_owned(observed: &Observed, facts: &OutputFacts) -> bool {
    let uid = facts.owner_uid.as_deref();
    let object = &observed.object;
    uid == Some(object.uid.as_str()) || (uid.is_some() && uid == object.recorded_uid.as_deref())
}

pub(crate) fn is_in_namespace(desired: &Desired, facts: &OutputFacts) -> bool {
    let namespace = facts.owner_namespace.as_ref();
    namespace.is_none_or(|namespace| *namespace == desired.mark.namespace)
}
