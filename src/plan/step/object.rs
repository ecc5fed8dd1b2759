//! The steps that change the `SshKey` itself.

use crate::{
    api::{ArmId, OutputRef},
    plan::records::{azure::AzureRecord, rotation::RotationRecord},
};

/// A change to the `SshKey` itself.
#[derive(Clone, Debug, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub enum ObjectStep {
    /// Patch the `SshKey`: our finalizer, and these records of Azure and of outputs.
    Record(Record),
    /// Write into the status of the `SshKey` what must outlive a crash before Azure is written to: the place that the key
    /// leaves, or the key that is taken over.
    RecordPlaces {
        /// All places from now on.
        places: Vec<AzureRecord>,
    },
    /// Let the `SshKey` go.
    RemoveFinalizer {
        /// What is left behind in Azure because nothing could reach it any more.
        orphans: Vec<ArmId>,
    },
}

/// What the annotations of an `SshKey` say from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// All records of Azure.
    pub records: Vec<AzureRecord>,
    /// All records of outputs.
    pub outputs: Vec<OutputRef>,
    /// The record of rotations.
    pub rotation: RotationRecord,
    /// The UID that is recorded: the object's own, or that of a predecessor whose things are being taken over.
    pub recorded_uid: String,
}

impl ObjectStep {
    /// What the step does, for a person.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Record(_) => "record on the SshKey what may be created",
            Self::RecordPlaces { .. } => {
                "write into the status where in Azure the key is left or taken over"
            }
            Self::RemoveFinalizer { .. } => "let the SshKey go",
        }
        .to_owned()
    }
}
