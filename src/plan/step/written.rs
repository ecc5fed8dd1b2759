//! What a step writes, apart from when it was decided and upon which version.

use jiff::Timestamp;

use crate::plan::step::kinds::Step;

impl Step {
    /// The same step without versions and times: two steps are equal in this form if they write the same.
    pub(crate) fn written(&self) -> Self {
        let mut step = self.clone();
        let never = Timestamp::UNIX_EPOCH;
        match &mut step {
            Self::CreateSecret { now, .. }
            | Self::ImportKey { now, .. }
            | Self::StageKey { now, .. }
            | Self::StageImportedKey { now, .. } => *now = never,
            Self::BeginDelay {
                resource_version,
                now,
                ..
            } => {
                resource_version.clear();
                *now = never;
            }
            Self::KeepPreviousKey {
                resource_version, ..
            } => forget(resource_version),
            Self::ActivateKey {
                resource_version,
                made,
                ..
            } => {
                forget(resource_version);
                *made = never;
            }
            Self::DateFormerKeys {
                resource_version,
                keys,
                ..
            } => {
                resource_version.clear();
                for key in keys {
                    key.retired_at = None;
                }
            }
            Self::RetireKeys {
                resource_version, ..
            } => resource_version.clear(),
            Self::UpdateOutput {
                uid,
                resource_version,
                ..
            } => {
                uid.clear();
                resource_version.clear();
            }
            Self::AdoptSecret { secret, now } => {
                secret.resource_version.clear();
                *now = never;
            }
            Self::RepairSecret { secret, anew } => {
                secret.resource_version.clear();
                if let Some((_, now)) = anew {
                    *now = never;
                }
            }
            // These keep their UID: what was deleted or held once under another one is another object.
            Self::DropStagedKey { .. }
            | Self::DeletePreviousKeys { .. }
            | Self::DeleteOutput { .. }
            | Self::DeleteSecret { .. }
            | Self::HoldStore { .. }
            | Self::Record { .. }
            | Self::RecordPlaces { .. }
            | Self::CreateOutput { .. }
            | Self::CreateResourceGroup { .. }
            | Self::PublishKey { .. }
            | Self::UpdateAzureKey { .. }
            | Self::DeleteAzureKey { .. }
            | Self::RemoveFinalizer { .. } => {}
        }
        step
    }
}

/// A version that was looked at differs from none at all, which creates.
fn forget(version: &mut Option<String>) {
    if let Some(version) = version {
        version.clear();
    }
}
