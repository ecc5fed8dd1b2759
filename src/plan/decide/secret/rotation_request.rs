//! The request of a person for another key.

use crate::{
    api::names::annotation,
    plan::{
        authority::secret::takes_up_secret,
        desired::{resolve::Desired, source::KeySource},
        observed::{secret::SecretView, snapshot::Observed},
        records::ownership::Mark,
    },
};

/// The commands by which a person asks for a new key.
pub(crate) fn commands(mark: &Mark) -> String {
    let Mark {
        object, namespace, ..
    } = mark;
    format!(
        "kubectl annotate sshkey {object} --namespace {namespace} {}=\"$(date)\" --overwrite, or kubectl sshkey rotate {object} --namespace {namespace}",
        annotation::ROTATE_REQUESTED_AT
    )
}

/// The request that came with a new object that takes up the Secret of its predecessor. Nobody knows whether the
/// predecessor has acted upon it, and a manifest from history must not rotate a key: it counts as acted upon. The first
/// record of the object says so, and whose Secret it takes up. After that the object takes up nothing any more.
pub(crate) fn request_of_predecessor<'a>(
    desired: &Desired,
    observed: &'a Observed,
) -> Option<&'a str> {
    let asked = observed.object.rotate_requested.as_deref();
    asked.filter(|_| takes_up_secret(desired, observed))
}

/// The request for a rotation that was not acted upon yet. Only what the operator generates can be asked for.
pub(crate) fn open_request<'a>(desired: &Desired, observed: &'a Observed) -> Option<&'a str> {
    let asked = observed.object.rotate_requested.as_deref()?;
    let in_secret = match &observed.secret {
        SecretView::Present(facts) => facts.request.as_deref(),
        SecretView::Absent => None,
    };
    let mut handled = observed.object.handled_requests().iter();
    let is_handled = in_secret == Some(asked) || handled.any(|handled| handled == asked);
    let is_open = !is_handled && request_of_predecessor(desired, observed).is_none();
    (matches!(desired.source, KeySource::Generated { .. }) && is_open).then_some(asked)
}
