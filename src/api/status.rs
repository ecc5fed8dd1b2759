//! What the operator reports on an `SshKey`: a copy of what the Secret and Azure say, never a source of decisions
//! that could make another key.

// These descriptions are what `kubectl explain` prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{StoreKind, deletion_policy::DeletionPolicy, planned_step::PendingPlan};

/// Names, IDs and digests are ASCII: a byte a character.
pub(super) const PRINTABLE: &str = "^[ -~]*$";

/// How an SshKey stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SshKeyStatus {
    /// The generation of the spec that this status speaks of; -1 before the first look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// The value of the annotation sshkey-operator.io/reconcile-requested-at that was acted upon last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), regex(pattern = PRINTABLE))]
    pub last_handled_reconcile_at: Option<String>,

    /// UID of the object that this status was written for. A restored status of another object is not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), regex(pattern = PRINTABLE))]
    pub recorded_for: Option<String>,

    /// The public key, as one line of an authorized_keys file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 3072), regex(pattern = PRINTABLE))]
    pub public_key: Option<String>,

    /// SHA-256 fingerprint of the key, as ssh-keygen -l prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), regex(pattern = PRINTABLE))]
    pub fingerprint: Option<String>,

    /// Algorithm of the key: Ed25519, RSA or ECDSA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16), regex(pattern = PRINTABLE))]
    pub algorithm: Option<String>,

    /// Size of the key in bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i32>,

    /// The Secret that holds the private key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253), regex(pattern = PRINTABLE))]
    pub secret_name: Option<String>,

    /// The outputs that are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["kind".into(), "name".into()]))]
    #[schemars(length(max = 64))]
    pub outputs: Vec<OutputStatus>,

    /// Where the public key is in Azure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azure: Option<AzureStatus>,

    /// How the rotation of the key stands: when there is spec.rotation, or the key was changed once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RotationStatus>,

    /// The steps that are not being taken at this moment, and why; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PendingPlan>,

    /// Ready, KeyAvailable, OutputsSynced, AzureSynced; Reconciling and Stalled only while they are true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    #[schemars(length(max = 8), transform = super::schema::bound_conditions)]
    pub conditions: Vec<Condition>,
}

impl SshKeyStatus {
    /// The same without what earlier definitions do not have: the API server refuses an apply with fields that it does not
    /// know.
    #[must_use]
    pub fn without_newer_fields(mut self) -> Self {
        self.recorded_for = None;
        self.last_handled_reconcile_at = None;
        self.plan = None;
        for output in &mut self.outputs {
            output.uid = None;
            output.leaving = false;
        }
        if let Some(rotation) = &mut self.rotation {
            rotation.handled_requests.clear();
            for previous in &mut rotation.previous {
                previous.entry.clear();
            }
        }
        self.azure = self.azure.filter(|azure| !azure.resource_id.is_empty());
        if let Some(azure) = &mut self.azure {
            azure.places.clear();
        }
        self
    }
}

/// An output that exists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutputStatus {
    /// Name of the Secret or ConfigMap.
    #[schemars(length(max = 253), regex(pattern = PRINTABLE))]
    pub name: String,

    /// Kind of the object: Secret or ConfigMap.
    #[schemars(length(max = 16), regex(pattern = PRINTABLE))]
    pub kind: String,

    /// Its shape, as in the spec: sshAuth, pem, flux, argoCD, kubeVirt, publicSecret or publicConfigMap.
    #[schemars(length(max = 32), regex(pattern = PRINTABLE))]
    pub shape: String,

    /// UID of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), regex(pattern = PRINTABLE))]
    pub uid: Option<String>,

    /// True once the spec does not ask for it any longer, until it is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leaving: bool,
}

/// How the rotation of a key stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RotationStatus {
    /// How often the key was changed on purpose, from 1.
    pub revision: i64,

    /// When the current key was made, in place of another; absent for the first key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_rotation_time: Option<Time>,

    /// When the next rotation by spec.rotation.every is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_rotation_time: Option<Time>,

    /// The next key, while it waits to take over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingKey>,

    /// The requests for a rotation that were acted upon, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 256)))]
    #[x_kube(validation = Rule::new("self.map(request, size(bytes(request))).sum() <= 4096").message("the requests that were acted upon have at most 4096 bytes: leave the status to the operator"))]
    pub handled_requests: Vec<String>,

    /// Former keys whose private halves are kept, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub previous: Vec<PreviousKey>,
}

/// The next key, while it waits to take over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingKey {
    /// Its SHA-256 fingerprint.
    #[schemars(length(max = 64), regex(pattern = PRINTABLE))]
    pub fingerprint: String,

    /// The pending public key, as one line of an authorized_keys file.
    #[schemars(length(max = 3072), regex(pattern = PRINTABLE))]
    pub public_key: String,

    /// When it takes over, with activation: Delayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation_time: Option<Time>,
}

/// A former key whose private half is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviousKey {
    /// Its SHA-256 fingerprint.
    #[schemars(length(max = 64), regex(pattern = PRINTABLE))]
    pub fingerprint: String,

    /// Name of its entry in the Secret that is named like the key's own with -previous after it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 16), regex(pattern = PRINTABLE))]
    pub entry: String,

    /// How often the key had been changed when it came, from 1.
    pub revision: i64,

    /// When its private half is deleted; absent as long as keepPrevious.count keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retire_time: Option<Time>,
}

/// Where the public key is in Azure, with everything that was left to defaults filled in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzureStatus {
    /// Azure resource ID of the key.
    #[serde(
        default,
        rename = "resourceID",
        skip_serializing_if = "String::is_empty"
    )]
    #[schemars(length(max = 512))]
    pub resource_id: String,

    /// Azure location where the key is stored.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 64), regex(pattern = PRINTABLE))]
    pub location: String,

    /// Kind of the store that it is published through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_kind: Option<StoreKind>,

    /// Name of the store that it is published through.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 253), regex(pattern = PRINTABLE))]
    pub store: String,

    /// Every place in Azure where this object has a key, those that it is leaving included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(validation = Rule::new("self.map(place, has(place.tags) ? place.tags.map(tag, size(bytes(tag))).sum() : 0).sum() <= 65536").message("the tags of all places have at most 65536 bytes: leave the status to the operator"))]
    pub places: Vec<PlaceStatus>,
}

/// A place in Azure where an SshKey has a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaceStatus {
    /// Azure resource ID.
    #[schemars(length(max = 512))]
    pub id: String,

    /// Azure location that it was stored in.
    #[schemars(length(max = 64), regex(pattern = PRINTABLE))]
    pub location: String,

    /// Kind of the store through which it is reached.
    pub store_kind: StoreKind,

    /// Name of the store through which it is reached.
    #[schemars(length(max = 253), regex(pattern = PRINTABLE))]
    pub store: String,

    /// How this object came to have a key there.
    pub origin: Origin,

    /// What becomes of the key when it is no longer wanted there.
    pub deletion_policy: DeletionPolicy,

    /// Names of the tags of the spec and of the store that the operator put on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), inner(length(max = 512)))]
    pub tags: Vec<String>,

    /// A digest of what was wanted when it was last seen there; only with driftPolicy: Report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), regex(pattern = PRINTABLE))]
    pub in_step: Option<String>,

    /// Whether the key is wanted there.
    pub phase: Phase,
}

/// How an SshKey came to have a key at a place in Azure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum Origin {
    /// The operator created it for this object.
    #[default]
    Created,
    /// It was there before, and this object took it over.
    Adopted,
    /// A list showed it under the mark of this object, and nothing else knows of it.
    Found,
}

/// Whether a key is wanted at a place in Azure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum Phase {
    /// It is.
    #[default]
    Published,
    /// It is no longer, and goes once its successor was seen, as its deletion policy says.
    Leaving,
}
