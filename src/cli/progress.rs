//! How far an `SshKey` is on the way to what was asked for. Pure.

use super::objects::{is_true, rotation, stalled, status};
use crate::api::{ConditionType, SshKey, rotation::Activation};

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// The operator has acted upon this request, or the new key waits for its time or for a person.
    Rotated(String),
    /// The key of this fingerprint is the current one.
    Activated(String),
    /// The operator has seen the spec.
    Seen,
    /// The object is ready.
    Ready,
    /// The object is gone.
    Deleted,
    /// The object is gone, whatever stood against it.
    LetGo,
    /// The operator has acted upon this request to look, and everything is as the spec asks.
    Compared(String),
    /// The key of this fingerprint is neither the current one nor a former one that is kept.
    Dropped(String),
}

/// How far a change is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Not there yet.
    Waiting,
    /// There, with what a person may want to know.
    Done(String),
    /// A person must act first.
    NeedsPerson(String),
}

/// How far the object is; `None` stands for one that has gone.
pub(super) fn progress(goal: &Goal, key: Option<&SshKey>) -> Progress {
    let Some(key) = key else {
        return Progress::Done("the SshKey is gone".to_owned());
    };
    let now = status(key);
    let is_done = match goal {
        Goal::Rotated(request) => {
            let rotation = rotation(key);
            let spec = key.spec.rotation.as_ref();
            let activation = spec.and_then(|spec| spec.activation).unwrap_or_default();
            // A request counts as acted upon once its key has taken over. None waited when this one was made.
            match rotation.pending {
                Some(pending) if activation != Activation::Immediate => {
                    Some(format!("the next key {} waits", pending.fingerprint))
                }
                Some(_) => None,
                None => (rotation.handled_requests.contains(request)
                    && is_true(key, ConditionType::Ready))
                .then(|| format!("the key is now {}", now.fingerprint.unwrap_or_default())),
            }
        }
        Goal::Activated(next) => (now.fingerprint.as_ref() == Some(next)
            && rotation(key).pending.is_none())
        .then(|| format!("the key is now {next}")),
        Goal::Seen => (now.observed_generation == key.metadata.generation)
            .then(|| "the operator has seen it".to_owned()),
        Goal::Ready => is_true(key, ConditionType::Ready).then(|| "it is ready".to_owned()),
        Goal::Deleted | Goal::LetGo => None,
        Goal::Compared(request) => (has_looked(key, request) && is_true(key, ConditionType::Ready))
            .then(|| "it was compared with what there is, and is as asked for".to_owned()),
        Goal::Dropped(old) => {
            let kept = rotation(key).previous;
            let is_kept = kept.iter().any(|former| former.fingerprint == *old);
            let has = now.fingerprint.unwrap_or_default();
            let is_gone = has != *old && !is_kept && rotation(key).pending.is_none();
            (is_gone && is_true(key, ConditionType::Ready)).then(|| format!("the key is now {has}"))
        }
    };
    // What is said from before the request is not the answer to it.
    let is_old = match goal {
        Goal::LetGo => true,
        Goal::Compared(request) => !has_looked(key, request),
        _ => false,
    };
    match (is_done, stalled(key)) {
        (Some(outcome), _) => Progress::Done(outcome),
        (None, Some(_)) if is_old => Progress::Waiting,
        (None, Some(why)) => Progress::NeedsPerson(why),
        (None, None) => Progress::Waiting,
    }
}

/// Whether the operator has acted upon this request to look.
pub(super) fn has_looked(key: &SshKey, request: &str) -> bool {
    status(key).last_handled_reconcile_at.as_deref() == Some(request)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn key(spec: &Value, status: &Value) -> SshKey {
        let object = json!({
            "apiVersion": "sshkey-operator.io/v1alpha1", "kind": "SshKey",
            "metadata": { "name": "web", "generation": 2 }, "spec": spec, "status": status
        });
        serde_json::from_value(object).unwrap()
    }

    fn pending() -> Value {
        json!({ "rotation": { "revision": 1, "pending": { "fingerprint": "SHA256:next", "publicKey": "" } } })
    }

    #[test]
    fn a_rotation_is_done_when_its_request_was_acted_upon_and_the_key_is_in_its_place() {
        let goal = Goal::Rotated("now".to_owned());
        let ready = json!([{ "type": "Ready", "status": "True", "reason": "UpToDate", "message": "",
            "observedGeneration": 2, "lastTransitionTime": "2026-11-11T00:00:00Z" }]);
        let before = json!({ "conditions": ready, "rotation": { "revision": 1 } });
        assert_eq!(
            progress(&goal, Some(&key(&json!({}), &before))),
            Progress::Waiting
        );
        let after = json!({ "conditions": ready, "fingerprint": "SHA256:new",
            "rotation": { "revision": 2, "handledRequests": ["now"] } });
        let done = Progress::Done("the key is now SHA256:new".to_owned());
        assert_eq!(progress(&goal, Some(&key(&json!({}), &after))), done);
        let manual = json!({ "rotation": { "activation": "Manual" } });
        let waits = Progress::Done("the next key SHA256:next waits".to_owned());
        assert_eq!(progress(&goal, Some(&key(&manual, &pending()))), waits);
    }

    #[test]
    fn what_was_said_before_a_request_to_look_is_no_answer_to_it() {
        let goal = Goal::Compared("now".to_owned());
        let at = |kind: &str, handled: &str| {
            let status = json!({ "lastHandledReconcileAt": handled, "conditions": [{ "type": kind, "status": "True",
                "reason": "SecretConflict", "message": "mend it", "observedGeneration": 2,
                "lastTransitionTime": "2026-11-11T00:00:00Z" }] });
            progress(&goal, Some(&key(&json!({}), &status)))
        };
        assert_eq!(at("Stalled", "before"), Progress::Waiting);
        assert_eq!(at("Ready", "before"), Progress::Waiting);
        assert!(matches!(at("Stalled", "now"), Progress::NeedsPerson(_)));
        assert!(matches!(at("Ready", "now"), Progress::Done(_)));
    }

    #[test]
    fn what_a_person_must_mend_ends_the_wait() {
        let stalled = json!({ "conditions": [{ "type": "Stalled", "status": "True", "reason": "SecretConflict",
            "message": "mend it", "observedGeneration": 2, "lastTransitionTime": "2026-11-11T00:00:00Z" }] });
        let seen = progress(&Goal::Ready, Some(&key(&json!({}), &stalled)));
        assert_eq!(
            seen,
            Progress::NeedsPerson("SecretConflict: mend it".to_owned())
        );
    }
}
