//! The RBAC rules that ship with the chart.

use anyhow::Context;
use k8s_openapi::api::rbac::v1::PolicyRule;
use serde::Deserialize;

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
        let path = checkout::root().join("charts/sshkey-operator/files/rbac.yaml");
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        serde_saphyr::from_str(&text).with_context(|| format!("understand {}", path.display()))
    }
}
