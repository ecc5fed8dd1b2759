//! Why a reconcile has to be tried again.

use crate::{kubernetes::KubernetesError, plan::MOST_STEPS};

/// Why a reconcile has to be tried again.
#[derive(Debug, thiserror::Error)]
pub(in crate::controller) enum ReconcileError {
    /// The cluster can't be read or the status can't be written.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    /// The steps go in a circle.
    #[error("the plan did not settle after {MOST_STEPS} steps; the last was {0}")]
    Unsettled(&'static str),
}
