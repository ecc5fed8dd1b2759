//! What each command changes of an `SshKey`, and what it says about it before. Pure.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    objects::{is_generated, rotation, status},
    progress::Goal,
};
use crate::api::{SshKey, names::annotation, rotation::Activation};

/// What a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Rotate,
    Activate,
    Suspend,
    Resume,
    Protect,
    Unprotect,
    /// Give up what keeps a deletion from its end.
    Abandon,
    /// A person who must not have the private key has it.
    Leaked,
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
    /// What is left to do for a person once it is done.
    pub(super) then: Option<String>,
}

/// The change that an action asks for, or why there is none to make.
pub(super) fn change(action: Action, key: &SshKey, now: Timestamp) -> Result<Change, String> {
    let name = key.metadata.name.as_deref().unwrap_or_default();
    let is_about_deletion = matches!(
        action,
        Action::Protect | Action::Unprotect | Action::Abandon
    );
    if key.metadata.deletion_timestamp.is_some() && !is_about_deletion {
        return Err(format!("SshKey {name} is being deleted"));
    }
    match action {
        Action::Rotate => rotate(name, key, now),
        Action::Activate => activate(name, key),
        Action::Abandon => abandon(name, key),
        Action::Leaked => leaked(name, key, now),
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

/// Whether the operator can make a new key.
fn check_rotation(name: &str, key: &SshKey) -> Result<(), String> {
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
    Ok(())
}

fn rotate(name: &str, key: &SshKey, now: Timestamp) -> Result<Change, String> {
    check_rotation(name, key)?;
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
        then: None,
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
        then: None,
    })
}

fn abandon(name: &str, key: &SshKey) -> Result<Change, String> {
    if key.metadata.deletion_timestamp.is_none() {
        return Err(format!(
            "SshKey {name} is not being deleted: run kubectl delete sshkey {name} first, and abandon it only if that does not end"
        ));
    }
    let uid = key.metadata.uid.clone().unwrap_or_default();
    let kept = match places(key).as_slice() {
        [] => String::new(),
        places => format!(" What is in Azure stays there: {}.", places.join(", ")),
    };
    Ok(Change {
        says: format!("Gives up what can't be deleted, and lets SshKey {name} go.{kept}"),
        patch: annotated(annotation::ABANDON, &uid),
        goal: Goal::LetGo,
        then: None,
    })
}

/// The ARM ids at which the key is.
fn places(key: &SshKey) -> Vec<String> {
    let places = status(key).azure.map(|azure| azure.places);
    let places = places.unwrap_or_default().into_iter();
    places.map(|place| place.id).collect()
}

/// One rotation that waits for nothing, or the key that waits already, and no former key is kept.
fn leaked(name: &str, key: &SshKey, now: Timestamp) -> Result<Change, String> {
    check_rotation(name, key)?;
    let status = status(key);
    let (Some(leaked), Some(public)) = (status.fingerprint, status.public_key) else {
        return Err(format!("SshKey {name} has no key yet"));
    };
    let mut patch = match rotation(key).pending {
        Some(pending) => annotated(annotation::ACTIVATE, &pending.fingerprint),
        None => annotated(annotation::ROTATE_REQUESTED_AT, &now.to_string()),
    };
    patch["spec"]["rotation"] = json!({
        "activation": "Immediate", "delay": null,
        "keepPrevious": { "count": 0, "minDuration": "0s" }
    });
    let places = match places(key).as_slice() {
        [] => String::new(),
        places => format!(
            ", those that were made from {} among them",
            places.join(", ")
        ),
    };
    Ok(Change {
        says: format!(
            "Puts a new key in the place of {leaked} in SshKey {name} at once, and deletes {leaked} and all former keys: what \
             trusts only them is locked. Sets rotation.activation: Immediate and rotation.keepPrevious: {{count: 0, minDuration: 0s}}."
        ),
        patch,
        goal: Goal::Dropped(leaked),
        then: Some(format!(
            "Machines that trusted the old key still do{places}. On each, add the new line (kubectl sshkey pub {name}) to \
             ~/.ssh/authorized_keys, by its console or az vm user update, and take this one out:\n{public}"
        )),
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
        then: None,
    })
}

fn annotated(name: &str, value: &str) -> Value {
    json!({ "metadata": { "annotations": { name: value } } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::progress::{Progress, progress};

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
            (
                Action::Abandon,
                json!({}),
                json!(null),
                "kubectl delete sshkey web first",
            ),
            (Action::Leaked, json!({}), json!(null), "no key yet"),
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
    fn a_leaked_key_is_dropped_when_no_secret_keeps_it() {
        let status = json!({ "fingerprint": "SHA256:old", "publicKey": "ssh-ed25519 AAAA old" });
        let change = change(
            Action::Leaked,
            &key(&json!({}), &status),
            Timestamp::UNIX_EPOCH,
        );
        let change = change.unwrap();
        assert_eq!(change.patch["spec"]["rotation"]["keepPrevious"]["count"], 0);
        assert!(change.then.unwrap().ends_with("ssh-ed25519 AAAA old"));
        let ready = json!([{ "type": "Ready", "status": "True", "reason": "UpToDate", "message": "",
            "observedGeneration": 2, "lastTransitionTime": "2026-11-11T00:00:00Z" }]);
        let mut after = json!({ "conditions": ready, "fingerprint": "SHA256:new",
            "rotation": { "revision": 2, "previous": [{ "fingerprint": "SHA256:old", "entry": "a", "revision": 1 }] } });
        let reached = |status: &Value| progress(&change.goal, Some(&key(&json!({}), status)));
        assert_eq!(reached(&after), Progress::Waiting);
        after["rotation"]["previous"] = json!([]);
        let done = Progress::Done("the key is now SHA256:new".to_owned());
        assert_eq!(reached(&after), done);
    }
}
