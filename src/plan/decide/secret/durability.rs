//! What to tell a person of a Secret that does not last or takes nothing.

use crate::{
    api::Reason,
    plan::{
        failure::Failure,
        observed::durability::{Durability, finalizers},
        records::ownership::Mark,
    },
};

/// A Secret that is being deleted. `keeps` says what is in it.
pub(crate) fn secret_is_going(
    mark: &Mark,
    name: &str,
    keeps: &str,
    durability: &Durability,
) -> Option<Failure> {
    let held_by = durability.held_by.as_ref()?;
    let namespace = &mark.namespace;
    Some(Failure::to_fix(
        Reason::SecretTerminating,
        format!(
            "Secret {name}, which keeps {keeps}, is being deleted and is held only by {}: nothing is written into it and nothing rests on it. Copy it now: kubectl get secret {name} --namespace {namespace} --output yaml > {name}.yaml; once the Secret is gone, create it again from that file without uid, resourceVersion, deletionTimestamp and finalizers",
            finalizers(held_by)
        ),
    ))
}

/// A Secret that takes no other content. `so` says what can't be done.
pub(crate) fn secret_is_immutable(mark: &Mark, name: &str, so: &str) -> Failure {
    let namespace = &mark.namespace;
    Failure::to_fix(
        Reason::SecretImmutable,
        format!(
            "Secret {name} is immutable, so {so}. Create it again without that: kubectl get secret {name} --namespace {namespace} --output yaml > {name}.yaml; remove the line immutable: true from the file; kubectl replace --force --namespace {namespace} --filename {name}.yaml, which deletes the Secret and creates it from the file, so keep the file until that has worked"
        ),
    )
}
