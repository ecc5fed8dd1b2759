//! The managed Secret: facts in order, the first that holds decides.

use jiff::Timestamp;

use super::{
    Custody, Desired, Failure, KeySource, KeyWish, Observed, SecretFacts, SecretKey, SecretRecord,
    SecretView, Step,
    decide::{Finding, Judgement},
    durability::{secret_is_going, secret_is_immutable},
    lost::{
        another_key_is_asked_for, azure_might_hold_the_key, create, make_anew, private_key_is_lost,
    },
    secret_ownership::{SecretOwner, owner},
};
use crate::{
    api::{Reason, names::annotation},
    keys::{Comment, Fingerprint, KeySpec, PublicKey},
};

/// What the Secret shall hold.
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    /// A key that is generated when there is none.
    Generated { wish: KeyWish, comment: &'a Comment },
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
    let facts = match &observed.secret {
        SecretView::Absent if another_key_is_asked_for(desired, custody, observed) => {
            return Judgement::steps(vec![make_anew(custody, content, observed, now)]);
        }
        SecretView::Absent => {
            return private_key_is_lost(desired, custody, content, observed)
                .or_else(|| azure_might_hold_the_key(desired, content, observed))
                .map_or_else(
                    || Judgement::steps(vec![create(custody, content, observed, now)]),
                    Judgement::finding,
                );
        }
        SecretView::Present(facts) => facts,
    };
    let owner = owner(desired, custody, observed, facts);
    if let SecretOwner::Another(why) = owner {
        return Judgement::finding(conflict(why));
    }
    if let Some(failure) = is_going(desired, custody, facts) {
        return Judgement::finding(Finding::Blocked(failure));
    }
    match is_unsound(custody, content, observed, facts) {
        // What takes its place is the rotation's business.
        Some(_) if is_being_replaced(desired, observed) => Judgement::steps(Vec::new()),
        Some(finding) => Judgement::finding(finding),
        None => key_is_not_the_wanted_one(custody, content, observed, facts).map_or_else(
            || take_or_keep(desired, custody, &owner, observed, facts, now),
            Judgement::finding,
        ),
    }
}

/// The Secret is being deleted: what is in it is there for as long as somebody holds it, and no longer.
fn is_going(desired: &Desired, custody: &Custody, facts: &SecretFacts) -> Option<Failure> {
    let keeps = match readable(facts) {
        Some(key) => format!("the private key {}", key.fingerprint()),
        None => "the private key".to_owned(),
    };
    secret_is_going(&desired.mark, &custody.name, &keeps, &facts.durability)
}

/// Whether the key in our Secret can't be used as it is, and another shall take its place: a person has asked for it, once
/// or as a standing choice.
pub(super) fn is_being_replaced(desired: &Desired, observed: &Observed) -> bool {
    let KeySource::Generated {
        wish,
        comment,
        custody,
    } = &desired.source
    else {
        return false;
    };
    let SecretView::Present(facts) = &observed.secret else {
        return false;
    };
    let content = Content::Generated {
        wish: *wish,
        comment,
    };
    !facts.durability.is_going()
        && !matches!(
            owner(desired, custody, observed, facts),
            SecretOwner::Another(_)
        )
        && is_unsound(custody, content, observed, facts).is_some()
        && another_key_is_asked_for(desired, custody, observed)
}

fn is_unsound(
    custody: &Custody,
    content: Content<'_>,
    observed: &Observed,
    facts: &SecretFacts,
) -> Option<Finding> {
    private_key_is_unreadable(custody, facts)
        .or_else(|| private_key_was_replaced(custody, content, observed, facts))
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
            "Secret {} {what}; Azure was not touched. Put the private key{} back under ssh-privatekey; or, to go on with a new key, ask for a rotation with the annotation {}",
            custody.name,
            facts
                .recorded
                .as_ref()
                .map(|fingerprint| format!(" {fingerprint}"))
                .unwrap_or_default(),
            annotation::ROTATE_REQUESTED_AT
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
    // The Secret's own record and the status are two witnesses: a Secret from an old backup has but the first. What has
    // been changed on purpose since the last report is of a later revision, or as the user gives it.
    let is_later = facts.revision > observed.object.reported_revision.unwrap_or(1);
    let reported = match content {
        Content::Generated { .. } if is_later => None,
        Content::Generated { .. } => observed.object.reported_fingerprint.as_ref(),
        Content::Imported(wanted) if wanted.fingerprint() == actual => return None,
        Content::Imported(_) => None,
    };
    let mut witnesses = facts.recorded.iter().chain(reported);
    let recorded: &Fingerprint = witnesses.find(|recorded| **recorded != actual)?;
    Some(Finding::held(
        Reason::PrivateKeyReplaced,
        format!(
            "Secret {} holds the private key {actual} and {recorded} is recorded; Azure was not touched. Put {recorded} back under ssh-privatekey; or, to go on with a new key, ask for a rotation with the annotation {}",
            custody.name,
            annotation::ROTATE_REQUESTED_AT
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
        Content::Generated { wish, .. } if is_spec(found, wish.first()) => None,
        Content::Generated { wish, .. } => Some(conflict(format!(
            "Secret {name} holds a key of {} {} bits and spec.source asks for {} {} bits: create this SshKey again, to ask for the key that exists or with another name in spec.secret.name. Removing the Secret destroys the key that it holds",
            found.algorithm(),
            found.bits(),
            wish.first().algorithm(),
            wish.first().bits()
        ))),
        Content::Imported(wanted) if found == wanted => None,
        Content::Imported(wanted) => Some(conflict(format!(
            "Secret {name} holds the key {} and spec.source.privateKey brings {}: create this SshKey again with another name in spec.secret.name. Removing the Secret destroys the key that it holds",
            found.fingerprint(),
            wanted.fingerprint()
        ))),
    }
}

fn take_or_keep(
    desired: &Desired,
    custody: &Custody,
    owner: &SecretOwner,
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
        rewrites: !facts.private_entry_is_a_file,
    };
    let is_whole = facts.private_entry_is_a_file && facts.public_entry_matches;
    if facts.durability.is_immutable && !is_whole {
        let so = "its entries can't be written as the files that OpenSSH reads";
        let failure = secret_is_immutable(&desired.mark, &custody.name, so);
        return Judgement::finding(Finding::Blocked(failure));
    }
    let ours = facts.owner_uid.as_deref() == Some(observed.object.uid.as_str());
    if *owner == SecretOwner::ToAdopt {
        return Judgement::steps(vec![Step::AdoptSecret {
            secret: secret(key),
            now,
        }]);
    }
    let is_recorded = facts.recorded == Some(key.fingerprint());
    let is_dated = facts.created_at.is_some();
    let is_named = facts.owner_name.is_some() && facts.owner_namespace.is_some();
    if !ours || !is_named || !facts.labelled || !is_recorded || !is_dated || !is_whole {
        let revision = observed
            .object
            .reported_revision
            .map_or(facts.revision, |reported| reported.max(facts.revision));
        return Judgement::steps(vec![Step::RepairSecret {
            secret: secret(key),
            anew: (!is_dated).then_some((revision, now)),
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
    facts.key.readable()
}

fn is_spec(key: &PublicKey, spec: KeySpec) -> bool {
    key.algorithm() == spec.algorithm() && key.bits() == spec.bits()
}

fn conflict(message: String) -> Finding {
    Finding::held(Reason::SecretConflict, message)
}
