//! `ClusterAzureStore`: an Azure subscription and an identity that many namespaces use, and what they may do with it.

// These descriptions are what `kubectl explain` prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]
// Each printer column has a name of its own within its own parentheses.
#![allow(clippy::duplicated_attributes)]

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::azure_store::{
    Auth, AzureStoreStatus, ClientCertificate, ClientSecret, Defaults, Subscription,
    WorkloadIdentity,
};

/// What a ClusterAzureStore is.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "sshkey-operator.io",
    version = "v1alpha1",
    kind = "ClusterAzureStore",
    plural = "clusterazurestores",
    shortname = "cazst",
    category = "ssh",
    status = "AzureStoreStatus",
    derive = "PartialEq",
    derive = "Default",
    doc = "An Azure subscription, and the identity with which SshKeys of several namespaces are published to it, within the limits that it sets.",
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
pub struct ClusterAzureStoreSpec {
    /// Where the keys are.
    #[serde(flatten)]
    pub subscription: Subscription,

    /// The identity: exactly one of the ways to prove it. Its Secret or ServiceAccount is in the operator's own
    /// namespace.
    pub auth: ClusterAuth,

    /// What a key gets that does not say it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defaults: Option<Defaults>,

    /// Who may use the store, and what they may do with it.
    pub tenants: Tenants,
}

/// How the identity is proven: exactly one member.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("(has(self.clientSecret) ? 1 : 0) + (has(self.clientCertificate) ? 1 : 0) + (has(self.workloadIdentity) ? 1 : 0) + (has(self.ambient) ? 1 : 0) + (has(self.managedIdentity) ? 1 : 0) == 1").message("write exactly one of auth.clientSecret, auth.clientCertificate, auth.workloadIdentity, auth.ambient and auth.managedIdentity"))]
pub struct ClusterAuth {
    /// A client secret, kept in a Secret of the operator's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<ClientSecret>,

    /// A client certificate, kept with its private key in a Secret of the operator's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<ClientCertificate>,

    /// Workload identity: Entra trusts tokens of one ServiceAccount of the operator's namespace, and no secret is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload_identity: Option<WorkloadIdentity>,

    /// The workload identity of the operator's own pod, as the azure-workload-identity webhook gives it: the variables
    /// AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ambient: Option<Ambient>,

    /// A managed identity of what the operator runs on: by IDENTITY_ENDPOINT and IDENTITY_HEADER where they are set, as
    /// in App Service and Container Apps, otherwise by the metadata service of the virtual machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_identity: Option<ManagedIdentity>,
}

impl From<Auth> for ClusterAuth {
    fn from(auth: Auth) -> Self {
        Self {
            client_secret: auth.client_secret,
            client_certificate: auth.client_certificate,
            workload_identity: auth.workload_identity,
            ambient: None,
            managed_identity: None,
        }
    }
}

/// The workload identity of the operator's own pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ambient {}

/// A managed identity of what the operator runs on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManagedIdentity {
    /// Client ID of a user-assigned identity: a GUID. When absent, the system-assigned one.
    #[serde(rename = "clientID", default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 36))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')").message("a client ID is a GUID, such as 00000000-0000-0000-0000-000000000000"))]
    pub client_id: Option<String>,
}

/// What tenants may do. What is not written is not allowed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tenants {
    /// The namespaces whose SshKeys may use the store: those that are named, and those that carry the labels.
    pub namespaces: AllowedNamespaces,

    /// Resource groups that keys may be in, beside the default one (defaults.resourceGroup.name). Names of groups compare
    /// without case. When absent, keys may be in the default one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 90)))]
    #[x_kube(validation = Rule::new("self.all(group, group.matches('^[A-Za-z0-9._()-]*[A-Za-z0-9_()-]$'))").message("a resource group's name has letters, digits, '-', '_', '.' and parentheses, and does not end with '.'"))]
    pub resource_groups: Option<Vec<String>>,

    /// How the name of every key in Azure is made: text with {namespace} and {name}, once each, with '.' or '_' between
    /// them, which neither of the two can imitate. When absent, {namespace}.{name}. A change renames no key: those that
    /// are published under other names are not changed any more, unless CustomName is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    #[x_kube(validation = Rule::new("self.matches('^[^{}]*([{]namespace[}][^{}]*[._][^{}]*[{]name[}]|[{]name[}][^{}]*[._][^{}]*[{]namespace[}])[^{}]*$')").message("tenants.nameTemplate must contain {namespace} and {name}, once each and with '.' or '_' between them, or a tenant could write the name of another's key"))]
    #[x_kube(validation = Rule::new("self.replace('{namespace}', 'a').replace('{name}', 'a').matches('^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$')").message("beside {namespace} and {name}, nameTemplate has letters, digits, '-', '_' and '.', and begins and ends with a letter or a digit"))]
    pub name_template: Option<String>,

    /// What SshKeys may do beyond publishing a key of their own: Adopt takes over keys that are in Azure already
    /// (azure.conflictPolicy), Observe follows one (source.azureKey), CreateResourceGroup lets them have a missing group
    /// created (azure.resourceGroup.creationPolicy), CustomName lets them choose the name (azure.name). When absent,
    /// nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4))]
    pub allow: Option<Vec<Permission>>,
}

impl Tenants {
    /// Whether something beyond the ordinary is allowed.
    pub fn allow(&self, permission: Permission) -> bool {
        self.allow.iter().flatten().any(|one| *one == permission)
    }
}

/// The namespaces that may use a store: at least one member.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("(has(self.names) && size(self.names) > 0) || (has(self.matchLabels) && size(self.matchLabels) > 0)").message("say which namespaces may use the store: name them in tenants.namespaces.names, where ['*'] is all, or write tenants.namespaces.matchLabels"))]
pub struct AllowedNamespaces {
    /// Their names; '*' alone is all namespaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 63)))]
    #[x_kube(validation = Rule::new("self.all(name, name == '*' || name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'))").message("tenants.namespaces.names has names of namespaces, or '*' alone for all: patterns such as team-* are not supported"))]
    pub names: Option<Vec<String>>,

    /// Labels that a namespace has, all of them, beside those that are named. People who may label a
    /// namespace decide with this who may use the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::schema::labels_schema")]
    pub match_labels: Option<BTreeMap<String, String>>,
}

/// What a store's tenants may be allowed beyond the ordinary.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr,
)]
pub enum Permission {
    /// To take over keys that are in Azure already.
    Adopt,
    /// To follow keys that are in Azure already.
    Observe,
    /// To have a missing resource group created.
    CreateResourceGroup,
    /// To choose the name of a key in Azure.
    CustomName,
}
