//! What each command changes of an `SshKey`, what it says about it before, and when it is done. Pure.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::objects::{is_generated, is_true, rotation, stalled, status};
use crate::api::{ConditionType, SshKey, names::annotation, rotation::Activation};

/// What a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Rotate,
    Activate,
    Suspend,
    Resume,
    Protect,
    Unprotect,
}

/// A change as it will be made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    /// What it does, for the person who is asked.
    pub(super) says: String,
    /// The merge patch.
    pub(super) patch: Value,
    /// When it is done.
    pub(super) goal: Goal,
}

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

/// The change that an action asks for, or why there is none to make.
pub(super) fn change(action: Action, key: &SshKey, now: Timestamp) -> Result<Change, String> {
    let name = key.metadata.name.as_deref().unwrap_or_default();
    if key.metadata.deletion_timestamp.is_some()
        && action != Action::Unprotect
        && action != Action::Protect
    {
        return Err(format!("SshKey {name} is being deleted"));
    }
    match action {
        Action::Rotate => rotate(name, key, now),
        Action::Activate => activate(name, key),
        Action::Suspend | Action::Resume => {
            flag(name, "suspend", key.spec.suspend, action == Action::Suspend)
        }
        Action::Protect | Action::Unprotect => flag(
            name,
            "deletionProtection",
            key.spec.deletion_protection,
            action == Action::Protect,
        ),
    }
}

fn rotate(name: &str, key: &SshKey, now: Timestamp) -> Result<Change, String> {
    if !is_generated(key) {
        return Err(format!(
            "the operator did not make the key of SshKey {name}: put another key where spec.source reads it"
        ));
    }
    if key.spec.suspend {
        return Err(format!(
            "SshKey {name} is suspended: run kubectl sshkey resume {name} first"
        ));
    }
    if let Some(pending) = rotation(key).pending {
        return Err(format!(
            "the key {} waits already: run kubectl sshkey activate {name} first",
            pending.fingerprint
        ));
    }
    let spec = key.spec.rotation.as_ref();
    let when = match spec.and_then(|spec| spec.activation).unwrap_or_default() {
        Activation::Immediate => "which takes over as soon as it is published".to_owned(),
        Activation::Manual => format!("which waits until kubectl sshkey activate {name}"),
        Activation::Delayed => {
            let delay = spec.and_then(|spec| spec.delay.clone()).unwrap_or_default();
            format!("which takes over after {delay}")
        }
    };
    let current = status(key).fingerprint.unwrap_or_default();
    let request = now.to_string();
    Ok(Change {
        says: format!(
            "Makes a new key for SshKey {name} in the place of {current}, {when}. Running VMs trust only the old key until you add the new one."
        ),
        patch: annotated(annotation::ROTATE_REQUESTED_AT, &request),
        goal: Goal::Rotated(request),
    })
}

fn activate(name: &str, key: &SshKey) -> Result<Change, String> {
    let pending = rotation(key).pending.ok_or_else(|| {
        format!("no key of SshKey {name} waits: run kubectl sshkey rotate {name} for a new one")
    })?;
    let next = pending.fingerprint;
    Ok(Change {
        says: format!(
            "Lets {next} take over in SshKey {name}. Machines that do not trust it yet open with the former key only."
        ),
        patch: annotated(annotation::ACTIVATE, &next),
        goal: Goal::Activated(next),
    })
}

/// A change of one of the spec's flags.
fn flag(name: &str, field: &str, is_set: bool, wanted: bool) -> Result<Change, String> {
    if is_set == wanted {
        return Err(format!("SshKey {name} has {field}: {wanted} already"));
    }
    let effect = match (field, wanted) {
        ("suspend", true) => "the operator creates and changes nothing for it any more",
        ("suspend", false) => "the operator makes all changes that wait",
        (_, true) => "a deletion deletes nothing, in Azure or here",
        (_, false) => "a deletion proceeds, one that waits too",
    };
    Ok(Change {
        says: format!("Sets {field}: {wanted} of SshKey {name}: {effect}."),
        patch: json!({ "spec": { field: wanted } }),
        goal: if (field, wanted) == ("suspend", false) {
            Goal::Ready
        } else {
            Goal::Seen
        },
    })
}

fn annotated(name: &str, value: &str) -> Value {
    json!({ "metadata": { "annotations": { name: value } } })
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
    };
    match (is_done, stalled(key)) {
        (Some(outcome), _) => Progress::Done(outcome),
        (None, Some(why)) => Progress::NeedsPerson(why),
        (None, None) => Progress::Waiting,
    }
}

#[cfg(test)]
mod tests {
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
    fn what_can_have_no_effect_is_refused_with_the_way_out() {
        let now = Timestamp::UNIX_EPOCH;
        let imported =
            json!({ "source": { "privateKey": { "secretRef": { "name": "a", "key": "b" } } } });
        for (action, spec, status, why) in [
            (
                Action::Rotate,
                imported,
                json!(null),
                "did not make the key",
            ),
            (
                Action::Rotate,
                json!({ "suspend": true }),
                json!(null),
                "sshkey resume web",
            ),
            (Action::Rotate, json!({}), pending(), "sshkey activate web"),
            (
                Action::Activate,
                json!({}),
                json!(null),
                "sshkey rotate web",
            ),
            (
                Action::Suspend,
                json!({ "suspend": true }),
                json!(null),
                "already",
            ),
            (Action::Unprotect, json!({}), json!(null), "already"),
        ] {
            let refused = change(action, &key(&spec, &status), now).unwrap_err();
            assert!(refused.contains(why), "{action:?}: {refused}");
        }
    }

    #[test]
    fn the_key_that_waits_is_named_when_it_is_let_in() {
        let change = change(
            Action::Activate,
            &key(&json!({}), &pending()),
            Timestamp::UNIX_EPOCH,
        );
        let change = change.unwrap();
        let annotations = &change.patch["metadata"]["annotations"];
        assert_eq!(annotations["sshkey-operator.io/activate"], "SHA256:next");
        assert_eq!(change.goal, Goal::Activated("SHA256:next".to_owned()));
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
