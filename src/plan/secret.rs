//! The Secret: facts in order, the first that holds decides.

use jiff::Timestamp;

use super::{
    Desired, KeyView, Observed, Ownership, SecretFacts, SecretKey, SecretRecord, SecretView, Step,
    decide::{Finding, Judgement},
    deletion::out_of_reach,
};
use crate::{
    api::{Reason, sshkey::SecretConflictPolicy},
    keys::{Fingerprint, PublicKey},
};

/// What to do about the Secret.
pub(super) fn judge(desired: &Desired, observed: &Observed, now: Timestamp) -> Judgement {
    match &observed.secret {
        SecretView::Absent => private_key_is_lost(desired, observed)
            .or_else(|| azure_might_hold_the_key(desired, observed))
            .map_or_else(|| create(desired, now), Judgement::finding),
        SecretView::Present(facts) => another_object_owns_it(desired, facts)
            .or_else(|| nobody_owns_it(desired, observed, facts))
            .or_else(|| private_key_is_unreadable(desired, facts))
            .or_else(|| private_key_was_replaced(desired, observed, facts))
            .or_else(|| key_is_of_another_kind(desired, observed, facts))
            .map_or_else(
                || take_or_keep(desired, observed, facts, now),
                Judgement::finding,
            ),
    }
}

fn create(desired: &Desired, now: Timestamp) -> Judgement {
    Judgement::steps(vec![Step::CreateSecret {
        name: desired.secret_name.clone(),
        key: desired.key,
        comment: desired.comment.clone(),
        now,
    }])
}

/// No Secret, and a witness that there was one: making another key would lock out whoever trusts the first.
fn private_key_is_lost(desired: &Desired, observed: &Observed) -> Option<Finding> {
    let name = &desired.secret_name;
    if let Some(fingerprint) = &observed.object.reported_fingerprint {
        return Some(Finding::held(
            Reason::PrivateKeyLost,
            format!(
                "Secret {name}, which held the private key {fingerprint}, is gone; Azure was not touched. Put the Secret back from a backup; or, to start over with a new key, delete this SshKey and create it again"
            ),
        ));
    }
    let (id, key) = observed.azure.iter().find_map(|(id, view)| match view {
        KeyView::Present { key, .. } => {
            let ownership = desired.mark.ownership(&key.tags);
            matches!(ownership, Ownership::Ours | Ownership::FormerIncarnation).then_some((id, key))
        }
        _ => None,
    })?;
    let key = key.public_key.as_ref().map_or_else(
        |_| "a key".to_owned(),
        |key| format!("the key {}", key.fingerprint()),
    );
    Some(Finding::held(
        Reason::PrivateKeyLost,
        format!(
            "Azure holds {key} of this SshKey as {id}, and Secret {name} with its private half does not exist; Azure was not touched. Put the Secret back from a backup; or, to start over with a new key, delete {id} in Azure"
        ),
    ))
}

/// A place in Azure is recorded, so a key may have been published, and it can't be looked at now.
fn azure_might_hold_the_key(desired: &Desired, observed: &Observed) -> Option<Finding> {
    let records = observed.object.records.as_deref().unwrap_or_default();
    records
        .iter()
        .find_map(|record| match observed.azure.get(&record.id) {
            Some(KeyView::Unknown(failure)) => Some(Finding::Blocked(failure.clone())),
            Some(_) => None,
            None => Some(out_of_reach(desired, record)),
        })
}

fn another_object_owns_it(desired: &Desired, facts: &SecretFacts) -> Option<Finding> {
    let owner = facts
        .owner_name
        .as_ref()
        .filter(|owner| **owner != desired.mark.object)?;
    Some(conflict(format!(
        "Secret {} belongs to SshKey {owner}: create this SshKey again with another name in spec.secret.name",
        desired.secret_name
    )))
}

fn nobody_owns_it(desired: &Desired, observed: &Observed, facts: &SecretFacts) -> Option<Finding> {
    if facts.owner_name.is_some() || is_known_by_its_key(observed, facts) {
        return None;
    }
    let name = &desired.secret_name;
    match (desired.secret_conflict, &facts.key) {
        (SecretConflictPolicy::Refuse, _) => Some(conflict(format!(
            "Secret {name} exists and is not this SshKey's; it was left alone. Create this SshKey again with another name in spec.secret.name, remove the Secret, or take it over with spec.secret.conflictPolicy: Adopt"
        ))),
        (SecretConflictPolicy::Adopt, SecretKey::Readable(_)) => None,
        (SecretConflictPolicy::Adopt, SecretKey::Missing) => Some(conflict(format!(
            "Secret {name} can't be adopted: it has no entry ssh-privatekey. Create this SshKey again with another name in spec.secret.name, or put an OpenSSH private key there"
        ))),
        (SecretConflictPolicy::Adopt, SecretKey::Unreadable(why)) => Some(conflict(format!(
            "Secret {name} can't be adopted: its entry ssh-privatekey is no key that can be used: {why}"
        ))),
    }
}

/// Its records were wiped, and its key is the one that this object reported.
fn is_known_by_its_key(observed: &Observed, facts: &SecretFacts) -> bool {
    match (&observed.object.reported_fingerprint, &facts.key) {
        (Some(reported), SecretKey::Readable(key)) => *reported == key.fingerprint(),
        _ => false,
    }
}

fn private_key_is_unreadable(desired: &Desired, facts: &SecretFacts) -> Option<Finding> {
    let what = match &facts.key {
        SecretKey::Readable(_) => return None,
        SecretKey::Missing => "has no private key any more".to_owned(),
        SecretKey::Unreadable(why) => format!("holds no private key that can be read: {why}"),
    };
    Some(Finding::held(
        Reason::PrivateKeyUnreadable,
        format!(
            "Secret {} {what}; Azure was not touched. Put the private key{} back under ssh-privatekey; or, to start over with a new key, delete the Secret and this SshKey, and create the SshKey again",
            desired.secret_name,
            facts
                .recorded
                .as_ref()
                .map(|fingerprint| format!(" {fingerprint}"))
                .unwrap_or_default()
        ),
    ))
}

fn private_key_was_replaced(
    desired: &Desired,
    observed: &Observed,
    facts: &SecretFacts,
) -> Option<Finding> {
    let actual = readable(facts)?.fingerprint();
    // The Secret's own record and the status are two witnesses: a Secret from an old backup has but the first.
    let mut witnesses = facts
        .recorded
        .iter()
        .chain(&observed.object.reported_fingerprint);
    let recorded: &Fingerprint = witnesses.find(|recorded| **recorded != actual)?;
    Some(Finding::held(
        Reason::PrivateKeyReplaced,
        format!(
            "Secret {} holds the private key {actual} and {recorded} is recorded; Azure was not touched. Put {recorded} back under ssh-privatekey; or, to start over with a new key, delete the Secret and this SshKey, and create the SshKey again",
            desired.secret_name
        ),
    ))
}

/// A Secret that was found, not made by this object, with a key that the spec does not ask for.
fn key_is_of_another_kind(
    desired: &Desired,
    observed: &Observed,
    facts: &SecretFacts,
) -> Option<Finding> {
    let key = readable(facts)?;
    let made_by_this_object = facts.owner_uid.as_deref() == Some(observed.object.uid.as_str());
    let fits = key.algorithm() == desired.key.algorithm() && key.bits() == desired.key.bits();
    (!made_by_this_object && !fits).then(|| {
        conflict(format!(
            "Secret {} holds a key of {} {} bits and spec.source asks for {} {} bits: create this SshKey again to ask for the key that is there or with another name in spec.secret.name, or remove the Secret",
            desired.secret_name,
            key.algorithm(),
            key.bits(),
            desired.key.algorithm(),
            desired.key.bits()
        ))
    })
}

fn take_or_keep(
    desired: &Desired,
    observed: &Observed,
    facts: &SecretFacts,
    now: Timestamp,
) -> Judgement {
    let Some(key) = readable(facts) else {
        return Judgement::steps(Vec::new());
    };
    let secret = || SecretRecord {
        name: desired.secret_name.clone(),
        resource_version: facts.resource_version.clone(),
        fingerprint: key.fingerprint(),
        public_key: key.clone(),
    };
    let ours = facts.owner_uid.as_deref() == Some(observed.object.uid.as_str());
    if facts.owner_name.is_none() && !is_known_by_its_key(observed, facts) {
        return Judgement::steps(vec![Step::AdoptSecret {
            secret: secret(),
            now,
        }]);
    }
    if !ours || !facts.labelled || facts.recorded.is_none() || !facts.public_entry_matches {
        return Judgement::steps(vec![Step::RepairSecret { secret: secret() }]);
    }
    Judgement::finding(Finding::Good {
        reason: Reason::KeyStored,
        message: format!(
            "Secret {} holds the key {}",
            desired.secret_name,
            key.fingerprint()
        ),
    })
}

fn readable(facts: &SecretFacts) -> Option<&PublicKey> {
    match &facts.key {
        SecretKey::Readable(key) => Some(key),
        _ => None,
    }
}

fn conflict(message: String) -> Finding {
    Finding::held(Reason::SecretConflict, message)
}
