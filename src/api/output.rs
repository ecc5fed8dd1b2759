//! Outputs: the key of an `SshKey` in other shapes, for those who read it.

// These descriptions are what `kubectl explain` prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One more Secret or ConfigMap with the key: exactly one shape.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("(has(self.sshAuth) ? 1 : 0) + (has(self.pem) ? 1 : 0) + (has(self.flux) ? 1 : 0) + (has(self.argoCD) ? 1 : 0) + (has(self.kubeVirt) ? 1 : 0) + (has(self.publicSecret) ? 1 : 0) + (has(self.publicConfigMap) ? 1 : 0) == 1").message("an output has exactly one of sshAuth, pem, flux, argoCD, kubeVirt, publicSecret and publicConfigMap"))]
pub struct Output {
    /// Name of the Secret or ConfigMap. The operator creates it, and leaves alone an existing one that belongs to another.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')").message("an output's name has lower-case letters, digits, '-' and '.', and begins and ends with a letter or a digit"))]
    pub name: String,

    /// A Secret of type kubernetes.io/ssh-auth: ssh-privatekey in OpenSSH's format, ssh-publickey, and known_hosts if
    /// given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_auth: Option<SshAuth>,

    /// A Secret with the two files that Azure's portal gives: NAME.pem (PKCS #1 for RSA, OpenSSH's format for the others)
    /// and NAME.pub, where NAME is the name of this SshKey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pem: Option<Pem>,

    /// A Secret as Flux reads it for a GitRepository: identity, identity.pub and known_hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flux: Option<Flux>,

    /// A Secret as Argo CD reads it: the label argocd.argoproj.io/secret-type, and type, url and sshPrivateKey. It must
    /// be in Argo CD's own namespace.
    #[serde(default, rename = "argoCD", skip_serializing_if = "Option::is_none")]
    pub argo_cd: Option<ArgoCd>,

    /// A Secret for the access credentials of KubeVirt: the public key alone. KubeVirt appends every entry to
    /// authorized_keys, so the operator takes out an entry that another client adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kube_virt: Option<KubeVirt>,

    /// A Secret with the public key, under ssh-publickey, and under authorized_keys beside it the next key while it waits
    /// and the former ones that are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_secret: Option<PublicSecret>,

    /// A ConfigMap with the public key, under ssh-publickey, and under authorized_keys beside it the next key while it waits
    /// and the former ones that are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_config_map: Option<PublicConfigMap>,
}

/// What beside the key is in a Secret of type kubernetes.io/ssh-auth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SshAuth {
    /// Host keys, as in a known_hosts file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32_768))]
    #[x_kube(validation = Rule::new("!self.contains('PRIVATE KEY')").message("knownHosts takes public host keys, and this is a private key: it has now been in a manifest, so replace it wherever it is used"))]
    pub known_hosts: Option<String>,
}

/// Nothing is to be chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pem {}

/// What Flux needs beside the key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Flux {
    /// Host keys, as in a known_hosts file. Flux refuses a Secret without them.
    #[schemars(length(min = 1, max = 32_768))]
    #[x_kube(validation = Rule::new("!self.contains('PRIVATE KEY')").message("knownHosts takes public host keys, and this is a private key: it has now been in a manifest, so replace it wherever it is used"))]
    pub known_hosts: String,
}

/// What Argo CD needs beside the key. Its known hosts are in a place of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.type) || self.type != 'RepositoryCredentials' || !(has(self.project) || has(self.insecure))").message("Argo CD reads argoCD.project and argoCD.insecure of a Repository only: leave them out with type: RepositoryCredentials"))]
pub struct ArgoCd {
    /// URL of the repository, or what the URLs of several begin with: git@HOST:PATH or ssh://USER@HOST/PATH.
    #[schemars(length(min = 1, max = 2048))]
    #[x_kube(validation = Rule::new("self.matches('^(ssh://)?[!-.0-9;-?A-~]+@[!-?A-~]+$')").message("Argo CD uses an SSH key for SSH only: write argoCD.url as git@HOST:PATH or ssh://USER@HOST/PATH, without spaces"))]
    pub url: String,

    /// Whether this is for one Repository (when absent) or RepositoryCredentials for all whose URL begins with url.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<ArgoCdKind>,

    /// Argo CD project that the repository belongs to. When absent, it belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub project: Option<String>,

    /// Whether Argo CD connects without checking the server's host key. When absent, it checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
}

/// What a Secret is to Argo CD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum ArgoCdKind {
    /// One repository.
    #[default]
    Repository,
    /// Credentials for every repository whose URL begins as given.
    RepositoryCredentials,
}

/// Nothing is to be chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KubeVirt {}

/// Nothing is to be chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicSecret {}

/// Nothing is to be chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicConfigMap {}
