//! The request of a person for another key.

use crate::plan::{
    desired::{resolve::Desired, source::KeySource},
    observed::{secret::SecretView, snapshot::Observed},
};

/// The request for a rotation that was not acted upon yet. Only what the operator generates can be asked for.
pub(crate) fn open_request<'a>(desired: &Desired, observed: &'a Observed) -> Option<&'a str> {
    let asked = observed.object.rotate_requested.as_deref()?;
    let in_secret = match &observed.secret {
        SecretView::Present(facts) => facts.request.as_deref(),
        SecretView::Absent => None,
    };
    let mut handled = observed.object.handled_requests().iter();
    let is_handled = in_secret == Some(asked) || handled.any(|handled| handled == asked);
    (matches!(desired.source, KeySource::Generated { .. }) && !is_handled).then_some(asked)
}
