//! Whether what is written into an object stays there. An object that is being deleted is gone as soon as the last of its
//! finalizers is; one that is immutable takes nothing. Both are known before the first step with an effect elsewhere.

use super::{Failure, Mark};
use crate::api::Reason;

/// What of an object stands against relying on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durability {
    /// While the object is being deleted: the finalizers that hold it.
    pub held_by: Option<Vec<String>>,
    /// Whether its content is immutable.
    pub is_immutable: bool,
}

impl Durability {
    /// Whether the object is being deleted.
    pub fn is_going(&self) -> bool {
        self.held_by.is_some()
    }
}

/// A Secret that is being deleted. `keeps` says what is in it.
pub(super) fn secret_is_going(
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
pub(super) fn secret_is_immutable(mark: &Mark, name: &str, so: &str) -> Failure {
    let namespace = &mark.namespace;
    Failure::to_fix(
        Reason::SecretImmutable,
        format!(
            "Secret {name} is immutable, so {so}. Create it again without that: kubectl get secret {name} --namespace {namespace} --output yaml > {name}.yaml; remove the line immutable: true from the file; kubectl replace --force --namespace {namespace} --filename {name}.yaml, which deletes the Secret and creates it from the file, so keep the file until that has worked"
        ),
    )
}

/// The finalizers, for a person.
pub fn finalizers(held_by: &[String]) -> String {
    match held_by {
        [] => "its grace period".to_owned(),
        [one] => format!("the finalizer {one}"),
        several => format!("the finalizers {}", several.join(", ")),
    }
}
