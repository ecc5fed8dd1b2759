//! A person's request to compare an object with what there really is, without waiting for the next sweep.

use kube::ResourceExt;

use crate::{
    api::{SshKey, names::annotation},
    controller::{context::Context, memory::definitions::Definitions},
};

/// The request, if the status can repeat it; other values are ignored. So are all where older definitions drop the answer:
/// such a request would never end.
pub(in crate::controller) fn look_request<'a>(
    context: &Context,
    object: &'a SshKey,
) -> Option<&'a str> {
    requested(object).filter(|_| context.definitions.keep_requests())
}

/// Whether the operator has yet to act on a request.
pub(in crate::controller) async fn is_requested(context: &Context, object: &SshKey) -> bool {
    is_open(object) && are_kept(context, Definitions::keep_requests).await
}

/// Whether the definitions keep the answer to a request that is open. They are asked for once, so that it is known.
pub(in crate::controller) async fn are_kept(
    context: &Context,
    of_kind: fn(&Definitions) -> bool,
) -> bool {
    let definitions = &context.definitions;
    let poll = context.options.intervals.poll;
    definitions.are_outdated(&context.client, poll).await;
    of_kind(definitions)
}

/// The request on an object of any kind, if a status can repeat it.
pub(in crate::controller) fn requested<K: ResourceExt>(object: &K) -> Option<&str> {
    let name = annotation::RECONCILE_REQUESTED_AT;
    let value = object.annotations().get(name)?;
    let is_printable = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let is_one = !value.is_empty() && is_printable && !annotation::is_too_long(name, value);
    is_one.then_some(value)
}

fn is_open(object: &SshKey) -> bool {
    let handled = object
        .own_status()
        .and_then(|status| status.last_handled_reconcile_at.as_deref());
    requested(object).is_some_and(|request| handled != Some(request))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SshKeyStatus;

    fn asked(value: &str, handled: &str) -> SshKey {
        let mut object = SshKey::new("a", Default::default());
        let name = annotation::RECONCILE_REQUESTED_AT.to_owned();
        object.annotations_mut().insert(name, value.to_owned());
        object.status = Some(SshKeyStatus {
            last_handled_reconcile_at: Some(handled.to_owned()),
            ..SshKeyStatus::default()
        });
        object
    }

    #[test]
    fn each_value_asks_once() {
        assert!(is_open(&asked("2", "1")));
        assert!(!is_open(&asked("1", "1")));
        assert!(!is_open(&SshKey::new("a", Default::default())));
    }

    #[test]
    fn what_no_status_can_repeat_asks_for_nothing() {
        for value in ["", "a\nb", "\u{e9}", &"a".repeat(257)] {
            assert!(!is_open(&asked(value, "1")), "{value}");
        }
        assert!(is_open(&asked(&"a".repeat(256), "1")));
    }

    #[test]
    fn a_status_of_another_object_has_answered_nothing() {
        let mut object = asked("1", "1");
        object.metadata.uid = Some("own".to_owned());
        object.status.as_mut().unwrap().recorded_for = Some("other".to_owned());
        assert!(is_open(&object));
    }
}
