//! What the operator reports on an `SshKey`: a copy of what the Secret and Azure say, never a source of decisions
//! that could make another key.

// These descriptions are what `kubectl explain` prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StoreKind;

/// How an SshKey stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SshKeyStatus {
    /// The generation of the spec that this status speaks of; -1 before the first look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// The public key, as one line of an authorized_keys file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16_384))]
    pub public_key: Option<String>,

    /// SHA-256 fingerprint of the key, as ssh-keygen -l prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub fingerprint: Option<String>,

    /// Algorithm of the key: Ed25519, RSA or ECDSA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub algorithm: Option<String>,

    /// Size of the key in bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i32>,

    /// The Secret that holds the private key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub secret_name: Option<String>,

    /// The outputs that are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    #[schemars(length(max = 16))]
    pub outputs: Vec<OutputStatus>,

    /// Where the public key is in Azure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azure: Option<AzureStatus>,

    /// How the rotation of the key stands: when there is spec.rotation, or the key was changed once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RotationStatus>,

    /// Ready, KeyAvailable, OutputsSynced, AzureSynced; Reconciling and Stalled only while they are true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,
}

/// An output that is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutputStatus {
    /// Name of the Secret or ConfigMap.
    #[schemars(length(max = 253))]
    pub name: String,

    /// Kind of the object: Secret or ConfigMap.
    #[schemars(length(max = 16))]
    pub kind: String,

    /// Its shape, as in the spec: sshAuth, pem, flux, argoCD, kubeVirt, publicSecret or publicConfigMap.
    #[schemars(length(max = 32))]
    pub shape: String,
}

/// How the rotation of a key stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RotationStatus {
    /// How often the key was changed on purpose, from 1.
    pub revision: i64,

    /// When the current key was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_rotation_time: Option<Time>,

    /// When the next rotation by spec.rotation.every is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_rotation_time: Option<Time>,

    /// The next key, while it waits to take over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingKey>,

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
    #[schemars(length(max = 64))]
    pub fingerprint: String,

    /// It, as one line of an authorized_keys file.
    #[schemars(length(max = 16_384))]
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
    #[schemars(length(max = 64))]
    pub fingerprint: String,

    /// How often the key had been changed when it came, from 1.
    pub revision: i64,

    /// When its private half is deleted; absent as long as keepPrevious.count keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retire_time: Option<Time>,
}

/// Where the public key is in Azure, with everything that was left to defaults filled in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzureStatus {
    /// Azure resource ID of the key.
    #[serde(rename = "resourceID")]
    #[schemars(length(max = 512))]
    pub resource_id: String,

    /// Azure location where the key is stored.
    #[schemars(length(max = 64))]
    pub location: String,

    /// Kind of the store that it is published through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_kind: Option<StoreKind>,

    /// Name of the store that it is published through.
    #[schemars(length(max = 253))]
    pub store: String,
}
