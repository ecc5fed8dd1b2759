//! The world as the decision sees it, and how the outcome of a step changes that.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    AzureRecord, Companions, Desired, Durability, Failure, RotationRecord, Step, authority,
};
use crate::{
    api::{ArmId, OutputRef, StoreKey},
    keys::{Fingerprint, PublicKey},
};

/// Everything that a decision depends on beside the spec.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The `SshKey` itself.
    pub object: ObjectFacts,
    /// Whether the `SshKey` was read from the API server in this pass, and not from a cache.
    pub object_is_live: bool,
    /// The Secret of the name that the managed Secret has or shall have; absent when none shall be.
    pub secret: SecretView,
    /// What is beside the managed Secret.
    pub companions: Companions,
    /// The key that the user gives, by a Secret, a `ConfigMap` or a value, or why there is none; `None` when the spec
    /// names none, and while the object is being deleted.
    pub given: Option<Result<PublicKey, Failure>>,
    /// Every output that is wanted or recorded.
    pub outputs: BTreeMap<OutputRef, OutputView>,
    /// Every place in Azure where the key is wanted, or is or may be, as far as it may be asked about.
    pub azure: BTreeMap<ArmId, KeyView>,
    /// Through which store each of these was looked at.
    pub stores_of_places: BTreeMap<ArmId, StoreKey>,
    /// The places in Azure where this object has a key: derived from all else at each plan.
    pub known: Vec<AzureRecord>,
    /// Whether the custom resource definitions keep what a status must remember.
    pub crd_is_outdated: bool,
    /// Stores that are there and are not held for the keys that are in Azure through them, by UID.
    pub unheld_stores: BTreeMap<StoreKey, String>,
    /// Tags in Azure that somebody turned back as often as they were put right: by name, the value that was turned back,
    /// none when the tag was taken away.
    pub tags_turned_back: BTreeMap<String, Option<String>>,
    /// Whether the namespace is being deleted. Looked up only while the object is.
    pub namespace_terminating: bool,
    /// The steps that were refused for good in this pass, and why.
    pub refused: Vec<(Step, Failure)>,
}

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

/// The Secret, as a live read found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretView {
    /// There is none of that name.
    Absent,
    /// There is one.
    Present(Box<SecretFacts>),
}

/// What a Secret says.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about one Secret, and none follows from another"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFacts {
    /// Its UID, for deleting this one and no other.
    pub uid: String,
    /// Its version, for changing what was looked at and nothing newer.
    pub resource_version: String,
    /// Whether it carries the labels by which the operator finds it.
    pub labelled: bool,
    /// Name of the `SshKey` that it says it belongs to.
    pub owner_name: Option<String>,
    /// UID of the `SshKey` that it says it belongs to.
    pub owner_uid: Option<String>,
    /// Namespace of the `SshKey` that it says it belongs to; none on one that was written before that was recorded.
    pub owner_namespace: Option<String>,
    /// Whether it is of the type of a managed Secret, with a managed Secret's entries and no other.
    pub is_well_formed: bool,
    /// Whether somebody who may write it says on it that this object may adopt it.
    pub may_be_adopted: bool,
    /// The recorded fingerprint.
    pub recorded: Option<Fingerprint>,
    /// How often the key was changed on purpose, from 1.
    pub revision: u32,
    /// When the key was made; `None` when that is not recorded any more.
    pub created_at: Option<Timestamp>,
    /// The request for a rotation that was acted upon last.
    pub request: Option<String>,
    /// The private key that it holds.
    pub key: SecretKey,
    /// Whether its public entry is the line that belongs to the private key.
    pub public_entry_matches: bool,
    /// Whether its private entry is a file that OpenSSH reads: one block with LF line ends, the last one included, and
    /// nothing beside it.
    pub private_entry_is_a_file: bool,
    /// Whether what is written into it stays.
    pub durability: Durability,
}

/// The private key of a Secret, of which only the public half is let out of the room that read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretKey {
    /// The entry does not exist or is empty.
    Missing,
    /// The entry is no private key that can be read; why, without a word of its content.
    Unreadable(String),
    /// A key pair.
    Readable(PublicKey),
}

impl SecretKey {
    /// The key pair's public half, when there is a pair to be read.
    pub fn readable(&self) -> Option<&PublicKey> {
        match self {
            Self::Readable(key) => Some(key),
            Self::Missing | Self::Unreadable(_) => None,
        }
    }
}

/// An output, as a live read found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputView {
    /// It could not be looked at, or a step on it failed.
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
    /// Its version, for changing what was looked at and nothing newer.
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
    /// What of it can become as it is wanted without making it anew.
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

/// One place in Azure.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyView {
    /// It could not be looked at.
    Unknown(Failure),
    /// There is no key.
    Absent {
        /// What is known of the resource group.
        group: Group,
        /// How that is known.
        freshness: Freshness,
    },
    /// There is a key.
    Present {
        /// What is there.
        key: AzureKey,
        /// How that is known.
        freshness: Freshness,
    },
}

/// Whether a resource group exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// It does.
    Exists,
    /// It does not.
    Missing,
}

/// How something is known of Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Freshness {
    /// From a list, which may lag behind: good enough to see that nothing differs, not to write upon.
    Listed,
    /// From a read of this very resource, just now.
    Live,
    /// From the answer to a write of ours that no list has confirmed yet.
    Written,
}

/// A public key as Azure holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureKey {
    /// The location it is stored in, in Azure's spelling.
    pub location: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The key, or why its text is none.
    pub public_key: Result<PublicKey, String>,
}

/// What a step that was taken has changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The `SshKey` as it is after a patch.
    Object(ObjectFacts),
    /// The Secret as it is now.
    Secret(SecretView),
    /// What is beside the managed Secret now.
    Companions(Companions),
    /// The managed Secret and what is beside it as they are now.
    Custody(SecretView, Companions),
    /// An output as it is now.
    Output(OutputRef, OutputView),
    /// One place in Azure as it is now.
    Azure(ArmId, KeyView),
    /// A store that is held now.
    Held(StoreKey),
    /// A resource group that exists now: subscription and name, lower case.
    Group((String, String)),
    /// The object is let go: there is nothing left to decide.
    Released,
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

impl Observed {
    /// The world after a step.
    #[must_use]
    pub fn after(mut self, outcome: Outcome) -> Self {
        match outcome {
            Outcome::Object(object) => {
                self.object = object;
                self.object_is_live = true;
            }
            Outcome::Secret(secret) => self.secret = secret,
            Outcome::Companions(companions) => self.companions = companions,
            Outcome::Custody(secret, companions) => {
                self.secret = secret;
                self.companions = companions;
            }
            Outcome::Output(object, view) => {
                self.outputs.insert(object, view);
            }
            Outcome::Azure(id, view) => {
                self.azure.insert(id, view);
            }
            Outcome::Group(created) => {
                for (id, view) in &mut self.azure {
                    if id.group_key() == created
                        && let KeyView::Absent { group, .. } = view
                    {
                        *group = Group::Exists;
                    }
                }
            }
            Outcome::Held(store) => {
                self.unheld_stores.remove(&store);
            }
            Outcome::Released => self.object.has_finalizer = false,
        }
        self
    }

    /// A step on an output failed: what it met is what is known of it, and the others go on.
    pub fn output_failed(&mut self, output: &OutputRef, failure: Failure) {
        let view = OutputView::Unknown(failure);
        self.outputs.insert(output.clone(), view);
    }

    /// What is known of a place in Azure where this object has a key.
    pub fn record(&self, id: &ArmId) -> Option<&AzureRecord> {
        self.known.iter().find(|record| record.id == *id)
    }

    /// The same, with the places where this object has a key.
    #[must_use]
    pub fn with_places(mut self, desired: &Desired) -> Self {
        self.known = authority::places(desired, &self);
        self
    }
}
