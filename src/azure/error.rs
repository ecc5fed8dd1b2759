//! Everything that can go wrong between here and Azure.

use std::{error::Error as StdError, fmt, io};

use azure_core::error::ErrorKind;
use jiff::Timestamp;

use crate::api::{ErrorClass, Reason};

/// A request to Azure that did not do what it was for. `classify` says what it means, `message` what people are told.
#[derive(Debug)]
pub struct AzureError {
    /// What was tried.
    pub operation: Operation,
    /// On what: a resource ID, a group, a tenant.
    pub subject: String,
    /// Why it failed.
    pub cause: Cause,
}

/// The requests that the operator makes. The name is a metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::IntoStaticStr)]
pub enum Operation {
    /// A token from Entra.
    GetToken,
    /// GET of a public key.
    ReadKey,
    /// LIST of a group's public keys.
    ListKeys,
    /// PUT of a public key.
    CreateKey,
    /// PATCH of a public key.
    UpdateKey,
    /// DELETE of a public key.
    DeleteKey,
    /// GET of a resource group.
    ReadGroup,
    /// PUT of a resource group.
    CreateGroup,
}

impl Operation {
    /// Whether it takes a right to a resource group itself, and not to the keys in it.
    pub(super) fn is_of_a_group(self) -> bool {
        matches!(self, Self::ReadGroup | Self::CreateGroup)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GetToken => "get a token for",
            Self::ReadKey => "read",
            Self::ListKeys => "list the public keys of",
            Self::CreateKey => "create",
            Self::UpdateKey => "update",
            Self::DeleteKey => "delete",
            Self::ReadGroup => "look for resource group",
            Self::CreateGroup => "create resource group",
        })
    }
}

/// An error as ARM or Compute answered it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// ARM's error code.
    pub code: String,
    /// ARM's message.
    pub message: String,
    /// The policies that forbid it, by name.
    pub policies: Vec<String>,
    /// What a support case asks for.
    pub ids: RequestIds,
}

/// What Azure calls one request, for a support case.
/// <https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestIds {
    /// `x-ms-request-id`.
    pub request: Option<String>,
    /// `x-ms-correlation-request-id`.
    pub correlation: Option<String>,
}

impl RequestIds {
    /// Both, as they are told; `None` when Azure gave none.
    pub fn told(&self) -> Option<String> {
        let request = self.request.as_ref().map(|id| format!("request id {id}"));
        let correlation = self
            .correlation
            .as_ref()
            .map(|id| format!("correlation id {id}"));
        let all: Vec<String> = request.into_iter().chain(correlation).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// ARM or Compute answered with an error.
    Refused(Box<Refusal>),
    /// Entra answered with an error.
    NoToken {
        /// HTTP status.
        status: u16,
        /// The `AADSTS` numbers.
        codes: Vec<u32>,
        /// Entra's description.
        description: String,
    },
    /// The credential that would prove the identity can't be had; why and what to do.
    NoCredential {
        /// For machines.
        reason: Reason,
        /// What to do about it.
        class: ErrorClass,
        /// For people.
        message: String,
    },
    /// An answer that is not ARM's: a gateway's page, nothing at all, or a body of another shape.
    NotArm {
        /// HTTP status.
        status: u16,
    },
    /// The same in Entra's place.
    NotEntra,
    /// An answer larger than ARM's limit.
    TooLarge,
    /// A page of a list that points to another host or to itself.
    StrayLink,
    /// The certificate of the other side is not trusted.
    Untrusted(String),
    /// The request or its answer was lost on the way. A write may have been done.
    Connection(String),
    /// No answer in time. A write may have been done.
    Timeout,
    /// The budget has no room: nothing was sent, and nothing may be before this time.
    NotBefore(Timestamp),
}

impl StdError for AzureError {}

impl AzureError {
    /// An error of an operation on a subject.
    pub fn new(operation: Operation, subject: impl Into<String>, cause: Cause) -> Self {
        Self {
            operation,
            subject: subject.into(),
            cause,
        }
    }

    /// Whether a write that ended so may have been done all the same.
    pub fn leaves_in_doubt(&self) -> bool {
        match &self.cause {
            Cause::Refused(refusal) => refusal.status >= 500,
            Cause::NotArm { .. } | Cause::TooLarge | Cause::Connection(_) | Cause::Timeout => true,
            _ => false,
        }
    }

    /// What Azure calls the request that it refused.
    pub fn request_ids(&self) -> Option<String> {
        match &self.cause {
            Cause::Refused(refusal) => refusal.ids.told(),
            _ => None,
        }
    }
}

impl Cause {
    /// What an error of `azure_core` comes down to, for requests whose status is not checked by it.
    pub(super) fn from_core(error: &azure_core::Error) -> Self {
        if let Some(untrusted) = certificate_error(error) {
            return Self::Untrusted(untrusted);
        }
        match error.kind() {
            ErrorKind::DataConversion => Self::NotArm { status: 200 },
            _ => Self::Connection(innermost(error)),
        }
    }

    /// What an error from a credential comes down to.
    pub(super) fn from_token(error: &azure_core::Error) -> Self {
        let mut source: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(current) = source {
            if let Some(refused) = current.downcast_ref::<CredentialMissing>() {
                return refused.0.clone();
            }
            if let Some(core) = current.downcast_ref::<azure_core::Error>() {
                match core.kind() {
                    ErrorKind::HttpResponse {
                        status, error_code, ..
                    } => {
                        let codes = error_code.as_deref().unwrap_or_default();
                        return Self::NoToken {
                            status: u16::from(*status),
                            codes: codes
                                .split(',')
                                .filter_map(|code| code.parse().ok())
                                .collect(),
                            description: core.to_string(),
                        };
                    }
                    ErrorKind::DataConversion => return Self::NotEntra,
                    _ => {}
                }
            }
            source = current.source();
        }
        Self::from_core(error)
    }
}

/// Carries a cause through `azure_core`'s error type, from an assertion to the request that needed it.
#[derive(Debug)]
pub(super) struct CredentialMissing(pub(super) Cause);

impl fmt::Display for CredentialMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::NoCredential { message, .. } => f.write_str(message),
            other => write!(f, "{other:?}"),
        }
    }
}

impl StdError for CredentialMissing {}

fn certificate_error(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(tls @ rustls::Error::InvalidCertificate(_)) = current.downcast_ref() {
            return Some(tls.to_string());
        }
        // The source of an `io::Error` is that of the error within it, which would be passed over; they come nested.
        next = match current.downcast_ref().and_then(io::Error::get_ref) {
            Some(within) => Some(within),
            None => current.source(),
        };
    }
    None
}

/// The last error of a chain says what happened; those before it say who passed it on.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut current = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_error_is_found_however_it_is_wrapped() {
        let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let said = tls.to_string();
        let handshake = io::Error::new(io::ErrorKind::InvalidData, tls);
        let connect = io::Error::other(handshake);
        let core = azure_core::Error::new(ErrorKind::Io, connect);
        assert_eq!(Cause::from_core(&core), Cause::Untrusted(said));
        let reset = azure_core::Error::new(ErrorKind::Io, io::Error::other("reset"));
        assert_eq!(
            Cause::from_core(&reset),
            Cause::Connection("reset".to_owned())
        );
    }
}
