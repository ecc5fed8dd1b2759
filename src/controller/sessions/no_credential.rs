//! Why a store has no credential.

use crate::{
    api::{ErrorClass, Reason},
    azure::Cause,
    kubernetes::KubernetesError,
    plan::finalizers,
};

/// What is being deleted proves nobody's identity for long: better told now than when it is gone.
pub(in crate::controller) fn lasts(name: &str, held_by: Option<&[String]>) -> Result<(), Cause> {
    let Some(held_by) = held_by else {
        return Ok(());
    };
    let message = format!(
        "Secret {name} is being deleted and is held only by {}: no new key rests on it. Create a Secret of another name with the same content and name it in the store's auth",
        finalizers(held_by)
    );
    Err(no_credential(Reason::CredentialSecretTerminating, message))
}

/// The cluster can't be read.
pub(in crate::controller) fn unreadable(error: &KubernetesError) -> Cause {
    Cause::NoCredential {
        reason: error.reason(),
        class: error.class(),
        message: error.to_string(),
    }
}

/// A person has to correct what the store names.
pub(in crate::controller) fn no_credential(reason: Reason, message: String) -> Cause {
    Cause::NoCredential {
        reason,
        class: ErrorClass::UserFixable,
        message,
    }
}
