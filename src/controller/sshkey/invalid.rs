//! Objects about which nothing can be decided.

use kube::{ResourceExt, core::error_boundary::InvalidObject};

use crate::{
    api::{ConditionType, ErrorClass, Reason, SshKey, SshKeyStatus, condition},
    controller::{
        action::Action, clock, context::Context, sshkey::reconcile_error::ReconcileError,
    },
    kubernetes::{KubernetesError, sshkeys},
    plan::Failure,
};

/// An object that is no `SshKey` any more, such as one of a newer version: it says so, and stops nobody else. Its status
/// can't be read either and is left as it is, since it may bear witness to a key.
pub(in crate::controller) async fn refuse(
    context: &Context,
    invalid: &InvalidObject,
) -> Result<Action, ReconcileError> {
    let object = SshKey {
        metadata: invalid.metadata.clone(),
        ..SshKey::default()
    };
    tracing::warn!(
        namespace = object.namespace(),
        name = object.name_any(),
        "an object can't be read"
    );
    let note = "the object can't be read as an SshKey of this version of the operator: compare it with kubectl explain sshkey.spec, and the operator's version with that of its CRDs";
    let reason = Reason::InvalidObject.as_str();
    context.events.warning(&object, reason, note).await;
    Ok(Action::requeue(context.options.intervals.sweep))
}

/// Reports an object about which nothing can be decided.
pub(in crate::controller) async fn write_blocked(
    context: &Context,
    object: &SshKey,
    failure: &Failure,
) -> Result<(), KubernetesError> {
    let mut before = object.status.clone().unwrap_or_default();
    before
        .conditions
        .retain(|condition| condition::is_own(&condition.type_));
    let generation = object.metadata.generation.unwrap_or_default();
    let about = |kind, status| {
        condition::ConditionDraft::new(kind, Some(status), failure.reason, failure.message.clone())
    };
    let kind = match failure.class {
        ErrorClass::UserFixable => ConditionType::Stalled,
        ErrorClass::Transient | ErrorClass::Throttled(_) => ConditionType::Reconciling,
    };
    let drafts = [about(ConditionType::Ready, false), about(kind, true)];
    let status = SshKeyStatus {
        observed_generation: Some(generation),
        conditions: condition::conditions(&drafts, &before.conditions, generation, clock::now()),
        ..before.clone()
    };
    if status == before {
        context.memory.has_decided(object);
    } else if let Some(written) = sshkeys::write_status(&context.client, object, &status).await? {
        let live = context.memory.remember_status(written);
        context.memory.has_decided(&live);
    }
    Ok(())
}
