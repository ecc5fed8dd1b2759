//! The steps: each is one request, or one attempt that ends in one.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    api::{ArmId, OutputRef, StoreKey},
    keys::{Comment, Fingerprint, KeySpec, PublicKey},
    plan::{
        desired::outputs::Shape,
        records::{azure::AzureRecord, former_key::FormerKey, rotation::RotationRecord},
    },
};

/// One change to the world. Its name is the event's reason, the metric's label and the line that a plan prints.
#[derive(Clone, Debug, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub enum Step {
    /// Patch the `SshKey`: our finalizer, and these records of Azure and of outputs.
    Record {
        /// All records of Azure from now on.
        records: Vec<AzureRecord>,
        /// All records of outputs from now on.
        outputs: Vec<OutputRef>,
        /// The record of rotations from now on.
        rotation: RotationRecord,
        /// The UID that is recorded: the object's own, or that of a predecessor whose things are being taken over.
        recorded_uid: String,
    },
    /// Write into the status of the `SshKey` what must outlive a crash before Azure is written to: the place that is left,
    /// or the key that is taken over.
    RecordPlaces {
        /// All places from now on.
        places: Vec<AzureRecord>,
    },
    /// Hold a store for a key that is about to be in Azure through it.
    HoldStore {
        /// Which.
        store: StoreKey,
        /// This one and no other.
        uid: String,
    },
    /// Generate a key pair and create the Secret with it, if none of that name exists.
    CreateSecret {
        /// Name of the Secret.
        name: String,
        /// What to generate.
        key: KeySpec,
        /// Comment of the public key.
        comment: Comment,
        /// How often the key was changed with it, from 1.
        revision: u32,
        /// The request for a rotation that this acts upon.
        request: Option<String>,
        /// When it was decided.
        now: Timestamp,
    },
    /// Create the Secret with a copy of the key that the user gives, if none of that name exists.
    ImportKey {
        /// Name of the Secret.
        name: String,
        /// The key's public half, as it was looked at.
        public_key: PublicKey,
        /// How often the key was changed with it, from 1.
        revision: u32,
        /// When it was decided.
        now: Timestamp,
    },
    /// Generate the next key pair and create the Secret with it beside the managed one, if none of that name exists.
    StageKey {
        /// Name of the Secret.
        name: String,
        /// What to generate.
        key: KeySpec,
        /// Comment of the public key.
        comment: Comment,
        /// How often the key will have been changed with it.
        revision: u32,
        /// The request that it is for.
        request: Option<String>,
        /// When it was decided.
        now: Timestamp,
    },
    /// Create the Secret with the key that the user gives now beside the managed one, if none of that name exists.
    StageImportedKey {
        /// Name of the Secret.
        name: String,
        /// The key's public half, as it was looked at.
        public_key: PublicKey,
        /// How often the key will have been changed with it.
        revision: u32,
        /// When it was decided.
        now: Timestamp,
    },
    /// Put a private key among the former ones.
    KeepPreviousKey {
        /// Where it is.
        from: KeptFrom,
        /// Name of the managed Secret.
        managed: String,
        /// The key, as it was looked at.
        public_key: PublicKey,
        /// Which one it is, from 1.
        revision: u32,
        /// Name of the Secret of former keys.
        previous: String,
        /// The version of that Secret that was looked at; `None` creates it.
        resource_version: Option<String>,
        /// What it holds.
        kept: Vec<FormerKey>,
    },
    /// Note on the Secret of the next key that it is published, and its time begins.
    BeginDelay {
        /// Name of the Secret.
        name: String,
        /// The version that was looked at.
        resource_version: String,
        /// When it was decided.
        now: Timestamp,
    },
    /// Put the next key into the managed Secret, in the place of the one that is there.
    ActivateKey {
        /// Name of the managed Secret.
        name: String,
        /// The version of it that was looked at; `None` creates it.
        resource_version: Option<String>,
        /// Name of the Secret of the next key.
        staging: String,
        /// The next key, as it was looked at.
        public_key: PublicKey,
        /// How often the key is changed with it.
        revision: u32,
        /// The request that was acted upon last.
        request: Option<String>,
        /// When the key was made.
        made: Timestamp,
    },
    /// Delete the Secret of the next key, which has taken over or is not to.
    DropStagedKey {
        /// Name of the Secret.
        name: String,
        /// This one and no other.
        uid: String,
    },
    /// Note since when keys are former ones.
    DateFormerKeys {
        /// Name of the Secret.
        name: String,
        /// The version that was looked at.
        resource_version: String,
        /// All keys that it holds.
        keys: Vec<FormerKey>,
    },
    /// Take former keys out of their Secret, and delete it with the last.
    RetireKeys {
        /// Name of the Secret.
        name: String,
        /// This one and no other.
        uid: String,
        /// The version that was looked at.
        resource_version: String,
        /// The keys that stay.
        kept: Vec<FormerKey>,
        /// The keys that go.
        retired: Vec<FormerKey>,
        /// Whether nothing else is in it, so that the Secret goes with them.
        whole: bool,
    },
    /// Delete the Secret of former keys, with the object that they belong to.
    DeletePreviousKeys {
        /// Name of the Secret.
        name: String,
        /// This one and no other.
        uid: String,
    },
    /// Take over a Secret, as the spec allows, with the key that it holds.
    AdoptSecret {
        /// The Secret as it was looked at.
        secret: SecretRecord,
        /// When it was decided.
        now: Timestamp,
    },
    /// Put back labels, records and the public entry of our Secret, and the private entry where it is no file that OpenSSH
    /// reads. The key stays the same.
    RepairSecret {
        /// The Secret as it was looked at.
        secret: SecretRecord,
        /// Which key it is and as of when, where that was not recorded any more.
        anew: Option<(u32, Timestamp)>,
    },
    /// Create an output, if no object of that name exists.
    CreateOutput {
        /// Which object.
        object: OutputRef,
        /// What it shall hold.
        shape: Shape,
        /// The key, as it was looked at; `None` in the preview of a plan that has yet to make it.
        public_key: Option<PublicKey>,
        /// Every key that may be trusted, this one among them.
        trusted: Vec<PublicKey>,
    },
    /// Put our output in order.
    UpdateOutput {
        /// Which object.
        object: OutputRef,
        /// What it shall hold.
        shape: Shape,
        /// This one and no other.
        uid: String,
        /// The version that was looked at: a change since then refuses the patch.
        resource_version: String,
        /// Data keys to take out.
        superfluous: Vec<String>,
        /// The key, as it was looked at; `None` in the preview of a plan that has yet to make it.
        public_key: Option<PublicKey>,
        /// Every key that may be trusted, this one among them.
        trusted: Vec<PublicKey>,
    },
    /// Delete our output.
    DeleteOutput {
        /// Which object.
        object: OutputRef,
        /// This one and no other.
        uid: String,
    },
    /// Create the resource group.
    CreateResourceGroup {
        /// A key's place in it.
        id: ArmId,
        /// The location to create it in.
        location: String,
    },
    /// Create the public key in Azure.
    PublishKey {
        /// Where.
        id: ArmId,
        /// The location to create it in.
        location: String,
        /// All its tags, the operator's own among them.
        tags: BTreeMap<String, String>,
        /// The key that the Secret holds; `None` in the preview of a plan that has yet to make it.
        public_key: Option<PublicKey>,
    },
    /// Change the public key or the tags of our key in Azure.
    UpdateAzureKey {
        /// Where.
        id: ArmId,
        /// The key to put back, when it differs.
        public_key: Option<PublicKey>,
        /// All tags from now on, when they differ.
        tags: Option<BTreeMap<String, String>>,
    },
    /// Delete our key in Azure.
    DeleteAzureKey {
        /// Where.
        id: ArmId,
    },
    /// Delete our Secret.
    DeleteSecret {
        /// Name of the Secret.
        name: String,
        /// This one and no other.
        uid: String,
    },
    /// Let the `SshKey` go.
    RemoveFinalizer {
        /// What is left behind in Azure because nothing could reach it any more.
        orphans: Vec<ArmId>,
    },
}

/// A Secret at a version, and what to record on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRecord {
    /// Its name.
    pub name: String,
    /// The version that was looked at: a change since then refuses the patch.
    pub resource_version: String,
    /// The fingerprint of the key that it holds, or shall hold.
    pub fingerprint: Fingerprint,
    /// The public half of that key.
    pub public_key: PublicKey,
    /// Whether the private entry is written again, with the same key: as it is, OpenSSH may not read the file.
    pub rewrites: bool,
}

/// Where a key is that is put among the former ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptFrom {
    /// In the managed Secret: it was the current one.
    Managed,
    /// In the Secret of the next key: it is given up.
    Staging,
}
