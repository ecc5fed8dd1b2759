//! The managed Secret: facts in order, the first that holds decides.

use jiff::Timestamp;

use crate::{
    api::Reason,
    keys::{KeySpec, PublicKey},
    plan::{
        authority::secret::{SecretOwner, secret_owner},
        decide::secret::{
            content::Content,
            durability::{secret_is_going, secret_is_immutable},
            lost_key::{azure_might_hold_the_key, private_key_is_lost},
            making::{create_secret, replace_lost_key},
            replacement::{another_key_is_asked_for, is_being_replaced},
            soundness::is_unsound,
        },
        decision::{Evaluation, Finding},
        desired::{resolve::Desired, source::Custody},
        failure::Failure,
        observed::{
            secret::{SecretFacts, SecretView},
            snapshot::Observed,
        },
        step::kinds::{SecretRecord, Step},
    },
};

/// What to do about the Secret.
pub(crate) fn evaluate_secret(
    desired: &Desired,
    custody: &Custody,
    content: Content<'_>,
    observed: &Observed,
    now: Timestamp,
) -> Evaluation {
    let facts = match &observed.secret {
        SecretView::Absent if another_key_is_asked_for(desired, custody, observed) => {
            return Evaluation::steps(vec![replace_lost_key(custody, content, observed, now)]);
        }
        SecretView::Absent => {
            return private_key_is_lost(desired, custody, content, observed)
                .or_else(|| azure_might_hold_the_key(desired, content, observed))
                .map_or_else(
                    || Evaluation::steps(vec![create_secret(custody, content, observed, now)]),
                    Evaluation::finding,
                );
        }
        SecretView::Present(facts) => facts,
    };
    let owner = secret_owner(desired, custody, observed, facts);
    if let SecretOwner::Another(why) = owner {
        return Evaluation::finding(conflict(why));
    }
    if let Some(failure) = is_going(desired, custody, facts) {
        return Evaluation::finding(Finding::Blocked(failure));
    }
    match is_unsound(custody, content, observed, facts) {
        // What takes its place is the rotation's business.
        Some(_) if is_being_replaced(desired, observed) => Evaluation::steps(Vec::new()),
        Some(finding) => Evaluation::finding(finding),
        None => key_is_not_the_wanted_one(custody, content, observed, facts).map_or_else(
            || take_or_keep(desired, custody, &owner, observed, facts, now),
            Evaluation::finding,
        ),
    }
}

/// The Secret is being deleted: what is in it is there for as long as somebody holds it, and no longer.
fn is_going(desired: &Desired, custody: &Custody, facts: &SecretFacts) -> Option<Failure> {
    let keeps = match facts.key.readable() {
        Some(key) => format!("the private key {}", key.fingerprint()),
        None => "the private key".to_owned(),
    };
    secret_is_going(&desired.mark, &custody.name, &keeps, &facts.durability)
}

/// A Secret that was found, not made by this object, with a key that the spec does not ask for.
fn key_is_not_the_wanted_one(
    custody: &Custody,
    content: Content<'_>,
    observed: &Observed,
    facts: &SecretFacts,
) -> Option<Finding> {
    let found = facts.key.readable()?;
    if facts.owner_uid.as_deref() == Some(observed.object.uid.as_str()) {
        return None;
    }
    let name = &custody.name;
    match content {
        Content::Generated { requirements, .. } if is_spec(found, requirements.initial()) => None,
        Content::Generated { requirements, .. } => Some(conflict(format!(
            "Secret {name} holds a key of {} {} bits and spec.source asks for {} {} bits: create this SshKey again, to ask for the key that exists or with another name in spec.secret.name. Removing the Secret destroys the key that it holds",
            found.algorithm(),
            found.bits(),
            requirements.initial().algorithm(),
            requirements.initial().bits()
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
) -> Evaluation {
    let Some(key) = facts.key.readable() else {
        return Evaluation::steps(Vec::new());
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
        return Evaluation::finding(Finding::Blocked(failure));
    }
    let ours = facts.owner_uid.as_deref() == Some(observed.object.uid.as_str());
    if *owner == SecretOwner::ToAdopt {
        return Evaluation::steps(vec![Step::AdoptSecret {
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
        return Evaluation::steps(vec![Step::RepairSecret {
            secret: secret(key),
            anew: (!is_dated).then_some((revision, now)),
        }]);
    }
    Evaluation::finding(Finding::Good {
        reason: Reason::KeyStored,
        message: format!(
            "Secret {} holds the key {}",
            custody.name,
            key.fingerprint()
        ),
    })
}

fn is_spec(key: &PublicKey, spec: KeySpec) -> bool {
    key.algorithm() == spec.algorithm() && key.bits() == spec.bits()
}

fn conflict(message: String) -> Finding {
    Finding::needs_user(Reason::SecretConflict, message)
}
