//! Deletes one object and no other of its name.

use std::fmt::Debug;

use kube::{
    Api,
    api::{DeleteParams, Preconditions},
};
use serde::de::DeserializeOwned;

use super::error::{KubernetesError, attempt, attempt_on, optional};

/// Deletes what has this name and this UID, at this version if one is given. What is gone is well; another one of that name is
/// not ours to delete.
///
/// # Errors
/// When it can't be deleted, or has changed since that version.
pub(super) async fn delete_exactly<K>(
    api: &Api<K>,
    name: &str,
    exactly: Preconditions,
    subject: impl Fn() -> String,
) -> Result<(), KubernetesError>
where
    K: Clone + Debug + DeserializeOwned,
{
    let params = DeleteParams {
        preconditions: Some(exactly.clone()),
        ..DeleteParams::default()
    };
    let refused = match attempt_on(name, "delete", &subject, api.delete(name, &params)).await {
        Ok(_) => return Ok(()),
        Err(error) if error.code() == Some(404) => return Ok(()),
        Err(error) if error.code() == Some(409) => error,
        Err(error) => return Err(error),
    };
    // Another one of that name has another UID. The object with this one still exists, whatever refused to delete it, and why.
    let there = optional(attempt("read", subject, api.get_metadata(name)).await)?;
    if there.is_some_and(|there| there.metadata.uid == exactly.uid) {
        Err(refused)
    } else {
        Ok(())
    }
}
