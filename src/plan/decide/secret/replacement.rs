//! When a person has asked for another key in the place of one that is lost or unsound.

use crate::{
    api::sshkey::RecoveryPolicy,
    plan::{
        authority::secret::{SecretOwner, secret_owner},
        decide::secret::{content::Content, rotation_request::open_request, soundness::is_unsound},
        desired::{
            resolve::Desired,
            source::{Custody, KeySource},
        },
        observed::{secret::SecretView, snapshot::Observed},
    },
};

/// Whether the key in our Secret can't be used as it is, and another is to take its place: a person has asked for it, once
/// or as a standing choice.
pub(crate) fn is_being_replaced(desired: &Desired, observed: &Observed) -> bool {
    let KeySource::Generated {
        requirements,
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
        requirements: *requirements,
        comment,
    };
    !facts.durability.is_going()
        && !matches!(
            secret_owner(desired, custody, observed, facts),
            SecretOwner::Another(_)
        )
        && is_unsound(&desired.mark, custody, content, observed, facts).is_some()
        && another_key_is_asked_for(desired, custody, observed)
}

/// A rotation was asked for, or a new key whenever one is lost.
pub(crate) fn another_key_is_asked_for(
    desired: &Desired,
    custody: &Custody,
    observed: &Observed,
) -> bool {
    matches!(desired.source, KeySource::Generated { .. })
        && (custody.recovery == RecoveryPolicy::Regenerate
            || open_request(desired, observed).is_some())
}
