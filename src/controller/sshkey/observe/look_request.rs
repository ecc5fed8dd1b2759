//! A person's request to compare an object with what there really is, without waiting for the next sweep.

use kube::ResourceExt;

use crate::api::{SshKey, names::annotation};

/// The request, as the status can repeat it; any other asks for nothing.
pub(in crate::controller) fn look_request(object: &SshKey) -> Option<&str> {
    let name = annotation::RECONCILE_REQUESTED_AT;
    let value = object.annotations().get(name)?;
    let is_printable = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let is_one = !value.is_empty() && is_printable && !annotation::is_too_long(name, value);
    is_one.then_some(value)
}

/// Whether it was not acted upon yet.
pub(in crate::controller) fn is_requested(object: &SshKey) -> bool {
    let handled = object
        .own_status()
        .and_then(|status| status.last_handled_reconcile_at.as_deref());
    look_request(object).is_some_and(|request| handled != Some(request))
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
        assert!(is_requested(&asked("2", "1")));
        assert!(!is_requested(&asked("1", "1")));
        assert!(!is_requested(&SshKey::new("a", Default::default())));
    }

    #[test]
    fn what_no_status_can_repeat_asks_for_nothing() {
        for value in ["", "a\nb", "\u{e9}", &"a".repeat(257)] {
            assert!(!is_requested(&asked(value, "1")), "{value}");
        }
        assert!(is_requested(&asked(&"a".repeat(256), "1")));
    }

    #[test]
    fn a_status_of_another_object_has_answered_nothing() {
        let mut object = asked("1", "1");
        object.metadata.uid = Some("own".to_owned());
        object.status.as_mut().unwrap().recorded_for = Some("other".to_owned());
        assert!(is_requested(&object));
    }
}
