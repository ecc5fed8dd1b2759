//! Whose a Secret is that has the name of the managed one. Labels and annotations can be copied and restored, so the name
//! alone says nothing: namespace and UID do, or a predecessor's UID, or the very key that this object is known by.

use crate::{
    api::{names::annotation, sshkey::SecretConflictPolicy},
    plan::{
        desired::{resolve::Desired, source::Custody},
        observed::{
            azure::KeyView,
            secret::{SecretFacts, SecretKey, SecretView},
            snapshot::Observed,
        },
        records::ownership::Ownership,
    },
};

/// Whose a Secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretOwner {
    /// This object's.
    Ours,
    /// That of an object of this name that is gone: this object takes it up.
    TakenUp,
    /// Nobody's that this object may not ask for: it adopts the Secret, as the spec says.
    ToAdopt,
    /// Another's, or nobody's: why it is left alone, and what to do.
    Another(String),
}

/// Whose the Secret is.
///
/// A recorded namespace or name of another object vetoes, but for a copy that this object may adopt. A UID of its own, of a
/// predecessor's, or the key that the status or Azure vouches for make it ours. A whole Secret that records this namespace
/// and name, and that no living object can own besides, is taken up.
pub(crate) fn secret_owner(
    desired: &Desired,
    custody: &Custody,
    observed: &Observed,
    facts: &SecretFacts,
) -> SecretOwner {
    let (mark, name) = (&desired.mark, &custody.name);
    let other_name = facts.owner_name.as_ref().filter(|it| **it != mark.object);
    let other_namespace = facts
        .owner_namespace
        .as_ref()
        .filter(|it| **it != mark.namespace);
    if let (Some(owner), None) = (other_name, other_namespace) {
        return SecretOwner::Another(format!(
            "Secret {name} belongs to SshKey {owner}: create this SshKey again with another name in spec.secret.name"
        ));
    }
    if let Some(other) = other_namespace {
        let owner = facts.owner_name.as_deref().unwrap_or_default();
        let what = format!("Secret {name} is a copy of one that belongs to SshKey {other}/{owner}");
        return adopt(desired, custody, facts, &what);
    }
    let uid = facts.owner_uid.as_deref();
    let is_ours = uid == Some(observed.object.uid.as_str());
    if is_ours || is_predecessors(observed, uid) || is_known_by_its_key(desired, observed, facts) {
        return SecretOwner::Ours;
    }
    let is_recorded = facts.owner_namespace.is_some() && facts.owner_name.is_some();
    if is_recorded && facts.is_well_formed {
        return SecretOwner::TakenUp;
    }
    let what = if facts.owner_name.is_some() {
        format!(
            "Secret {name} records an SshKey {}/{} that is gone, and nothing else vouches for it",
            mark.namespace, mark.object
        )
    } else {
        format!("Secret {name} exists and is not this SshKey's")
    };
    adopt(desired, custody, facts, &what)
}

/// Restores keep the UID that an object recorded.
fn is_predecessors(observed: &Observed, uid: Option<&str>) -> bool {
    uid.is_some() && uid == observed.object.recorded_uid.as_deref()
}

/// Its records were wiped or are those of an object that is gone, and its key is the one that the status reports, or that
/// Azure holds under the mark of this object or of the very one that the Secret names.
fn is_known_by_its_key(desired: &Desired, observed: &Observed, facts: &SecretFacts) -> bool {
    let SecretKey::Readable(key) = &facts.key else {
        return false;
    };
    let in_azure = observed.azure.values().any(|view| match view {
        KeyView::Present { key: there, .. } if there.public_key.as_ref() == Ok(key) => {
            match desired.mark.ownership(&there.tags) {
                Ownership::Ours => true,
                Ownership::Namesake(uid) => facts.owner_uid.as_ref() == Some(&uid),
                Ownership::Foreign(_) | Ownership::Unmarked => false,
            }
        }
        _ => false,
    });
    // A person who may write a status could name the key of any Secret: a Secret of another use takes more than that.
    let is_for_a_key = facts.is_well_formed || facts.may_be_adopted;
    in_azure || (is_for_a_key && observed.object.reported_fingerprint == Some(key.fingerprint()))
}

/// What is nobody's, or a copy, is taken over only when the spec asks for it and the Secret lets it: it is a Secret for a
/// key and nothing else, or somebody who may write it says so on it.
fn adopt(desired: &Desired, custody: &Custody, facts: &SecretFacts, what: &str) -> SecretOwner {
    let (name, mark) = (&custody.name, &desired.mark);
    SecretOwner::Another(match (custody.conflict, &facts.key) {
        (SecretConflictPolicy::Refuse, _) => format!(
            "{what}; it was left alone. Create this SshKey again with another name in spec.secret.name, or have the Secret adopted with its key by spec.secret.conflictPolicy: Adopt"
        ),
        (SecretConflictPolicy::Adopt, SecretKey::Missing) => format!(
            "Secret {name} can't be adopted: it has no entry ssh-privatekey. Create this SshKey again with another name in spec.secret.name, or put an OpenSSH private key there"
        ),
        (SecretConflictPolicy::Adopt, SecretKey::Unreadable(why)) => format!(
            "Secret {name} can't be adopted: its entry ssh-privatekey is no key that can be used: {why}"
        ),
        (SecretConflictPolicy::Adopt, SecretKey::Readable(_))
            if facts.is_well_formed || facts.may_be_adopted =>
        {
            return SecretOwner::ToAdopt;
        }
        (SecretConflictPolicy::Adopt, SecretKey::Readable(_)) => format!(
            "Secret {name} holds more than an SSH key of type kubernetes.io/ssh-auth, so it is adopted only with the consent of somebody who may write it: kubectl annotate secret {name} --namespace {} {}={}/{}",
            mark.namespace,
            annotation::ADOPT_BY,
            mark.namespace,
            mark.object
        ),
    })
}

/// Whether this object takes up the managed Secret of an object of this name that is gone. One that was restored goes on
/// with its own.
pub fn takes_up_secret(desired: &Desired, observed: &Observed) -> bool {
    let (SecretView::Present(facts), Some(custody)) = (&observed.secret, desired.source.custody())
    else {
        return false;
    };
    let uid = facts.owner_uid.as_deref();
    let is_anothers = uid.is_some_and(|uid| uid != observed.object.uid);
    let owner = secret_owner(desired, custody, observed, facts);
    is_anothers
        && !is_predecessors(observed, uid)
        && matches!(owner, SecretOwner::Ours | SecretOwner::TakenUp)
}
