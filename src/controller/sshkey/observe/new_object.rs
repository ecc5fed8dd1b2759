//! An `SshKey` on which nobody has worked yet. Where the watch shows no Secret of its name either, its Secret is not asked
//! for: to create it tells whether there is one. By then the finalizer says that the object is not new any more, so the next
//! look reads the Secret.

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;

use crate::{
    api::{
        SshKey, SshKeyStatus,
        crd::NEVER_OBSERVED,
        is_object_name,
        names::{FINALIZER, GROUP},
        source::Algorithm,
        sshkey::SecretConflictPolicy,
    },
    controller::{
        memory::identity::Identity,
        scope::Scope,
        sshkey::observe::{
            beside_secret::observe_all, error::ObserveError, observation::Observation,
            purpose::Purpose,
        },
    },
    plan::{Move, SecretStep, SecretView, Step, secret_name},
};

/// Observes a new object as if it had no Secret; `None` when its Secret must be read first. If the operator would create the
/// Secret now, the observation says that it presumes none. Otherwise the caller reads the Secret. If there is
/// none, it uses the observation.
pub(super) async fn without_secret(
    scope: &Scope,
    object: &SshKey,
) -> Result<Option<Observation>, ObserveError> {
    if !(is_new(object) && expects_none(object) && is_none_shown(scope, object)) {
        return Ok(None);
    }
    let secret = SecretView::Absent;
    let observed = observe_all(scope, object.clone(), secret, false, &Purpose::Work);
    let mut observation = Box::pin(observed).await?;
    observation.presumes_no_secret = is_about_to_create_it(scope, &observation);
    Ok(Some(observation))
}

fn is_none_shown(scope: &Scope, object: &SshKey) -> bool {
    let namespace = object.namespace().unwrap_or_default();
    let secret = secret_name(&object.spec, &object.name_any());
    // What can't be a name is told by the read of it.
    let secret = secret.filter(|name| is_object_name(name));
    secret.is_some_and(|secret| {
        let place = Identity::of::<Secret>(&namespace, &secret, "").place;
        scope.shown_secrets.shows_none_at(&place)
    })
}

/// Whether the decision is to create the Secret, and something may be done now.
fn is_about_to_create_it(scope: &Scope, observation: &Observation) -> bool {
    let (decided, next) = observation.decide(scope.context.options.orphan_after);
    let is_creation = |step: &Step| matches!(step, Step::Secret(SecretStep::CreateSecret(_)));
    matches!(next, Move::Take(_) | Move::Read(_)) && decided.steps.iter().any(is_creation)
}

/// Whether neither this operator nor a former one has written anything on it.
fn is_new(object: &SshKey) -> bool {
    let is_ours = |name: &String| {
        name.split_once('/')
            .is_some_and(|(prefix, _)| prefix == GROUP)
    };
    object.metadata.deletion_timestamp.is_none()
        && object.status.as_ref().is_none_or(was_never_written)
        && !object.finalizers().iter().any(|one| one == FINALIZER)
        && !object.annotations().keys().any(is_ours)
}

/// Whether a status is what the API server gives a new object.
fn was_never_written(status: &SshKeyStatus) -> bool {
    let of_a_new_object = SshKeyStatus {
        observed_generation: Some(NEVER_OBSERVED),
        ..SshKeyStatus::default()
    };
    *status == of_a_new_object
}

/// Whether an existing Secret would be a surprise, and the key that is thrown away then has cost nothing. An RSA key takes
/// seconds, and one that the user gives takes a read.
fn expects_none(object: &SshKey) -> bool {
    let adopts = object
        .spec
        .secret
        .as_ref()
        .is_some_and(|secret| secret.conflict_policy == Some(SecretConflictPolicy::Adopt));
    let is_costly = object.spec.source.as_ref().is_some_and(|source| {
        let generate = source.generate.as_ref();
        let algorithm = generate.and_then(|generate| generate.algorithm);
        source.private_key.is_some() || algorithm == Some(Algorithm::Rsa)
    });
    !adopts && !is_costly
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn object(metadata: &Value, spec: &Value, status: &Value) -> SshKey {
        let mut object = json!({
            "apiVersion": "sshkey-operator.io/v1alpha1", "kind": "SshKey",
            "metadata": { "namespace": "team", "name": "a", "uid": "u" }, "spec": spec, "status": status,
        });
        let more = metadata.as_object().unwrap().clone();
        object["metadata"].as_object_mut().unwrap().extend(more);
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn an_object_with_metadata_of_a_person_or_of_a_tool_is_new() {
        let metadata = json!({
            "annotations": { "argocd.argoproj.io/tracking-id": "x", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
            "finalizers": ["foregroundDeletion"],
        });
        assert!(is_new(&object(&metadata, &json!({}), &Value::Null)));
        let given = json!({ "observedGeneration": -1 });
        assert!(is_new(&object(&metadata, &json!({}), &given)));
    }

    #[test]
    fn an_object_that_was_worked_on_or_restored_is_not() {
        let none = json!({});
        for metadata in [
            json!({ "finalizers": [FINALIZER] }),
            json!({ "deletionTimestamp": "2026-01-01T00:00:00Z" }),
            json!({ "annotations": { "sshkey-operator.io/recorded-uid": "former" } }),
        ] {
            assert!(
                !is_new(&object(&metadata, &none, &Value::Null)),
                "{metadata}"
            );
        }
        for status in [
            json!({ "recordedFor": "former" }),
            json!({ "observedGeneration": 1 }),
            json!({ "observedGeneration": -1, "fingerprint": "x" }),
        ] {
            assert!(!is_new(&object(&none, &none, &status)), "{status}");
        }
    }

    #[test]
    fn a_secret_that_may_be_adopted_is_expected_and_a_costly_key_is_not_thrown_away() {
        let expects = |spec: &Value| expects_none(&object(&json!({}), spec, &Value::Null));
        assert!(expects(&json!({})));
        assert!(expects(
            &json!({ "secret": { "conflictPolicy": "Refuse" } })
        ));
        assert!(expects(
            &json!({ "source": { "generate": { "algorithm": "ECDSA" } } })
        ));
        for spec in [
            json!({ "secret": { "conflictPolicy": "Adopt" } }),
            json!({ "source": { "generate": { "algorithm": "RSA" } } }),
            json!({ "source": { "privateKey": { "secretRef": { "name": "mine", "key": "id" } } } }),
        ] {
            assert!(!expects(&spec), "{spec}");
        }
    }
}
