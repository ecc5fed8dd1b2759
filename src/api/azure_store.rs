//! `AzureStore`: an Azure subscription and the identity with which keys of the namespace are published to it.

// These descriptions are what `kubectl explain` prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]
// Each printer column has a name of its own within its own parentheses.
#![allow(clippy::duplicated_attributes)]

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{object_name, resource_group::ResourceGroup, source::EntryRef};

/// What an AzureStore is.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "sshkey-operator.io",
    version = "v1alpha1",
    kind = "AzureStore",
    plural = "azurestores",
    shortname = "azst",
    category = "ssh",
    namespaced,
    status = "AzureStoreStatus",
    derive = "PartialEq",
    derive = "Default",
    doc = "An Azure subscription, and the identity with which the SshKeys of this namespace are published to it.",
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].status",
        description = "Whether a token was issued to the store's identity"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].reason",
        description = "Why it is ready or not"
    ),
    printcolumn(
        name = "Subscription",
        type_ = "string",
        json_path = ".spec.subscriptionID",
        description = "The Azure subscription"
    ),
    printcolumn(
        name = "Group",
        type_ = "string",
        json_path = ".spec.defaults.resourceGroup.name",
        description = "Resource group of keys that name none"
    ),
    printcolumn(
        name = "Location",
        type_ = "string",
        json_path = ".spec.defaults.location",
        description = "Location of keys that name none"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.subscriptionID == oldSelf.subscriptionID && self.tenantID == oldSelf.tenantID").message("subscriptionID and tenantID can't be changed, since keys are recorded under them: create a new store").reason(Reason::FieldValueForbidden))]
#[x_kube(validation = Rule::new("(has(self.cloud) ? self.cloud : 'AzurePublic') == (has(oldSelf.cloud) ? oldSelf.cloud : 'AzurePublic')").message("cloud can't be changed, since keys are recorded in it: create a new store").field_path(".cloud").reason(Reason::FieldValueForbidden))]
pub struct AzureStoreSpec {
    /// Where the keys are.
    #[serde(flatten)]
    pub subscription: Subscription,

    /// The identity: exactly one of the ways to prove it.
    pub auth: Auth,

    /// What a key gets that does not say it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defaults: Option<NamedDefaults>,
}

/// The subscription that a store of either kind publishes to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// The subscription that holds the keys: a GUID. Can't be changed.
    #[serde(rename = "subscriptionID")]
    #[schemars(length(max = 36))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')").message("a subscription's ID is a GUID, such as 00000000-0000-0000-0000-000000000000 (az account show --query id)"))]
    pub subscription_id: String,

    /// The Microsoft Entra tenant of the identity: a GUID. Can't be changed.
    #[serde(rename = "tenantID")]
    #[schemars(length(max = 36))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')").message("a tenant's ID is a GUID, such as 00000000-0000-0000-0000-000000000000 (az account show --query tenantId)"))]
    pub tenant_id: String,

    /// The Azure cloud: AzurePublic (when absent), AzureUSGovernment or AzureChina. Can't be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Cloud>,
}

/// An Azure cloud. Its endpoints are the operator's to know: no object names a URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = super::schema::leave_description_to_the_field)]
pub enum Cloud {
    /// The public cloud.
    #[default]
    AzurePublic,
    /// Azure Government.
    AzureUSGovernment,
    /// Azure operated by 21Vianet.
    AzureChina,
}

/// How the identity is proven: exactly one member.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("(has(self.clientSecret) ? 1 : 0) + (has(self.clientCertificate) ? 1 : 0) + (has(self.workloadIdentity) ? 1 : 0) == 1").message("write exactly one of auth.clientSecret, auth.clientCertificate and auth.workloadIdentity"))]
pub struct Auth {
    /// A client secret, kept in a Secret of this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<ClientSecret>,

    /// A client certificate, kept with its private key in a Secret of this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<ClientCertificate>,

    /// Workload identity: Entra trusts tokens of one ServiceAccount of this namespace, and no secret is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload_identity: Option<WorkloadIdentity>,
}

/// An application that signs in with a certificate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientCertificate {
    /// The application (client) ID: a GUID.
    #[serde(rename = "clientID")]
    #[schemars(length(max = 36))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')").message("a client ID is a GUID, such as 00000000-0000-0000-0000-000000000000"))]
    pub client_id: String,

    /// The Secret that holds the certificate and its private key (RSA). When it changes, as cert-manager changes it, the
    /// new one is used.
    pub secret_ref: CertificateRef,

    /// The password of a PKCS #12 file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_secret_ref: Option<EntryRef>,
}

/// A certificate with its private key in a Secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateRef {
    /// Name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new(object_name::NAME_RULE).message(object_name::NAME_MESSAGE))]
    pub name: String,

    /// Key of one entry that holds both, in PEM or as a PKCS #12 file. When absent, the entries tls.crt and tls.key, as in
    /// Secrets of type kubernetes.io/tls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new(object_name::KEY_RULE).message(object_name::KEY_MESSAGE))]
    pub key: Option<String>,
}

/// An application that signs in with a client secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientSecret {
    /// The application (client) ID: a GUID.
    #[serde(rename = "clientID")]
    #[schemars(length(max = 36))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')").message("a client ID is a GUID, such as 00000000-0000-0000-0000-000000000000"))]
    pub client_id: String,

    /// The Secret that holds the client secret.
    pub secret_ref: SecretKeyRef,
}

/// One entry of a Secret: of the store's own namespace, or for a ClusterAzureStore of the operator's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// Name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new(object_name::NAME_RULE).message(object_name::NAME_MESSAGE))]
    pub name: String,

    /// Key of the entry. When absent, clientSecret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new(object_name::KEY_RULE).message(object_name::KEY_MESSAGE))]
    pub key: Option<String>,
}

impl SecretKeyRef {
    /// The entry that is meant.
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or("clientSecret")
    }
}

/// An application or a managed identity with a federated credential for one ServiceAccount of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadIdentity {
    /// The application (client) ID: a GUID. Its federated credential names the cluster's issuer, the subject
    /// system:serviceaccount:NAMESPACE:sshkey-operator-azure (the operator's flag --workload-identity-service-account
    /// names another account) and the audience api://AzureADTokenExchange. NAMESPACE is the store's own, and for a
    /// ClusterAzureStore the operator's. Create that ServiceAccount there and grant it nothing.
    #[serde(rename = "clientID")]
    #[schemars(length(max = 36))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')").message("a client ID is a GUID, such as 00000000-0000-0000-0000-000000000000"))]
    pub client_id: String,
}

/// What a key gets that does not say it itself. A change here moves no key that is published already.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Defaults {
    /// Resource group of keys that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_group: Option<ResourceGroup>,

    /// Location of keys that name none, such as westeurope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z0-9]+$')").message("write the location by its short name, lower-case and without spaces: westeurope, not West Europe"))]
    pub location: Option<String>,

    /// Tags on every key of the store; a key's own tag of the same name goes before it. At most 45 together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::schema::tags_schema")]
    pub tags: Option<BTreeMap<String, String>>,
}

/// What a key gets that does not say it itself, its name among it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedDefaults {
    /// What stores of both kinds can give.
    #[serde(flatten)]
    pub common: Defaults,

    /// How a key's name in Azure is made when the key names none: text with {namespace} and {name}. When absent,
    /// {namespace}.{name}, which no two objects of a cluster share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    #[x_kube(validation = Rule::new("self.contains('{name}')").message("nameTemplate must contain {name}, or all keys of the store would have one name"))]
    #[x_kube(validation = Rule::new("self.replace('{namespace}', 'a').replace('{name}', 'a').matches('^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$')").message("beside {namespace} and {name}, nameTemplate has letters, digits, '-', '_' and '.', and begins and ends with a letter or a digit"))]
    pub name_template: Option<String>,
}

/// How a store of either kind stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzureStoreStatus {
    /// The generation of the spec that this status speaks of; -1 before the first look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// The value of the annotation sshkey-operator.io/reconcile-requested-at that was acted upon last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), regex(pattern = super::status::PRINTABLE))]
    pub last_handled_reconcile_at: Option<String>,

    /// Ready; Reconciling and Stalled only while they are true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    #[schemars(length(max = 8), transform = super::schema::bound_conditions)]
    pub conditions: Vec<Condition>,
}
