//! The world as the decision sees it, and how the outcome of a step changes that.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{AzureRecord, Companions, Desired, Failure, KeySource, RotationRecord};
use crate::{
    api::{ArmId, OutputRef, StoreKey},
    keys::{Fingerprint, PublicKey},
};

/// Everything that a decision depends on beside the spec.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The `SshKey` itself.
    pub object: ObjectFacts,
    /// The Secret of the name that the managed Secret has or shall have; absent when none shall be.
    pub secret: SecretView,
    /// What is beside the managed Secret.
    pub companions: Companions,
    /// The key that the user gives, by a Secret, a `ConfigMap` or a value, or why there is none; `None` when the spec
    /// names none, and while the object is being deleted.
    pub given: Option<Result<PublicKey, Failure>>,
    /// Every output that is wanted or recorded.
    pub outputs: BTreeMap<OutputRef, OutputView>,
    /// Every place in Azure where the key is wanted or recorded.
    pub azure: BTreeMap<ArmId, KeyView>,
    /// Stores that are there and are not held for the keys that are in Azure through them, by UID.
    pub unheld_stores: BTreeMap<StoreKey, String>,
    /// Tags in Azure that somebody turned back as often as they were put right: by name, the value that was turned back,
    /// none when the tag was taken away.
    pub tags_turned_back: BTreeMap<String, Option<String>>,
    /// Whether the namespace is being deleted. Looked up only while the object is.
    pub namespace_terminating: bool,
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
    /// What it records of Azure, or why that cannot be read.
    pub records: Result<Vec<AzureRecord>, String>,
    /// The outputs that it records.
    pub outputs: Vec<OutputRef>,
    /// What it records of its rotations.
    pub rotation: RotationRecord,
    /// The UID that it had when it recorded something first; another one than its own if it was restored or copied.
    pub recorded_uid: Option<String>,
    /// What a person writes to have the key rotated, each value once.
    pub rotate_requested: Option<String>,
    /// The key that a person tells to take over.
    pub activate: Option<Fingerprint>,
    /// Whether a person asked to give up what can't be deleted.
    pub abandoned: bool,
    /// The fingerprint in its status: a copy, yet a witness that a key was there.
    pub reported_fingerprint: Option<Fingerprint>,
    /// Which key its status speaks of, from 1.
    pub reported_revision: Option<u32>,
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
    /// What is recorded of a place in Azure, if it is.
    pub fn record(&self, id: &ArmId) -> Option<&AzureRecord> {
        let mut records = self.records.iter().flatten();
        records.find(|record| record.id == *id)
    }
}

impl Observed {
    /// The world after a step.
    #[must_use]
    pub fn after(mut self, outcome: Outcome) -> Self {
        match outcome {
            Outcome::Object(object) => self.object = object,
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

    /// The key that this object is about: the one that may be published.
    pub fn key(&self, desired: &Desired) -> Option<&PublicKey> {
        match &desired.source {
            KeySource::Generated { .. }
            | KeySource::Imported {
                custody: Some(_), ..
            } => self.stored_key(),
            KeySource::Imported { custody: None, .. } | KeySource::Uploaded => {
                self.given.as_ref()?.as_ref().ok()
            }
            KeySource::Followed => {
                let wanted = desired.azure.as_ref()?.target.as_ref().ok()?;
                match self.azure.get(wanted.id())? {
                    KeyView::Present { key, .. } => key.public_key.as_ref().ok(),
                    KeyView::Absent { .. } | KeyView::Unknown(_) => None,
                }
            }
        }
    }

    /// Whether this is a key that the object is or was about: the current, the next or a former one, or the one that it
    /// last reported.
    pub(super) fn is_own_key(&self, desired: &Desired, key: &PublicKey) -> bool {
        let fingerprint = key.fingerprint();
        self.key(desired) == Some(key)
            || self.object.reported_fingerprint == Some(fingerprint)
            || self.companions.knows(&fingerprint)
    }

    /// The key pair in the managed Secret, when there is one to be read.
    pub fn stored_key(&self) -> Option<&PublicKey> {
        match &self.secret {
            SecretView::Present(facts) => facts.key.readable(),
            SecretView::Absent => None,
        }
    }
}
