//! What the operator writes on its Secrets: whose each is, and which key it holds.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    api::names::{annotation, label},
    keys::PublicKey,
};

/// Whose a Secret is.
#[derive(Clone, Copy, Debug)]
pub struct SecretOwner<'a> {
    /// Namespace of the `SshKey`, and of the Secret.
    pub namespace: &'a str,
    /// Name of the `SshKey`.
    pub name: &'a str,
    /// UID of the `SshKey`.
    pub uid: &'a str,
}

/// The public entry's bytes for a key.
pub fn public_entry(public: &PublicKey) -> Vec<u8> {
    format!("{}\n", public.to_line()).into_bytes()
}

/// The labels of the managed Secret.
pub(super) fn labels() -> BTreeMap<String, String> {
    BTreeMap::from([
        (label::MANAGED_BY.to_owned(), label::OPERATOR.to_owned()),
        (
            label::SECRET_ROLE.to_owned(),
            label::ROLE_MANAGED.to_owned(),
        ),
    ])
}

/// What says whose a Secret is, and which key it holds.
pub(super) fn records(owner: SecretOwner<'_>, public: &PublicKey) -> [(&'static str, String); 4] {
    [
        (annotation::OWNER_NAMESPACE, owner.namespace.to_owned()),
        (annotation::OWNER_NAME, owner.name.to_owned()),
        (annotation::OWNER_UID, owner.uid.to_owned()),
        (annotation::FINGERPRINT, public.fingerprint().to_string()),
    ]
}

/// What says which of the object's keys it is, from 1, and since when.
pub(super) fn key_records(
    public: &PublicKey,
    revision: u32,
    now: Timestamp,
) -> [(&'static str, String); 3] {
    [
        (annotation::REVISION, revision.to_string()),
        (annotation::CREATED_AT, now.to_string()),
        (
            annotation::KEY_SPEC,
            format!("{}-{}", public.algorithm(), public.bits()),
        ),
    ]
}
