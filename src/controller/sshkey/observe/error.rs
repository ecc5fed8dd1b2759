//! Why nothing can be decided.

use crate::kubernetes::KubernetesError;

/// Why nothing can be decided.
#[derive(Debug, thiserror::Error)]
pub(in crate::controller) enum ObserveError {
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

/// What an object may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
pub(in crate::controller) enum WaitsFor {
    /// A key that is generated, or opened with its passphrase.
    #[strum(
        serialize = "the key is about to be generated or opened, which takes a while; namespaces take turns at it"
    )]
    Key,
    /// The first check of a store, since the start of the operator or since the store was changed.
    #[strum(serialize = "the store that the key needs is being checked")]
    Store,
    /// The first list of the stores of a namespace, or of all.
    #[strum(
        serialize = "the AzureStores of the namespace are not listed yet: if that takes long, the operator's log says why"
    )]
    ListOfStores,
}
