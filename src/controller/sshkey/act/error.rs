//! Why a step failed, and what that comes to.

use crate::{
    api::{ArmId, ErrorClass, Reason},
    azure::AzureError,
    controller::{failure, source::error::SourceError},
    keys::KeyError,
    kubernetes::KubernetesError,
    plan::Failure,
};

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub(in crate::controller) enum StepError {
    /// The API server refused or did not answer.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    /// Azure refused or did not answer.
    #[error(transparent)]
    Azure(#[from] AzureError),
    /// The key pair could not be generated.
    #[error("can't generate a key pair: {0}")]
    Generate(#[from] KeyError),
    /// The key pair is generated outside of this reconcile.
    #[error("the key pair is about to be generated")]
    Waiting,
    /// The key that the user gives can't be had any more.
    #[error(transparent)]
    Given(#[from] SourceError),
    /// The source has another key than the one that was decided upon.
    #[error("the key that spec.source names is changing at this moment; it will be read again")]
    Changing,
    /// A Secret has another key than the one that was decided upon.
    #[error("a Secret with a key of this SshKey is changing at this moment; it will be read again")]
    SecretChanging,
    /// A Secret is there that was not when it was decided to create one.
    #[error("Secret {0} is there already; it will be read")]
    SecretExists(String),
    /// No session reaches the place that the step writes to.
    #[error("no store reaches {0}; it will be tried again")]
    OutOfReach(ArmId),
    /// Another object is writing there at this moment.
    #[error(
        "another SshKey is writing to {0} at this moment; if both mean it, give one of them another name in spec.azure.name"
    )]
    Claimed(ArmId),
    /// The object is gone.
    #[error("the SshKey is gone")]
    Gone,
    /// The object is another one than the one that was decided upon.
    #[error("the SshKey is changing at this moment; it will be read again")]
    Overtaken,
}

impl StepError {
    /// Whether what was to be changed has changed since it was read.
    pub(in crate::controller) fn is_conflict(&self) -> bool {
        match self {
            Self::Kubernetes(error) => error.is_conflict(),
            Self::SecretExists(_) | Self::Gone | Self::Overtaken => true,
            _ => false,
        }
    }

    /// Whether the step can be taken only when work outside of this reconcile is done.
    pub(in crate::controller) fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting | Self::Given(SourceError::Waiting))
    }

    /// What it comes to for the report.
    pub(in crate::controller) fn failure(&self) -> Failure {
        match self {
            Self::Kubernetes(error) => failure::kubernetes_failure(error),
            Self::Azure(error) => failure::azure_failure(error),
            Self::Generate(_) => transient(Reason::KeyGenerationFailed, self),
            Self::Given(error) => error.failure(),
            Self::OutOfReach(_) => transient(Reason::StoreNotReady, self),
            Self::Claimed(_) => transient(Reason::AzureKeyConflict, self),
            Self::Waiting
            | Self::Changing
            | Self::SecretChanging
            | Self::SecretExists(_)
            | Self::Gone
            | Self::Overtaken => transient(Reason::Progressing, self),
        }
    }
}

fn transient(reason: Reason, error: &StepError) -> Failure {
    Failure::new(ErrorClass::Transient, reason, error.to_string())
}
