//! The outputs, as live reads found them.

use std::collections::BTreeMap;

use crate::{
    keys::{Fingerprint, PublicKey},
    plan::failure::Failure,
};

/// An output, as a live read found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputView {
    /// It could not be read, or a step on it failed.
    Unknown(Failure),
    /// There is no object of that kind and name.
    Absent,
    /// There is one.
    Present(Box<OutputFacts>),
}

/// What the object that is or would be an output says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFacts {
    /// Its UID, for deleting this one and no other.
    pub uid: String,
    /// Its version, for changing what was read and nothing newer.
    pub resource_version: String,
    /// Whether it was made as an output and is nothing else by now.
    pub is_output: bool,
    /// Name of the `SshKey` that it says it belongs to.
    pub owner_name: Option<String>,
    /// UID of the `SshKey` that it says it belongs to.
    pub owner_uid: Option<String>,
    /// Namespace of the `SshKey` that it says it belongs to; none on one that was written before that was recorded.
    pub owner_namespace: Option<String>,
    /// The recorded fingerprint.
    pub recorded: Option<Fingerprint>,
    /// Whether labels and owner reference are as wanted.
    pub metadata_fits: bool,
    /// What of it can become as it is wanted without creating it again.
    pub changeable: Changeable,
    /// What is under each data key that is wanted.
    pub entries: BTreeMap<String, EntryFact>,
    /// Data keys that must not be there.
    pub superfluous: Vec<String>,
    /// While it is being deleted: the finalizers that hold it.
    pub held_by: Option<Vec<String>>,
}

/// What of an output can be changed in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changeable {
    /// Everything.
    Everything,
    /// Labels and records: somebody made its content immutable.
    Metadata,
    /// Nothing: it was made in another shape, or is of another type.
    Nothing,
}

/// What is under a data key of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryFact {
    /// A key, private or public as is wanted there, in whatever encoding.
    Key(PublicKey),
    /// Keys, a line each.
    Keys(Vec<PublicKey>),
    /// A text, and whether it is the wanted one.
    Text(bool),
    /// Something else.
    Other,
}
