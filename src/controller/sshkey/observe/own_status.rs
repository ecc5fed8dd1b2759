//! The status of an object that may be another object's.

use crate::api::{SshKey, SshKeyStatus};

/// The status, if it was written for this very object; one of another object, as a restore may bring it, says nothing. One
/// that does not say for whom it was written is of an earlier version of the operator.
pub(in crate::controller) fn own_status(object: &SshKey) -> Option<&SshKeyStatus> {
    let status = object.status.as_ref()?;
    let is_own = match &status.recorded_for {
        Some(uid) => Some(uid) == object.metadata.uid.as_ref(),
        None => true,
    };
    is_own.then_some(status)
}
