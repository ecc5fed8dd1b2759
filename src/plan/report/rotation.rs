//! What a status says of the rotation of a key.

use jiff::Timestamp;

use crate::{
    api::{
        Time,
        names::annotation,
        rotation::Activation,
        status::{PendingKey, PreviousKey, RotationStatus},
    },
    keys::PublicKey,
    plan::{
        authority::own_keys::former_keys,
        decide::{
            rotation::{obstacle::FORMER_KEYS_MAX, retirement::retire_time},
            secret::activation::activation_time,
        },
        desired::resolve::Desired,
        observed::{
            secret::{SecretFacts, SecretView},
            snapshot::Observed,
        },
        records::{former_key::FormerKey, rotation::RotationRecord},
    },
};

/// How the rotation stands of a key that the operator keeps; `None` while there is nothing to say of it.
pub(crate) fn rotation_status(desired: &Desired, observed: &Observed) -> Option<RotationStatus> {
    desired.source.custody()?;
    let SecretView::Present(facts) = &observed.secret else {
        return None;
    };
    let former = former_keys(observed);
    let pending = pending(desired, observed, facts);
    if !desired.rotation.is_given && facts.revision <= 1 && former.is_empty() && pending.is_none() {
        return None;
    }
    let uid = &observed.object.uid;
    // The first key came by no rotation.
    let rotated_at = facts.created_at.filter(|_| facts.revision > 1);
    let due = |made| desired.rotation.due(made, uid, facts.revision);
    Some(RotationStatus {
        revision: facts.revision.into(),
        last_rotation_time: rotated_at.map(whole_seconds),
        next_rotation_time: facts.created_at.and_then(due).map(whole_seconds),
        pending,
        handled_requests: handled_requests(observed, facts),
        previous: previous(desired, facts, &former),
    })
}

/// The key that is staged and is to take over.
fn pending(desired: &Desired, observed: &Observed, managed: &SecretFacts) -> Option<PendingKey> {
    let staged = observed.rotation_secrets.staged()?;
    let key = staged.key.readable()?;
    let comes_next = staged
        .revision
        .is_none_or(|revision| revision > managed.revision);
    if !comes_next || managed.key.readable() == Some(key) {
        return None;
    }
    let is_timed = desired.rotation.activation == Activation::Delayed;
    let time = activation_time(&desired.rotation, staged).filter(|_| is_timed);
    Some(PendingKey {
        fingerprint: key.fingerprint().to_string(),
        public_key: key.to_line(),
        activation_time: time.map(whole_seconds),
    })
}

/// What a person should know of a key that waits, and of requests that nothing follows.
pub(crate) fn requests_note(desired: &Desired, observed: &Observed) -> Option<String> {
    let SecretView::Present(facts) = &observed.secret else {
        return None;
    };
    let pending = pending(desired, observed, facts);
    let waits = pending.as_ref().map(|key| waits(desired, key));
    let mistaken = pending.and_then(|key| names_another(observed, facts, &key));
    let ignored = observed.object.ignored_requests.iter().map(ignored);
    let notes: Vec<String> = waits.into_iter().chain(mistaken).chain(ignored).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn ignored(name: &&'static str) -> String {
    let expected = match *name {
        annotation::ACTIVATE => "it is no fingerprint, such as SHA256:...",
        _ => "it has more than 256 characters",
    };
    format!("the annotation {name} is ignored: {expected}")
}

/// The annotation that activates a key names one that does not wait, nor is or was this object's.
fn names_another(observed: &Observed, managed: &SecretFacts, next: &PendingKey) -> Option<String> {
    let named = observed.object.activate.as_ref()?;
    let is_known = named.to_string() == next.fingerprint
        || managed.key.readable().map(PublicKey::fingerprint).as_ref() == Some(named)
        || observed.object.reported_others.contains(named)
        || former_keys(observed)
            .iter()
            .any(|key| key.public_key.fingerprint() == *named);
    (!is_known).then(|| {
        format!(
            "the annotation {} names {named}, which is no key that waits",
            annotation::ACTIVATE
        )
    })
}

fn waits(desired: &Desired, pending: &PendingKey) -> String {
    let when = match &pending.activation_time {
        Some(time) => format!("at {}", time.0),
        None if desired.rotation.activation == Activation::Manual => format!(
            "when this SshKey has the annotation {}: {} (kubectl sshkey activate {} --namespace {})",
            annotation::ACTIVATE,
            pending.fingerprint,
            desired.mark.object,
            desired.mark.namespace
        ),
        None => "soon".to_owned(),
    };
    format!("the next key {} takes over {when}", pending.fingerprint)
}

/// The requests that were acted upon, as far back as they are remembered.
fn handled_requests(observed: &Observed, facts: &SecretFacts) -> Vec<String> {
    let record = RotationRecord {
        may_have_secrets: false,
        handled: observed.object.handled_requests().to_vec(),
    };
    record.with(facts.request.as_deref()).handled
}

/// The former keys. The current one may be among them for a moment: it is put there before its successor takes its place.
fn previous(desired: &Desired, managed: &SecretFacts, former: &[&FormerKey]) -> Vec<PreviousKey> {
    let policy = &desired.rotation;
    let current = managed.key.readable();
    let shown = former.iter().take(FORMER_KEYS_MAX).enumerate();
    let shown = shown.filter(|(_, key)| Some(&key.public_key) != current);
    let told = shown.map(|(place, key)| PreviousKey {
        fingerprint: key.public_key.fingerprint().to_string(),
        entry: key.public_key.fingerprint().short_hex(),
        revision: key.revision.into(),
        retire_time: retire_time(policy, key)
            .filter(|_| place >= policy.keep_count)
            .map(whole_seconds),
    });
    told.collect()
}

/// The API server writes times in whole seconds, and a status must read as it was written.
fn whole_seconds(time: Timestamp) -> Time {
    Time(Timestamp::from_second(time.as_second()).unwrap_or(time))
}
