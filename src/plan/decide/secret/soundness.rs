//! Whether the private key in the managed Secret is the one that was put there.

use crate::{
    api::Reason,
    keys::Fingerprint,
    plan::{
        decide::secret::{content::Content, rotation_request::commands},
        decision::Finding,
        desired::source::Custody,
        observed::{
            secret::{SecretFacts, SecretKey},
            snapshot::Observed,
        },
        records::ownership::Mark,
    },
};

pub(crate) fn is_unsound(
    mark: &Mark,
    custody: &Custody,
    content: Content<'_>,
    observed: &Observed,
    facts: &SecretFacts,
) -> Option<Finding> {
    private_key_is_unreadable(mark, custody, facts)
        .or_else(|| private_key_was_replaced(mark, custody, content, observed, facts))
}

fn private_key_is_unreadable(
    mark: &Mark,
    custody: &Custody,
    facts: &SecretFacts,
) -> Option<Finding> {
    let what = match &facts.key {
        SecretKey::Readable(_) => return None,
        SecretKey::Missing => "has no private key any more".to_owned(),
        SecretKey::Unreadable(why) => format!("holds no private key that can be read: {why}"),
    };
    Some(Finding::needs_user(
        Reason::PrivateKeyUnreadable,
        format!(
            "Secret {} {what}; Azure was not touched. Put the private key{} back under ssh-privatekey; or, to go on with a new key, ask for a rotation: {}",
            custody.name,
            facts
                .recorded
                .as_ref()
                .map(|fingerprint| format!(" {fingerprint}"))
                .unwrap_or_default(),
            commands(mark)
        ),
    ))
}

fn private_key_was_replaced(
    mark: &Mark,
    custody: &Custody,
    content: Content<'_>,
    observed: &Observed,
    facts: &SecretFacts,
) -> Option<Finding> {
    let actual = facts.key.readable()?.fingerprint();
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
    Some(Finding::needs_user(
        Reason::PrivateKeyReplaced,
        format!(
            "Secret {} holds the private key {actual} and {recorded} is recorded; Azure was not touched. Put {recorded} back under ssh-privatekey; or, to go on with a new key, ask for a rotation: {}",
            custody.name,
            commands(mark)
        ),
    ))
}
