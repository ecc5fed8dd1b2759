//! Where the key of an `SshKey` comes from: generated here, imported, uploaded, or read from Azure.

// These descriptions are what `kubectl explain` prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::object_name;

/// Where the key comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("(has(self.generate) ? 1 : 0) + (has(self.privateKey) ? 1 : 0) + (has(self.publicKey) ? 1 : 0) + (has(self.azureKey) ? 1 : 0) <= 1").message("write at most one of source.generate, source.privateKey, source.publicKey and source.azureKey"))]
pub struct Source {
    /// Generates the key pair in the operator. The private key never leaves the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generate: Option<Generate>,

    /// Imports a key pair from a Secret of yours, which is read and never changed. When you put another key there, the
    /// new one is followed. With the field secret, a copy is kept in a Secret of the operator's shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<PrivateKeySource>,

    /// Uploads a public key whose private half you keep yourself, nowhere in the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<PublicKeySource>,

    /// Follows the public key that is in Azure already, under azure.name. It is never written, tagged or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azure_key: Option<AzureKeySource>,
}

/// How to generate a key pair.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.size) || (has(self.algorithm) && self.algorithm != 'Ed25519')").message("an Ed25519 key has only one size: leave size out, or write algorithm: RSA or algorithm: ECDSA").field_path(".size").reason(Reason::FieldValueForbidden))]
#[x_kube(validation = Rule::new("!has(self.size) || !has(self.algorithm) || self.algorithm != 'RSA' || self.size in [2048, 3072, 4096, 8192]").message("an RSA key has a size of 2048, 3072, 4096 or 8192 bits: write one of them, or leave size out for 3072").field_path(".size"))]
#[x_kube(validation = Rule::new("!has(self.size) || !has(self.algorithm) || self.algorithm != 'ECDSA' || self.size in [256, 384, 521]").message("an ECDSA key has a size of 256, 384 or 521 bits: write one of them, or leave size out for 256").field_path(".size"))]
#[x_kube(validation = Rule::new("!has(self.comment) || self.comment.matches('^[A-Za-z0-9@._+-]*$')").message("a comment may hold letters, digits and @ . _ + - only: a space or a line end would change what the line means to sshd").field_path(".comment"))]
pub struct Generate {
    /// Algorithm of the key: Ed25519, RSA or ECDSA; Azure takes Ed25519 and RSA. When absent, Ed25519 for a new key, and
    /// that of the existing key for one that replaces it. Changing it rotates the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,

    /// Size of the key in bits. RSA: 2048, 3072 (when absent), 4096 or 8192. ECDSA: 256 (when absent), 384 or 521.
    /// Ed25519: leave it out. Changing it rotates the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 256, max = 8192))]
    pub size: Option<i32>,

    /// Comment at the end of the public key. Letters, digits and @ . _ + - only. When absent, the name and the namespace
    /// of this object as name@namespace. A change applies to the next key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub comment: Option<String>,
}

/// Algorithm of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum Algorithm {
    /// Ed25519: short, fast, taken everywhere since OpenSSH 6.5.
    Ed25519,
    /// RSA, for what does not know Ed25519.
    #[serde(rename = "RSA")]
    Rsa,
    /// ECDSA on a NIST curve, for policies that ask for it. Azure does not take it.
    #[serde(rename = "ECDSA")]
    Ecdsa,
}

/// A key pair to import.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrivateKeySource {
    /// The private key: in OpenSSH's format, PKCS #8, PKCS #1 or SEC1, one key of at most 64 KiB; RSA of 2048 to 8192
    /// bits, ECDSA or Ed25519. The public key is made from it.
    pub secret_ref: EntryRef,

    /// The passphrase, when the private key is encrypted. One line end after it is ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrase_secret_ref: Option<EntryRef>,
}

/// A public key to upload: exactly one member.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("(has(self.value) ? 1 : 0) + (has(self.secretRef) ? 1 : 0) + (has(self.configMapRef) ? 1 : 0) == 1").message("write exactly one of publicKey.value, publicKey.secretRef and publicKey.configMapRef"))]
#[x_kube(validation = Rule::new("!has(self.value) || !self.value.contains('PRIVATE KEY')").message("publicKey.value takes a public key, and this is a private one: it has now been in a manifest, so make a new key pair; to import a private key, put it into a Secret and write source.privateKey").field_path(".value"))]
pub struct PublicKeySource {
    /// The public key itself: a line as in a .pub file, RFC 4716, or PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16_384))]
    #[x_kube(validation = Rule::new("size(bytes(self)) <= 16384").message("a public key has at most 16384 bytes: write the key alone, with a short comment"))]
    pub value: Option<String>,

    /// The public key in a Secret of this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<EntryRef>,

    /// The public key in a ConfigMap of this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_ref: Option<EntryRef>,
}

/// The key that is in Azure already.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzureKeySource {}

/// One entry of a Secret or ConfigMap of this namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryRef {
    /// Name of the Secret or ConfigMap.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new(object_name::NAME_RULE).message(object_name::NAME_MESSAGE))]
    pub name: String,

    /// Key of the entry, such as ssh-privatekey.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new(object_name::KEY_RULE).message(object_name::KEY_MESSAGE))]
    pub key: String,
}
