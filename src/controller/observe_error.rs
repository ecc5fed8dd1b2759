//! Why nothing can be decided.

use super::waiting::WaitsFor;
use crate::kubernetes::KubernetesError;

/// Why nothing can be decided.
#[derive(Debug, thiserror::Error)]
pub(super) enum ObserveError {
    /// The cluster can't be read.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    /// The object asks for what its schema does not allow.
    #[error("{0}")]
    Invalid(String),
    /// Something has to be done first, outside of this reconcile.
    #[error("{}", <&'static str>::from(.0))]
    Waiting(WaitsFor),
}
