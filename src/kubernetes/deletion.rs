//! Deletes one object and no other of its name.

use std::fmt::Debug;

use kube::{
    Api,
    api::{DeleteParams, Preconditions},
};
use serde::de::DeserializeOwned;

use super::error::{KubernetesError, attempt};

/// Deletes what has this name and this UID. What is gone is well; another one of that name is not ours to delete.
///
/// # Errors
/// When it can't be deleted.
pub(super) async fn delete_exactly<K>(
    api: &Api<K>,
    name: &str,
    uid: &str,
    subject: impl FnOnce() -> String,
) -> Result<(), KubernetesError>
where
    K: Clone + Debug + DeserializeOwned,
{
    let params = DeleteParams {
        preconditions: Some(Preconditions {
            uid: Some(uid.to_owned()),
            resource_version: None,
        }),
        ..DeleteParams::default()
    };
    match attempt("delete", subject, api.delete(name, &params)).await {
        Err(error) if !matches!(error.code(), Some(404 | 409)) => Err(error),
        _ => Ok(()),
    }
}
