//! Secrets that users name: read, and never changed. What was not asked for is wiped at once.

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use zeroize::{Zeroize, Zeroizing};

use super::{
    error::{KubernetesError, attempt_on, optional},
    found_secret::held_by,
    namespaced::Namespaced,
    secrets::subject,
};
use crate::api::names::label;

/// One entry of a Secret that a user named; `None` when there is no Secret of that name.
///
/// # Errors
/// When it can't be read.
pub async fn read_entry(
    within: Namespaced<'_>,
    name: &str,
    key: &str,
) -> Result<Option<UserEntry>, KubernetesError> {
    let found = read_user_secret(within, name).await?;
    Ok(found.map(|mut secret| UserEntry {
        version: secret.resource_version().unwrap_or_default(),
        is_ours: secret.labels().contains_key(label::SECRET_ROLE),
        held_by: held_by(&secret.metadata),
        entries: entries(&secret),
        value: take_values(&mut secret, [key]).into_iter().next().flatten(),
    }))
}

/// What is under some keys of a Secret, in their order.
type Values<const N: usize> = [Option<Zeroizing<Vec<u8>>>; N];

/// Some entries of a Secret that a user named.
pub struct UserEntries<const N: usize> {
    /// The Secret's version.
    pub version: String,
    /// While the Secret is being deleted: the finalizers that hold it.
    pub held_by: Option<Vec<String>>,
    /// The entries' bytes, as far as there are such entries.
    pub values: Values<N>,
}

/// Some entries of a Secret that a user named, at one version; `None` when there is none of that name.
///
/// # Errors
/// When it can't be read.
pub async fn read_entries<const N: usize>(
    within: Namespaced<'_>,
    name: &str,
    keys: [&str; N],
) -> Result<Option<UserEntries<N>>, KubernetesError> {
    let found = read_user_secret(within, name).await?;
    Ok(found.map(|mut secret| UserEntries {
        version: secret.resource_version().unwrap_or_default(),
        held_by: held_by(&secret.metadata),
        values: take_values(&mut secret, keys),
    }))
}

async fn read_user_secret(
    within: Namespaced<'_>,
    name: &str,
) -> Result<Option<Secret>, KubernetesError> {
    let api = within.api::<Secret>();
    optional(attempt_on(name, "read", || subject(name), api.get(name)).await)
}

/// The keys of the entries that have something.
fn entries(secret: &Secret) -> Vec<String> {
    let filled = secret
        .data
        .iter()
        .flatten()
        .filter(|(_, value)| !value.0.is_empty());
    filled.map(|(key, _)| key.clone()).collect()
}

/// Takes some values out, and wipes the others.
fn take_values<const N: usize>(secret: &mut Secret, keys: [&str; N]) -> Values<N> {
    let mut data = secret.data.take().unwrap_or_default();
    let values = keys.map(|key| data.remove(key).map(|bytes| Zeroizing::new(bytes.0)));
    for other in data.values_mut() {
        other.0.zeroize();
    }
    values
}

/// An entry of a Secret that a user named.
pub struct UserEntry {
    /// The Secret's version: another one may hold another value.
    pub version: String,
    /// Whether the Secret is one that the operator keeps.
    pub is_ours: bool,
    /// While the Secret is being deleted: the finalizers that hold it.
    pub held_by: Option<Vec<String>>,
    /// The keys of all entries that have something, in their order.
    pub entries: Vec<String>,
    /// The entry's bytes, if there is such an entry.
    pub value: Option<Zeroizing<Vec<u8>>>,
}
