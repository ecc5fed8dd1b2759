//! What an `SshKey` says of itself: its metadata and its status.

use jiff::Timestamp;

use crate::{
    api::{ArmId, OutputRef},
    keys::Fingerprint,
    plan::records::{azure::AzureRecord, rotation::RotationRecord},
};

/// What the `SshKey` says of itself, apart from its spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectFacts {
    /// Its UID.
    pub uid: String,
    /// Since when it is being deleted.
    pub deleting_since: Option<Timestamp>,
    /// Whether our finalizer holds it.
    pub has_finalizer: bool,
    /// Where its annotation says that its key may be in Azure, or why that cannot be read. A hint.
    pub hints: Result<Vec<AzureRecord>, String>,
    /// Where its status says that its key is in Azure.
    pub places: Vec<AzureRecord>,
    /// Whether it has a status that was written for it.
    pub has_status: bool,
    /// The outputs that its annotation names. A hint.
    pub outputs: Vec<OutputRef>,
    /// The outputs that its status lists.
    pub reported_outputs: Vec<OutputRef>,
    /// What its annotation says of its rotations. A hint.
    pub rotation: RotationRecord,
    /// The requests that its status says were acted upon; `None` while it says nothing of rotations.
    pub reported_requests: Option<Vec<String>>,
    /// The UID that its annotation records: its own, or that of a predecessor whose things are being taken over.
    pub recorded_uid: Option<String>,
    /// What a person writes to have the key rotated, each value once.
    pub rotate_requested: Option<String>,
    /// The key that a person tells to take over.
    pub activate: Option<Fingerprint>,
    /// Annotations by which a person asks for something, whose values say nothing that could be followed.
    pub ignored_requests: Vec<&'static str>,
    /// Whether a person asked to give up what can't be deleted.
    pub abandoned: bool,
    /// The fingerprint in its status: a copy, yet a witness that a key was there.
    pub reported_fingerprint: Option<Fingerprint>,
    /// Which key its status speaks of, from 1.
    pub reported_revision: Option<u32>,
    /// The next and the former keys that its status names.
    pub reported_others: Vec<Fingerprint>,
}

impl ObjectFacts {
    /// What the annotation says of a place in Azure, if it does.
    pub fn hint(&self, id: &ArmId) -> Option<&AzureRecord> {
        let mut hints = self.hints.iter().flatten();
        hints.find(|hint| hint.id == *id)
    }

    /// The requests that were acted upon: by the status, or by the hint while the status says nothing.
    pub fn handled_requests(&self) -> &[String] {
        self.reported_requests
            .as_ref()
            .unwrap_or(&self.rotation.handled)
    }

    /// Every output that may be there.
    pub fn all_outputs(&self) -> impl Iterator<Item = &OutputRef> {
        self.outputs.iter().chain(&self.reported_outputs)
    }
}
