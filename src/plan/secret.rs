//! The managed Secret: facts in order, the first that holds decides.

use jiff::Timestamp;

use super::{
    Custody, Desired, KeyView, Observed, Ownership, SecretFacts, SecretKey, SecretRecord,
    SecretView, Step,
    decide::{Finding, Judgement},
    deletion::out_of_reach,
};
use crate::{
    api::{Reason, sshkey::SecretConflictPolicy},
    keys::{Comment, Fingerprint, KeySpec, PublicKey},
};

/// What the Secret shall hold.
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    /// A key that is generated when there is none.
    Generated { key: KeySpec, comment: &'a Comment },
    /// The key that the user gives, at the time.
    Imported(&'a PublicKey),
}

/// What to do about the Secret.
pub(super) fn judge(
    desired: &Desired,
    custody: &Custody,
    content: Content<'_>,
    observed: &Observed,
    now: Timestamp,
) -> Judgement {
    match &observed.secret {
        SecretView::Absent => private_key_is_lost(desired, custody, content, observed)
            .or_else(|| azure_might_hold_the_key(desired, content, observed))
            .map_or_else(|| create(custody, content, now), Judgement::finding),
        SecretView::Present(facts) => another_object_owns_it(desired, custody, facts)
            .or_else(|| nobody_owns_it(custody, observed, facts))
            .or_else(|| private_key_is_unreadable(custody, facts))
            .or_else(|| private_key_was_replaced(custody, content, observed, facts))
            .or_else(|| key_is_not_the_wanted_one(custody, content, observed, facts))
            .map_or_else(
                || take_or_keep(custody, content, observed, facts, now),
                Judgement::finding,
            ),
    }
}

fn create(custody: &Custody, content: Content<'_>, now: Timestamp) -> Judgement {
    let name = custody.name.clone();
    Judgement::steps(vec![match content {
        Content::Generated { key, comment } => Step::CreateSecret {
            name,
            key,
            comment: comment.clone(),
            now,
        },
        Content::Imported(public_key) => Step::ImportKey {
            name,
            public_key: public_key.clone(),
            now,
        },
    }])
}

/// No Secret, and a witness that there was one: making another key would lock out whoever trusts the first.
fn private_key_is_lost(
    desired: &Desired,
    custody: &Custody,
    content: Content<'_>,
    observed: &Observed,
) -> Option<Finding> {
    // An imported key is where it came from.
    if matches!(content, Content::Imported(_)) {
        return None;
    }
    let name = &custody.name;
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
fn azure_might_hold_the_key(
    desired: &Desired,
    content: Content<'_>,
    observed: &Observed,
) -> Option<Finding> {
    if matches!(content, Content::Imported(_)) {
        return None;
    }
    let records = observed.object.records.as_deref().unwrap_or_default();
    records
        .iter()
        .find_map(|record| match observed.azure.get(&record.id) {
            Some(KeyView::Unknown(failure)) => Some(Finding::Blocked(failure.clone())),
            Some(_) => None,
            None => Some(out_of_reach(desired, record)),
        })
}

fn another_object_owns_it(
    desired: &Desired,
    custody: &Custody,
    facts: &SecretFacts,
) -> Option<Finding> {
    let owner = facts
        .owner_name
        .as_ref()
        .filter(|owner| **owner != desired.mark.object)?;
    Some(conflict(format!(
        "Secret {} belongs to SshKey {owner}: create this SshKey again with another name in spec.secret.name",
        custody.name
    )))
}

fn nobody_owns_it(custody: &Custody, observed: &Observed, facts: &SecretFacts) -> Option<Finding> {
    if facts.owner_name.is_some() || is_known_by_its_key(observed, facts) {
        return None;
    }
    let name = &custody.name;
    match (custody.conflict, &facts.key) {
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

fn private_key_is_unreadable(custody: &Custody, facts: &SecretFacts) -> Option<Finding> {
    let what = match &facts.key {
        SecretKey::Readable(_) => return None,
        SecretKey::Missing => "has no private key any more".to_owned(),
        SecretKey::Unreadable(why) => format!("holds no private key that can be read: {why}"),
    };
    Some(Finding::held(
        Reason::PrivateKeyUnreadable,
        format!(
            "Secret {} {what}; Azure was not touched. Put the private key{} back under ssh-privatekey; or, to start over with a new key, delete the Secret and this SshKey, and create the SshKey again",
            custody.name,
            facts
                .recorded
                .as_ref()
                .map(|fingerprint| format!(" {fingerprint}"))
                .unwrap_or_default()
        ),
    ))
}

fn private_key_was_replaced(
    custody: &Custody,
    content: Content<'_>,
    observed: &Observed,
    facts: &SecretFacts,
) -> Option<Finding> {
    let actual = readable(facts)?.fingerprint();
    // The Secret's own record and the status are two witnesses: a Secret from an old backup has but the first. An
    // imported key may have been changed on purpose since the last report.
    let reported = match content {
        Content::Generated { .. } => observed.object.reported_fingerprint.as_ref(),
        Content::Imported(wanted) if wanted.fingerprint() == actual => return None,
        Content::Imported(_) => None,
    };
    let mut witnesses = facts.recorded.iter().chain(reported);
    let recorded: &Fingerprint = witnesses.find(|recorded| **recorded != actual)?;
    Some(Finding::held(
        Reason::PrivateKeyReplaced,
        format!(
            "Secret {} holds the private key {actual} and {recorded} is recorded; Azure was not touched. Put {recorded} back under ssh-privatekey; or, to start over with a new key, delete the Secret and this SshKey, and create the SshKey again",
            custody.name
        ),
    ))
}

/// A Secret that was found, not made by this object, with a key that the spec does not ask for.
fn key_is_not_the_wanted_one(
    custody: &Custody,
    content: Content<'_>,
    observed: &Observed,
    facts: &SecretFacts,
) -> Option<Finding> {
    let found = readable(facts)?;
    if facts.owner_uid.as_deref() == Some(observed.object.uid.as_str()) {
        return None;
    }
    let name = &custody.name;
    match content {
        Content::Generated { key, .. }
            if found.algorithm() == key.algorithm() && found.bits() == key.bits() =>
        {
            None
        }
        Content::Generated { key, .. } => Some(conflict(format!(
            "Secret {name} holds a key of {} {} bits and spec.source asks for {} {} bits: create this SshKey again to ask for the key that is there or with another name in spec.secret.name, or remove the Secret",
            found.algorithm(),
            found.bits(),
            key.algorithm(),
            key.bits()
        ))),
        Content::Imported(wanted) if found == wanted => None,
        Content::Imported(wanted) => Some(conflict(format!(
            "Secret {name} holds the key {} and spec.source.privateKey brings {}: create this SshKey again with another name in spec.secret.name, or remove the Secret",
            found.fingerprint(),
            wanted.fingerprint()
        ))),
    }
}

fn take_or_keep(
    custody: &Custody,
    content: Content<'_>,
    observed: &Observed,
    facts: &SecretFacts,
    now: Timestamp,
) -> Judgement {
    let Some(key) = readable(facts) else {
        return Judgement::steps(Vec::new());
    };
    let secret = |key: &PublicKey| SecretRecord {
        name: custody.name.clone(),
        resource_version: facts.resource_version.clone(),
        fingerprint: key.fingerprint(),
        public_key: key.clone(),
    };
    let ours = facts.owner_uid.as_deref() == Some(observed.object.uid.as_str());
    if facts.owner_name.is_none() && !is_known_by_its_key(observed, facts) {
        return Judgement::steps(vec![Step::AdoptSecret {
            secret: secret(key),
            now,
        }]);
    }
    if let Content::Imported(wanted) = content
        && wanted != key
    {
        return Judgement::steps(vec![Step::ReplaceKey {
            secret: secret(wanted),
            revision: facts.revision + 1,
            now,
        }]);
    }
    let is_recorded = facts.recorded == Some(key.fingerprint());
    if !ours || !facts.labelled || !is_recorded || !facts.public_entry_matches {
        return Judgement::steps(vec![Step::RepairSecret {
            secret: secret(key),
        }]);
    }
    Judgement::finding(Finding::Good {
        reason: Reason::KeyStored,
        message: format!(
            "Secret {} holds the key {}",
            custody.name,
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
