//! Where the key comes from, and whether it is there.

use jiff::Timestamp;

use crate::{
    api::Reason,
    keys::PublicKey,
    plan::{
        decide::secret::{content::Content, evaluate::evaluate_secret, situation::Situation},
        decision::{Evaluation, Finding},
        desired::{
            resolve::Desired,
            source::{Custody, KeySource},
        },
        observed::{azure::KeyView, snapshot::Observed},
    },
};

/// How the key stands, and what to do about the Secret that keeps it.
pub(crate) fn evaluate_source(
    desired: &Desired,
    observed: &Observed,
    now: Timestamp,
) -> Evaluation {
    match &desired.source {
        KeySource::Generated {
            requirements,
            comment,
            custody,
        } => {
            let content = Content::Generated {
                requirements: *requirements,
                comment,
            };
            evaluate_secret(Situation {
                desired,
                custody,
                content,
                observed,
                now,
            })
        }
        KeySource::Imported { secret, custody } => {
            imported(desired, secret, custody.as_ref(), observed, now)
        }
        KeySource::Uploaded => given(observed, |key| Finding::Good {
            reason: Reason::KeyUploaded,
            message: format!("the public key {} is given", key.fingerprint()),
        }),
        KeySource::Followed => Evaluation::finding(followed(desired, observed)),
    }
}

fn imported(
    desired: &Desired,
    from: &str,
    custody: Option<&Custody>,
    observed: &Observed,
    now: Timestamp,
) -> Evaluation {
    match (custody, &observed.given) {
        (Some(custody), _) if custody.name == from => Evaluation::finding(Finding::needs_user(
            Reason::SecretConflict,
            format!(
                "Secret {from} is where the key is imported from, and cannot be the copy too: create this SshKey again with another name in spec.secret.name, or without spec.secret"
            ),
        )),
        (Some(custody), Some(Ok(key))) => evaluate_secret(Situation {
            desired,
            custody,
            content: Content::Imported(key),
            observed,
            now,
        }),
        _ => given(observed, |key| Finding::Good {
            reason: Reason::KeyImported,
            message: format!("Secret {from} holds the key {}", key.fingerprint()),
        }),
    }
}

fn given(observed: &Observed, good: impl Fn(&PublicKey) -> Finding) -> Evaluation {
    Evaluation::finding(match &observed.given {
        Some(Ok(key)) => good(key),
        Some(Err(failure)) => Finding::Blocked(failure.clone()),
        None => Finding::Pending,
    })
}

/// The key in Azure is the source: whatever is there.
fn followed(desired: &Desired, observed: &Observed) -> Finding {
    let id = match desired.azure.as_ref().map(|azure| &azure.target) {
        Some(Ok(wanted)) => wanted.id(),
        Some(Err(problem)) => return Finding::Blocked(problem.clone()),
        // The schema asks for it.
        None => return Finding::Pending,
    };
    match observed.azure.get(id) {
        None => Finding::Pending,
        Some(KeyView::Unknown(failure)) => Finding::Blocked(failure.clone()),
        Some(KeyView::Absent { .. }) => Finding::needs_user(
            Reason::AzureKeyNotFound,
            format!(
                "there is no key {id}: create it, or write the name of one that exists in spec.azure.name"
            ),
        ),
        Some(KeyView::Present { key, .. }) => match &key.public_key {
            Ok(key) => Finding::Good {
                reason: Reason::KeyFollowed,
                message: format!("{id} holds the key {}", key.fingerprint()),
            },
            Err(why) => Finding::needs_user(
                Reason::AzureKeyUnreadable,
                format!("what {id} holds is no public key that can be used: {why}"),
            ),
        },
    }
}
