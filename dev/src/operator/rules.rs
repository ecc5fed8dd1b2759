//! The RBAC rules that ship with the chart.

use anyhow::Context;
use k8s_openapi::api::rbac::v1::PolicyRule;
use serde::{Deserialize, de::DeserializeOwned};

use crate::checkout;

/// What the operator may do, and where.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Rules {
    /// Always cluster-scoped.
    pub cluster: Vec<PolicyRule>,
    /// In the operator's own namespace, for the Lease.
    pub leader: Vec<PolicyRule>,
    /// In each watched namespace, or cluster-wide when all are watched.
    pub watched: Vec<PolicyRule>,
    /// Cluster-scoped, where the stores of the cluster are used.
    pub cluster_stores: Vec<PolicyRule>,
    /// In the operator's own namespace, where the stores of the cluster are used.
    pub own_namespace: Vec<PolicyRule>,
}

impl Rules {
    /// Reads them from the chart.
    ///
    /// # Errors
    /// When the file is not there or holds something else.
    pub fn read() -> anyhow::Result<Self> {
        read("rbac.yaml")
    }
}

/// What tenants may do in their namespaces.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantRules {
    /// What joins the role `view` of Kubernetes.
    pub view: Vec<PolicyRule>,
    /// What joins `edit`, beside the former.
    pub edit: Vec<PolicyRule>,
    /// What joins `admin`, beside both.
    pub admin: Vec<PolicyRule>,
}

impl TenantRules {
    /// Reads them from the chart.
    ///
    /// # Errors
    /// When the file is not there or holds something else.
    pub fn read() -> anyhow::Result<Self> {
        read("tenants.yaml")
    }
}

fn read<T: DeserializeOwned>(name: &str) -> anyhow::Result<T> {
    let path = checkout::root()
        .join("charts/sshkey-operator/files")
        .join(name);
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    serde_saphyr::from_str(&text).with_context(|| format!("understand {}", path.display()))
}
