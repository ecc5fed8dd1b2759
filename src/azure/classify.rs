//! One table from what Azure says to what it means here. Codes and texts are those of recorded traffic and of
//! <https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors>; for Entra,
//! <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

use super::error::{AzureError, Cause, Operation, Refusal};
use crate::api::{ErrorClass, Reason};

use ErrorClass::{Throttled, Transient, UserFixable};

/// What an ARM error code means, whatever status it came with.
fn by_code(code: &str) -> Option<(ErrorClass, Reason)> {
    Some(match code {
        "AuthorizationFailed" | "LinkedAuthorizationFailed" => (UserFixable, Reason::AccessDenied),
        "RequestDisallowedByPolicy" => (UserFixable, Reason::DisallowedByPolicy),
        "ResourceGroupNotFound" => (UserFixable, Reason::ResourceGroupNotFound),
        "SubscriptionNotFound" | "InvalidSubscriptionId" => {
            (UserFixable, Reason::SubscriptionNotFound)
        }
        "ReadOnlyDisabledSubscription" => (UserFixable, Reason::SubscriptionDisabled),
        "MissingSubscriptionRegistration" | "NoRegisteredProviderFound" => {
            (UserFixable, Reason::ProviderNotRegistered)
        }
        "InvalidResourceLocation" => (UserFixable, Reason::LocationConflict),
        "ScopeLocked" => (UserFixable, Reason::ScopeLocked),
        "ResourceGroupBeingDeleted" => (Transient, Reason::ResourceGroupBeingDeleted),
        "InvalidParameter" => (UserFixable, Reason::KeyRefused),
        "InvalidAuthenticationTokenTenant" => (UserFixable, Reason::AuthenticationFailed),
        _ => return None,
    })
}

/// What an unknown error means, by its status.
fn by_status(status: u16) -> (ErrorClass, Reason) {
    match status {
        401 => (Transient, Reason::AuthenticationFailed),
        403 => (UserFixable, Reason::AccessDenied),
        408 | 409 | 500.. => (Transient, Reason::AzureUnavailable),
        _ => (UserFixable, Reason::RequestRefused),
    }
}

/// What an `AADSTS` number means: these get better only when a person acts.
fn by_entra_code(code: u32) -> Option<Reason> {
    Some(match code {
        // The tenant does not exist.
        90_002 | 900_023 => Reason::TenantNotFound,
        // No such application; wrong or expired secret; no federated credential that fits; bad or old assertion;
        // disabled application; the service principal is not in the tenant.
        700_016 | 7_000_215 | 7_000_222 | 70_021 | 700_211 | 700_212 | 700_213 | 700_222
        | 700_223 | 700_021 | 700_023 | 700_024 | 700_027 | 50_013 | 7_000_112 | 7_000_229 => {
            Reason::AuthenticationFailed
        }
        _ => return None,
    })
}

fn classified(cause: &Cause) -> (ErrorClass, Reason) {
    match cause {
        // The code is shared by other errors: a 429 is told by its status.
        Cause::Refused(refusal) if refusal.status == 429 => {
            (Throttled(refusal.retry_at), Reason::Throttled)
        }
        Cause::Refused(refusal) => {
            by_code(&refusal.code).unwrap_or_else(|| by_status(refusal.status))
        }
        Cause::NoToken { status, codes, .. } => {
            match codes.iter().find_map(|code| by_entra_code(*code)) {
                Some(reason) => (UserFixable, reason),
                None if *status == 429 => (Throttled(None), Reason::Throttled),
                None if *status >= 500 => (Transient, Reason::AzureUnavailable),
                None => (UserFixable, Reason::AuthenticationFailed),
            }
        }
        Cause::NoCredential { reason, class, .. } => (*class, *reason),
        Cause::NotArm { status: 429 } => (Throttled(None), Reason::Throttled),
        Cause::NotArm { .. } | Cause::NotEntra | Cause::TooLarge | Cause::StrayLink => {
            (Transient, Reason::AzureAnswerInvalid)
        }
        Cause::Untrusted(_) => (Transient, Reason::CertificateNotTrusted),
        Cause::Connection(_) | Cause::Timeout => (Transient, Reason::AzureUnavailable),
        Cause::NotBefore(time) => (Throttled(Some(*time)), Reason::Throttled),
    }
}

pub(super) fn class(cause: &Cause) -> ErrorClass {
    classified(cause).0
}

pub(super) fn reason(error: &AzureError) -> Reason {
    match classified(&error.cause).1 {
        // The code for a bad value of any parameter: only a write of the key sends one.
        Reason::KeyRefused
            if !matches!(error.operation, Operation::CreateKey | Operation::UpdateKey) =>
        {
            Reason::RequestRefused
        }
        reason => reason,
    }
}

/// The message of a condition: the object, the cause and the remedy.
pub(super) fn message(error: &AzureError) -> String {
    let AzureError {
        operation,
        subject,
        cause,
    } = error;
    let what = format!("can't {operation} {subject}");
    match cause {
        Cause::Refused(refusal) => {
            let Refusal {
                status,
                code,
                message,
                ..
            } = &**refusal;
            let remedy = remedy(reason(error));
            format!(
                "{what}: Azure answered {status} {code} ({}){remedy}",
                one_line(message)
            )
        }
        Cause::NoToken { description, .. } => {
            format!(
                "{what}: Entra answered: {}{}",
                one_line(entra_text(description)),
                remedy(reason(error))
            )
        }
        Cause::NoCredential { message, .. } => format!("{what}: {message}"),
        Cause::NotArm { status } => format!(
            "{what}: the answer ({status}) is not one of Azure Resource Manager; if this stays, look for a proxy between the operator and Azure"
        ),
        Cause::NotEntra => format!(
            "{what}: the answer is not one of Microsoft Entra; if this stays, look for a proxy between the operator and Entra"
        ),
        Cause::TooLarge => {
            format!("{what}: the answer is larger than Azure Resource Manager's limit of 8 MiB")
        }
        Cause::StrayLink => {
            format!("{what}: the list goes on at another host or in a circle, and was not followed")
        }
        Cause::Untrusted(why) => format!(
            "{what}: {why}; if a proxy with its own certificate authority stands between, give its certificate to the operator with --azure-ca-file"
        ),
        Cause::Connection(why) => format!("{what}: {why}; it will be tried again"),
        Cause::Timeout => format!("{what}: no answer in time; it will be tried again"),
        Cause::NotBefore(_) => {
            format!("{subject} waits for its turn: Azure takes only so many requests a minute")
        }
    }
}

fn remedy(reason: Reason) -> &'static str {
    match reason {
        Reason::AccessDenied => {
            ". Give the store's identity the actions read, write and delete of Microsoft.Compute/sshPublicKeys on the resource group; a new role assignment takes some minutes"
        }
        Reason::DisallowedByPolicy => ". Change what the policy names, or ask for an exemption",
        Reason::ResourceGroupNotFound => ". Create the resource group, or name another",
        Reason::SubscriptionNotFound => {
            ". Check the store's subscriptionID, and that its identity has a role there"
        }
        Reason::SubscriptionDisabled => ". Enable the subscription",
        Reason::ProviderNotRegistered => {
            ". Register it: az provider register --namespace Microsoft.Compute"
        }
        Reason::LocationConflict => ". Write the location that the key has, or another name",
        Reason::ScopeLocked => ". Remove the lock, or wait until it is removed",
        Reason::ResourceGroupBeingDeleted => ". It will be tried again when the group is gone",
        Reason::KeyRefused => {
            ". Azure takes Ed25519 keys, and RSA keys of 2048 bits and more; if this cloud takes no Ed25519 yet, create an SshKey with algorithm: RSA"
        }
        Reason::RequestRefused => ". Change what the message names",
        Reason::AuthenticationFailed => ". Check the store's auth, and the application in Entra",
        Reason::TenantNotFound => ". Check the store's tenantID",
        Reason::Throttled | Reason::AzureUnavailable => ". It will be tried again",
        _ => "",
    }
}

/// Entra ends its text with ids and the time of this very answer, which say nothing to a user and are never twice the same.
fn entra_text(description: &str) -> &str {
    let end = description.find("Trace ID:").unwrap_or(description.len());
    &description[..end]
}

/// A condition's message is one line of bounded length, whatever Azure sends.
fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(600)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(operation: Operation, status: u16, code: &str) -> AzureError {
        AzureError::new(
            operation,
            "x",
            Cause::Refused(Box::new(Refusal {
                status,
                code: code.to_owned(),
                message: "m".to_owned(),
                retry_at: None,
                request_id: None,
            })),
        )
    }

    #[test]
    fn a_known_code_goes_before_its_status_and_an_unknown_one_is_told_by_it() {
        let cases = [
            (
                403,
                "AuthorizationFailed",
                UserFixable,
                Reason::AccessDenied,
            ),
            (403, "SomethingNew", UserFixable, Reason::AccessDenied),
            (
                404,
                "ResourceGroupNotFound",
                UserFixable,
                Reason::ResourceGroupNotFound,
            ),
            (409, "ScopeLocked", UserFixable, Reason::ScopeLocked),
            (
                409,
                "ResourceGroupBeingDeleted",
                Transient,
                Reason::ResourceGroupBeingDeleted,
            ),
            (409, "SomethingNew", Transient, Reason::AzureUnavailable),
            (
                429,
                "OperationNotAllowed",
                Throttled(None),
                Reason::Throttled,
            ),
            (
                500,
                "InternalServerError",
                Transient,
                Reason::AzureUnavailable,
            ),
            (503, "", Transient, Reason::AzureUnavailable),
            (400, "InvalidParameter", UserFixable, Reason::KeyRefused),
            (400, "SomethingNew", UserFixable, Reason::RequestRefused),
        ];
        for (status, code, class, reason) in cases {
            let error = refused(Operation::CreateKey, status, code);
            assert_eq!(
                (error.class(), error.reason()),
                (class, reason),
                "{status} {code}"
            );
        }
    }

    #[test]
    fn a_bad_parameter_of_a_read_is_not_a_refused_key() {
        assert_eq!(
            refused(Operation::ReadKey, 400, "InvalidParameter").reason(),
            Reason::RequestRefused
        );
    }

    #[test]
    fn a_message_is_one_line_whatever_azure_sends() {
        let mut error = refused(Operation::CreateKey, 400, "X");
        if let Cause::Refused(refusal) = &mut error.cause {
            refusal.message = "a\r\nb\t\u{2028}c".repeat(500);
        }
        let message = error.to_string();
        assert!(!message.contains(['\n', '\r', '\u{2028}']), "{message}");
        assert!(message.chars().count() < 1_000);
    }
}
