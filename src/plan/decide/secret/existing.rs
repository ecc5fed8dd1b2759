//! The facts of a Secret that exists under the name of the managed one.

use crate::{
    api::Reason,
    keys::{KeySpec, PublicKey},
    plan::{
        authority::secret::SecretOwner,
        decide::secret::{
            content::Content,
            durability::{secret_is_going, secret_is_immutable},
            replacement::is_being_replaced,
            situation::Situation,
            soundness,
        },
        decision::{Evaluation, Finding},
        observed::secret::SecretFacts,
        step::{
            kinds::Step,
            secret::{SecretRecord, SecretStep},
        },
    },
};

/// A Secret of the name of the managed one.
pub(crate) struct Existing<'a> {
    pub(crate) situation: &'a Situation<'a>,
    pub(crate) facts: &'a SecretFacts,
    pub(crate) owner: SecretOwner,
}

impl Existing<'_> {
    fn name(&self) -> &str {
        &self.situation.custody.name
    }

    /// Whether it names this very object, and not one that had its name before.
    fn names_this_object(&self) -> bool {
        self.facts.owner_uid.as_deref() == Some(self.situation.observed.object.uid.as_str())
    }

    /// Whether its entries are as the operator writes them.
    fn is_whole(&self) -> bool {
        self.facts.private_entry_is_a_file && self.facts.public_entry_matches
    }

    /// What to record on it.
    fn record(&self, key: &PublicKey) -> SecretRecord {
        SecretRecord {
            name: self.name().to_owned(),
            resource_version: self.facts.resource_version.clone(),
            fingerprint: key.fingerprint(),
            public_key: key.clone(),
            rewrites: !self.facts.private_entry_is_a_file,
        }
    }
}

pub(crate) fn belongs_to_another(existing: &Existing<'_>) -> Option<Evaluation> {
    match &existing.owner {
        SecretOwner::Another(why) => Some(conflict(why.clone())),
        SecretOwner::Ours | SecretOwner::TakenUp | SecretOwner::ToAdopt => None,
    }
}

/// What is in a Secret that is being deleted is there for as long as somebody holds it, and no longer.
pub(crate) fn is_going(existing: &Existing<'_>) -> Option<Evaluation> {
    let keeps = match existing.facts.key.readable() {
        Some(key) => format!("the private key {}", key.fingerprint()),
        None => "the private key".to_owned(),
    };
    let mark = &existing.situation.desired.mark;
    let failure = secret_is_going(mark, existing.name(), &keeps, &existing.facts.durability)?;
    Some(Evaluation::finding(Finding::Blocked(failure)))
}

pub(crate) fn is_left_to_the_rotation(existing: &Existing<'_>) -> Option<Evaluation> {
    let Situation {
        desired, observed, ..
    } = *existing.situation;
    is_being_replaced(desired, observed).then(|| Evaluation::steps(Vec::new()))
}

pub(crate) fn is_unsound(existing: &Existing<'_>) -> Option<Evaluation> {
    let Situation {
        desired,
        custody,
        content,
        observed,
        ..
    } = *existing.situation;
    let finding = soundness::is_unsound(&desired.mark, custody, content, observed, existing.facts);
    finding.map(Evaluation::finding)
}

/// What this object made itself is its key, whatever the spec asks for by now.
pub(crate) fn holds_another_key(existing: &Existing<'_>) -> Option<Evaluation> {
    let found = existing.facts.key.readable()?;
    if existing.names_this_object() {
        return None;
    }
    let name = existing.name();
    match existing.situation.content {
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

pub(crate) fn can_not_be_repaired(existing: &Existing<'_>) -> Option<Evaluation> {
    (existing.facts.durability.is_immutable && !existing.is_whole()).then(|| {
        let so = "its entries can't be written as the files that OpenSSH reads";
        let mark = &existing.situation.desired.mark;
        let failure = secret_is_immutable(mark, existing.name(), so);
        Evaluation::finding(Finding::Blocked(failure))
    })
}

pub(crate) fn is_to_be_adopted(existing: &Existing<'_>) -> Option<Evaluation> {
    let key = existing.facts.key.readable()?;
    (existing.owner == SecretOwner::ToAdopt).then(|| {
        Evaluation::steps(vec![Step::Secret(SecretStep::AdoptSecret {
            secret: existing.record(key),
            now: existing.situation.now,
        })])
    })
}

pub(crate) fn is_to_be_repaired(existing: &Existing<'_>) -> Option<Evaluation> {
    let facts = existing.facts;
    let key = facts.key.readable()?;
    let is_named = facts.owner_name.is_some() && facts.owner_namespace.is_some();
    let is_recorded = facts.recorded == Some(key.fingerprint());
    let is_dated = facts.created_at.is_some();
    if existing.names_this_object()
        && is_named
        && facts.labelled
        && is_recorded
        && is_dated
        && existing.is_whole()
    {
        return None;
    }
    let reported = existing.situation.observed.object.reported_revision;
    let revision = reported.map_or(facts.revision, |reported| reported.max(facts.revision));
    Some(Evaluation::steps(vec![Step::Secret(
        SecretStep::RepairSecret {
            secret: existing.record(key),
            recorded_as: (!is_dated).then_some((revision, existing.situation.now)),
        },
    )]))
}

/// The end of the facts: nothing is to be done.
pub(crate) fn keeps_the_key(existing: &Existing<'_>) -> Evaluation {
    let Some(key) = existing.facts.key.readable() else {
        return Evaluation::steps(Vec::new());
    };
    Evaluation::finding(Finding::Good {
        reason: Reason::KeyStored,
        message: format!(
            "Secret {} holds the key {}",
            existing.name(),
            key.fingerprint()
        ),
    })
}

fn is_spec(key: &PublicKey, spec: KeySpec) -> bool {
    key.algorithm() == spec.algorithm() && key.bits() == spec.bits()
}

fn conflict(message: String) -> Evaluation {
    Evaluation::finding(Finding::needs_user(Reason::SecretConflict, message))
}
