//! Why there is no key to be had from where the user keeps it.

use crate::{
    api::{ErrorClass, Reason},
    controller::failure,
    keys::{KeyError, KeyRefusal},
    kubernetes::KubernetesError,
    plan::Failure,
};

/// Why there is no key pair to be had from where the user keeps it.
#[derive(Debug, thiserror::Error)]
pub(in crate::controller) enum SourceError {
    /// The cluster can't be read.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    /// What is named does not exist.
    #[error(
        "{subject} does not exist in namespace {namespace}: create it with the key under {key}, or correct the name in spec.source"
    )]
    NotFound {
        subject: String,
        namespace: String,
        key: String,
    },
    /// It is being deleted: what rests on it alone would soon rest on nothing.
    #[error(
        "{subject} is being deleted and is held only by {held_by}: no key is taken from it. Copy the key now into a Secret of another name, and name that in spec.source"
    )]
    Terminating { subject: String, held_by: String },
    /// It lacks the entry.
    #[error(
        "{subject} has nothing under {key}{}: put the key there, or correct the entry's name in spec.source",
        existing(.entries)
    )]
    EntryMissing {
        subject: String,
        key: String,
        /// Names of the entries that have something.
        entries: Vec<String>,
    },
    /// What is there is no key that can be used.
    #[error("{subject}: {error}")]
    Refused { subject: String, error: KeyError },
    /// It is opened outside of this reconcile.
    #[error("the key is about to be opened")]
    Waiting,
    /// The object names no key by now.
    #[error("spec.source names no key any more; it will be checked again")]
    NotNamed,
}

impl SourceError {
    /// What it comes to for the report.
    pub(in crate::controller) fn failure(&self) -> Failure {
        let reason = match self {
            Self::Kubernetes(error) => return failure::kubernetes_failure(error),
            Self::Waiting | Self::NotNamed => {
                let class = ErrorClass::Transient;
                return Failure::new(class, Reason::Progressing, self.to_string());
            }
            Self::NotFound { .. } => Reason::SourceNotFound,
            Self::Terminating { .. } => Reason::SourceTerminating,
            Self::EntryMissing { .. } => Reason::SourceEntryMissing,
            Self::Refused { error, .. } => reason(error.refusal()),
        };
        Failure::to_fix(reason, self.to_string())
    }
}

/// The reason that a refused key is reported with.
pub(in crate::controller) fn reason(refusal: KeyRefusal) -> Reason {
    match refusal {
        KeyRefusal::TooLarge => Reason::KeyTooLarge,
        KeyRefusal::NotAKey => Reason::KeyFormatUnknown,
        KeyRefusal::FormatUnsupported => Reason::KeyFormatUnsupported,
        KeyRefusal::TypeUnsupported => Reason::KeyTypeUnsupported,
        KeyRefusal::TooWeak => Reason::KeyTooWeak,
        KeyRefusal::Damaged => Reason::KeyDamaged,
        KeyRefusal::SeveralKeys => Reason::SeveralKeysGiven,
        KeyRefusal::PublicKeyGiven => Reason::PublicKeyGiven,
        KeyRefusal::PrivateKeyGiven => Reason::PrivateKeyGiven,
        KeyRefusal::PassphraseRequired => Reason::PassphraseRequired,
        KeyRefusal::PassphraseWrong => Reason::PassphraseWrong,
        KeyRefusal::KdfTooExpensive => Reason::KeyDerivationTooCostly,
        KeyRefusal::InternalFailure => Reason::KeyGenerationFailed,
    }
}

/// How many entries a message names.
const ENTRIES_TOLD: usize = 8;

/// The entries among which the right one may be.
fn existing(entries: &[String]) -> String {
    let told: Vec<&str> = entries
        .iter()
        .take(ENTRIES_TOLD)
        .map(String::as_str)
        .collect();
    match entries.len().saturating_sub(ENTRIES_TOLD) {
        _ if told.is_empty() => String::new(),
        0 => format!(" (it has {})", told.join(", ")),
        more => format!(" (it has {} and {more} more)", told.join(", ")),
    }
}
