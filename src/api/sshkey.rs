//! `SshKey`: a key pair in a Secret and, when asked for, its public half in Azure's SSH key store.

// These descriptions are what `kubectl explain` prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]
// Each printer column has a name of its own within its own parentheses.
#![allow(clippy::duplicated_attributes)]

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    SshKeyStatus, StoreKey, StoreKind, object_name, output::Output, rotation::Rotation, rules,
    source::Source,
};

pub use super::{
    deletion_policy::DeletionPolicy,
    resource_group::{CreationPolicy, ResourceGroup},
};

/// What an SshKey asks for.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "sshkey-operator.io",
    version = "v1alpha1",
    kind = "SshKey",
    plural = "sshkeys",
    shortname = "sshk",
    category = "ssh",
    namespaced,
    status = "SshKeyStatus",
    derive = "PartialEq",
    derive = "Default",
    doc = "An SSH key pair: the private half in a Secret of this namespace, the public half, when asked for, in Azure's SSH key store.",
    validation = rules::name_fits_azure(),
    validation = rules::outputs_leave_the_secret(),
    validation = rules::outputs_leave_rotation_its_secrets(),
    validation = rules::secret_keeps_its_name(),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status", description = "Whether everything is as the spec asks"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].reason", description = "Why it is ready or not"),
    printcolumn(name = "Algorithm", type_ = "string", json_path = ".status.algorithm", description = "Algorithm of the key"),
    printcolumn(name = "Published", type_ = "string", json_path = ".status.conditions[?(@.type=='AzureSynced')].status", description = "Whether the public key is in Azure as the spec asks; empty when the spec asks for no place there"),
    printcolumn(name = "Rotates", type_ = "string", json_path = ".status.rotation.nextRotationTime", description = "When the next rotation by spec.rotation.every is due"),
    printcolumn(name = "Secret", type_ = "string", json_path = ".status.secretName", description = "Secret that holds the private key"),
    printcolumn(name = "Fingerprint", type_ = "string", json_path = ".status.fingerprint", priority = 1, description = "SHA-256 fingerprint of the key, as ssh-keygen -l prints it"),
    printcolumn(name = "Pending", type_ = "string", json_path = ".status.rotation.pending.fingerprint", priority = 1, description = "SHA-256 fingerprint of the next key, while it waits to take over"),
    printcolumn(name = "Azure", type_ = "string", json_path = ".status.azure.resourceID", priority = 1, description = "Resource ID of the public key in Azure"),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].message", priority = 1, description = "Why it is ready or not, and what to do"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::source_keeps_its_kind())]
#[x_kube(validation = rules::rotation_needs_a_kept_key())]
#[x_kube(validation = rules::imported_keys_have_no_schedule())]
#[x_kube(validation = rules::delay_is_shorter_than_every())]
#[x_kube(validation = rules::secret_needs_a_private_key())]
#[x_kube(validation = rules::following_needs_azure())]
#[x_kube(validation = rules::following_writes_nothing())]
#[x_kube(validation = rules::copy_of_an_imported_key_stays())]
#[x_kube(validation = rules::azure_takes_the_algorithm())]
#[x_kube(validation = rules::deletion_leaves_no_useless_key())]
#[x_kube(validation = rules::private_outputs_need_a_private_key())]
#[x_kube(validation = rules::outputs_leave_the_imported_secret())]
pub struct SshKeySpec {
    /// Where the key comes from: at most one member. Without one, an Ed25519 key is generated. The kind of source can't
    /// be changed; another algorithm or size rotates the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,

    /// The Secret that keeps the private key: type kubernetes.io/ssh-auth, with the private key in OpenSSH format under
    /// ssh-privatekey and the public key, one line, under ssh-publickey. It has no owner reference: it goes only as
    /// deletionPolicy says. A generated key always has one; an imported key only with this field, and then it holds a
    /// copy; with source.publicKey and source.azureKey there is no private key to keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretSpec>,

    /// More Secrets and ConfigMaps with the key, each in the shape that its reader expects. They follow the key, and go
    /// when they leave this list or when the object is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    #[x_kube(validation = Rule::new("self.map(output, has(output.flux) ? size(bytes(output.flux.knownHosts)) : has(output.sshAuth) && has(output.sshAuth.knownHosts) ? size(bytes(output.sshAuth.knownHosts)) : 0).sum() <= 32768").message("knownHosts has at most 32768 bytes, in all outputs together: leave out the hosts that the readers do not connect to"))]
    pub outputs: Option<Vec<Output>>,

    /// Publishes the public key to Azure's SSH key store (Microsoft.Compute/sshPublicKeys). Without it nothing is sent
    /// to Azure; when it is taken away, azure.deletionPolicy decides what becomes of the published key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azure: Option<AzureSpec>,

    /// When the key is changed for another, and what becomes of the old one. A key that is generated can be rotated without
    /// this field too: see the annotation sshkey-operator.io/rotate-requested-at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,

    /// While true, a deletion of this object does not proceed: nothing is deleted, in Azure or here, and the Ready
    /// condition says so. Set it to false to let it go on.
    #[serde(default)]
    pub deletion_protection: bool,

    /// While true, nothing is created or changed; the Ready condition says what would be done. Deletion still proceeds.
    #[serde(default)]
    pub suspend: bool,
}

impl SshKey {
    /// The status, if it was written for this very object; one of another object, as a restore may bring it, says nothing.
    /// One that does not say for whom it was written is of an earlier version of the operator.
    pub fn own_status(&self) -> Option<&SshKeyStatus> {
        let status = self.status.as_ref()?;
        let is_own = match &status.recorded_for {
            Some(uid) => Some(uid) == self.metadata.uid.as_ref(),
            None => true,
        };
        is_own.then_some(status)
    }
}

/// The Secret that keeps the private key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretSpec {
    /// Name of the Secret. When absent, the name of this object. Can't be changed yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')").message("a Secret's name has lower-case letters, digits, '-' and '.', and begins and ends with a letter or a digit"))]
    pub name: Option<String>,

    /// What to do when a Secret of that name exists that is not this object's: Refuse (when absent) leaves it alone and
    /// says so; Adopt takes it over with the key that it holds, which must be an OpenSSH private key under
    /// ssh-privatekey. A Secret of another SshKey is never taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict_policy: Option<SecretConflictPolicy>,

    /// What becomes of the Secret when this object is deleted: Retain (when absent) leaves it, and an SshKey of the same
    /// name goes on with the same key; Delete removes it, and with it the Secrets of the next and the former keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,

    /// What to do when a generated private key is gone, can't be read or was replaced by another: Hold (when absent) leaves
    /// everything as it is and says so, until the key is put back or a rotation is asked for; Regenerate makes a new key.
    /// Machines that trust the old one do not trust the new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_policy: Option<RecoveryPolicy>,
}

/// What to do when a private key is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum RecoveryPolicy {
    /// Leave everything as it is and say so.
    #[default]
    Hold,
    /// Make a new key.
    Regenerate,
}

/// What to do about a Secret that is not ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum SecretConflictPolicy {
    /// Leave it alone and say so.
    #[default]
    Refuse,
    /// Go on with the key that it holds.
    Adopt,
}

/// The public key in Azure's SSH key store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzureSpec {
    /// The store through which the key is published. When absent, the AzureStore of this namespace that is named default,
    /// and without one the ClusterAzureStore that is named default; which it was is recorded when the key is first
    /// published, and stays. Changing it moves the key: it is created at the new place first, and then deleted at the old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_ref: Option<StoreRef>,

    /// Name of the key in Azure, 1 to 128 letters, digits, '-', '_' and '.'. When absent, made by the store's
    /// nameTemplate. Changing it moves the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$')").message("a key's name in Azure has letters, digits, '-', '_' and '.', and begins and ends with a letter or a digit"))]
    pub name: Option<String>,

    /// Resource group that holds the key. When absent, the store's default. Changing it moves the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_group: Option<ResourceGroup>,

    /// Azure location where the key is stored, such as westeurope. VMs of any location can use it. When absent, the
    /// store's default. Azure moves no key to another location: see replacePolicy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z0-9]+$')").message("write the location by its short name, lower-case and without spaces: westeurope, not West Europe"))]
    pub location: Option<String>,

    /// Tags on the key, beside the store's and the operator's own five. At most 45; a name of at most 512 and a value of
    /// at most 256 characters. Tags that others put on the key are left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::schema::tags_schema")]
    pub tags: Option<BTreeMap<String, String>>,

    /// What to do about a key of that name in Azure that is not this object's: Refuse (when absent) leaves it alone and
    /// says so; AdoptMatching takes it over if it is the same public key; Adopt takes it over and puts this object's key
    /// there. A key that carries another SshKey's mark is never taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict_policy: Option<AzureConflictPolicy>,

    /// What to do when the key is in another location than the one that is asked for: Refuse (when absent) leaves it and
    /// says so; Recreate deletes it and creates it again in the new location. For a moment there is no key of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace_policy: Option<ReplacePolicy>,

    /// What to do about what others change in Azure, be it the key, its tags or that it is there at all: Repair (when
    /// absent) puts it back; Report leaves it as it is and says what differs. Changes to this
    /// object's spec are applied either way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift_policy: Option<DriftPolicy>,

    /// What becomes of the key in Azure when this object or its azure field is deleted: Delete (when absent, for a key
    /// that this object created) or Retain (when absent, for a key that it took over). Deleting it takes away no access: a
    /// VM keeps the key it was created with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
}

/// What to do about what others change in Azure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum DriftPolicy {
    /// Put it back.
    #[default]
    Repair,
    /// Leave it and say so.
    Report,
}

/// What to do about a key in another location.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum ReplacePolicy {
    /// Leave it where it is and say so.
    #[default]
    Refuse,
    /// Delete it and create it again.
    Recreate,
}

/// What to do about a key in Azure that is not ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum AzureConflictPolicy {
    /// Leave it alone and say so.
    #[default]
    Refuse,
    /// Go on with it if it is the same public key.
    AdoptMatching,
    /// Put our public key in its place.
    Adopt,
}

/// A store of this namespace or of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreRef {
    /// Kind of the store: AzureStore (when absent), which is one of this namespace, or ClusterAzureStore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<StoreKind>,

    /// Name of the store.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new(object_name::NAME_RULE).message(object_name::NAME_MESSAGE))]
    pub name: String,
}

impl StoreRef {
    /// The store that is meant.
    pub fn key(&self) -> StoreKey {
        StoreKey::new(self.kind.unwrap_or_default(), self.name.clone())
    }
}
