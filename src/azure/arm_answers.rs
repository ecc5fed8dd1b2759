//! What an answer about a key means: the key, or which part of its place is missing.

use super::{
    error::{AzureError, Cause},
    models::SshPublicKey,
    response::Answer,
};
use crate::api::ArmId;

/// What a read of a key found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyRead {
    /// The key.
    Present(SshPublicKey),
    /// The resource group is there, the key is not.
    Absent,
    /// There is no such resource group.
    GroupAbsent,
}

/// The key in an answer. What does not name itself as the key that was meant is not ARM's answer, and to take it for one
/// would be to take a key for gone, or for another's.
pub(super) fn key_of(answer: &Answer, id: &ArmId) -> Result<SshPublicKey, Cause> {
    let key: SshPublicKey = answer.json()?;
    let named: Option<ArmId> = key.id.parse().ok();
    if named.as_ref() != Some(id) || key.location.is_empty() {
        return Err(Cause::NotArm {
            status: answer.status,
        });
    }
    Ok(key)
}

/// A 404 that says what is missing is an answer, not an error.
pub(super) fn missing(error: AzureError) -> Result<KeyRead, AzureError> {
    match &error.cause {
        Cause::Refused(refusal) if refusal.status == 404 => match refusal.code.as_str() {
            "ResourceGroupNotFound" => Ok(KeyRead::GroupAbsent),
            "ResourceNotFound" | "NotFound" => Ok(KeyRead::Absent),
            _ => Err(error),
        },
        _ => Err(error),
    }
}
