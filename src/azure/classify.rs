//! One table from what Azure says to what it means here: class and reason of every code that is known, and of all
//! others by their status.

use super::error::{AzureError, Cause, Operation};
use crate::api::{ErrorClass, Reason};

use ErrorClass::{Throttled, Transient, UserFixable};

/// What ARM's and Compute's error codes mean, whatever status they come with: for some of them the documentation does
/// not say which.
const BY_CODE: &[(&str, ErrorClass, Reason)] = &[
    // 400. Azure/azure-quickstart-templates#680, as `az sshkey create` shows it.
    ("InvalidParameter", UserFixable, Reason::KeyRefused),
    // 400. troubleshooting/error-invalid-... in common-deployment-errors: the location has no such resource type.
    (
        "LocationNotAvailableForResourceType",
        UserFixable,
        Reason::LocationNotAvailable,
    ),
    (
        "NoRegisteredProviderFound",
        UserFixable,
        Reason::LocationNotAvailable,
    ),
    // 400. common-deployment-errors.
    ("LocationRequired", UserFixable, Reason::LocationRequired),
    ("InvalidRequestContent", UserFixable, Reason::RequestRefused),
    // 401. common-deployment-errors; a forgotten token is requested again.
    (
        "InvalidAuthenticationTokenTenant",
        UserFixable,
        Reason::AuthenticationFailed,
    ),
    (
        "ExpiredAuthenticationToken",
        Transient,
        Reason::AuthenticationFailed,
    ),
    (
        "InvalidAuthenticationToken",
        Transient,
        Reason::AuthenticationFailed,
    ),
    // 403. cloudquery/cloudquery#16133, Azure/azure-cli#28339; for a wrong group or subscription too,
    // Azure/azure-powershell#12115.
    ("AuthorizationFailed", UserFixable, Reason::AccessDenied),
    (
        "LinkedAuthorizationFailed",
        UserFixable,
        Reason::AccessDenied,
    ),
    // 403. azure-resource-manager/troubleshooting/error-policy-requestdisallowedbypolicy.
    (
        "RequestDisallowedByPolicy",
        UserFixable,
        Reason::DisallowedByPolicy,
    ),
    // 404. azure-resource-manager/troubleshooting/error-not-found.
    (
        "ResourceGroupNotFound",
        UserFixable,
        Reason::ResourceGroupNotFound,
    ),
    (
        "SubscriptionNotFound",
        UserFixable,
        Reason::SubscriptionNotFound,
    ),
    (
        "InvalidSubscriptionId",
        UserFixable,
        Reason::SubscriptionNotFound,
    ),
    // 409. rancher/rancher#15651.
    (
        "InvalidResourceLocation",
        UserFixable,
        Reason::LocationConflict,
    ),
    // 409. Azure/azure-cli#23043: another caller has just created the group, elsewhere; the next read finds it.
    (
        "InvalidResourceGroupLocation",
        Transient,
        Reason::RequestRefused,
    ),
    // 409. azure-resource-manager/management/delete-resource-group.
    (
        "ResourceGroupBeingDeleted",
        Transient,
        Reason::ResourceGroupBeingDeleted,
    ),
    // 409. azure-resource-manager/management/lock-resources.
    ("ScopeLocked", UserFixable, Reason::ScopeLocked),
    // 409, by some accounts 403. cost-management-billing/manage/subscription-disabled.
    (
        "ReadOnlyDisabledSubscription",
        UserFixable,
        Reason::SubscriptionDisabled,
    ),
    (
        "DisabledSubscription",
        UserFixable,
        Reason::SubscriptionDisabled,
    ),
    // 409. azure-resource-manager/troubleshooting/error-register-resource-provider.
    (
        "MissingSubscriptionRegistration",
        UserFixable,
        Reason::ProviderNotRegistered,
    ),
    (
        "SubscriptionNotRegistered",
        UserFixable,
        Reason::ProviderNotRegistered,
    ),
    // 409. common-deployment-errors: no second try makes it another request.
    (
        "PropertyChangeNotAllowed",
        UserFixable,
        Reason::RequestRefused,
    ),
    // 409. common-deployment-errors: it is over soon.
    ("Conflict", Transient, Reason::AzureUnavailable),
    (
        "AnotherOperationInProgress",
        Transient,
        Reason::AzureUnavailable,
    ),
];

/// What an unknown error means, by its status (RFC 9110, section 15).
fn by_status(status: u16) -> (ErrorClass, Reason) {
    match status {
        401 => (Transient, Reason::AuthenticationFailed),
        403 => (UserFixable, Reason::AccessDenied),
        408 | 409 | 500.. => (Transient, Reason::AzureUnavailable),
        _ => (UserFixable, Reason::RequestRefused),
    }
}

/// What an `AADSTS` number means: these get better only when a person acts.
/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
const BY_ENTRA_CODE: &[(&[u32], Reason)] = &[
    // The tenant does not exist.
    (&[90_002, 900_023], Reason::TenantNotFound),
    // The tenant has no such application, or no service principal of it.
    (&[700_016, 7_000_229], Reason::ClientNotFound),
    (&[7_000_222], Reason::ClientSecretExpired),
    // The assertion, which is good for minutes, is too old or of the future for Entra.
    (&[700_024], Reason::ClockSkewed),
    // A wrong secret; no federated credential that fits; a bad or old assertion; a disabled application.
    (
        &[
            7_000_215, 70_021, 700_211, 700_212, 700_213, 700_222, 700_223, 700_021, 700_023,
            700_027, 50_013, 7_000_112,
        ],
        Reason::AuthenticationFailed,
    ),
];

fn by_code(code: &str) -> Option<(ErrorClass, Reason)> {
    let row = BY_CODE.iter().find(|(known, ..)| *known == code);
    row.map(|(_, class, reason)| (*class, *reason))
}

fn by_entra_codes(codes: &[u32]) -> Option<Reason> {
    let known = |(known, _): &&(&[u32], Reason)| codes.iter().any(|code| known.contains(code));
    BY_ENTRA_CODE.iter().find(known).map(|(_, reason)| *reason)
}

fn classified(cause: &Cause) -> (ErrorClass, Reason) {
    match cause {
        Cause::Refused(refusal) => {
            by_code(&refusal.code).unwrap_or_else(|| by_status(refusal.status))
        }
        Cause::NoToken { status, codes, .. } => match by_entra_codes(codes) {
            Some(reason) => (UserFixable, reason),
            None if *status == 429 => (Throttled(None), Reason::Throttled),
            None if *status >= 500 => (Transient, Reason::AzureUnavailable),
            None => (UserFixable, Reason::AuthenticationFailed),
        },
        Cause::NoCredential { reason, class, .. } => (*class, *reason),
        Cause::NotArm { .. } | Cause::NotEntra | Cause::TooLarge | Cause::StrayLink => {
            (Transient, Reason::AzureAnswerInvalid)
        }
        Cause::Untrusted(_) => (Transient, Reason::CertificateNotTrusted),
        Cause::Connection(_) | Cause::Timeout => (Transient, Reason::AzureUnavailable),
        Cause::NotBefore(time) => (Throttled(Some(*time)), Reason::Throttled),
    }
}

impl AzureError {
    /// What to do about it.
    pub fn class(&self) -> ErrorClass {
        classified(&self.cause).0
    }

    /// The reason for a condition.
    pub fn reason(&self) -> Reason {
        match classified(&self.cause).1 {
            // The code for a bad value of any parameter: only a write of the key sends one.
            Reason::KeyRefused
                if !matches!(self.operation, Operation::CreateKey | Operation::UpdateKey) =>
            {
                Reason::RequestRefused
            }
            reason => reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::error::Refusal;

    fn refused(operation: Operation, status: u16, code: &str) -> AzureError {
        AzureError::new(
            operation,
            "x",
            Cause::Refused(Box::new(Refusal {
                status,
                code: code.to_owned(),
                message: "m".to_owned(),
                ..Refusal::default()
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
                409,
                "OperationNotAllowed",
                Transient,
                Reason::AzureUnavailable,
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
    fn no_code_has_two_rows() {
        for (index, (code, ..)) in BY_CODE.iter().enumerate() {
            assert!(
                BY_CODE[..index].iter().all(|(other, ..)| other != code),
                "{code}"
            );
        }
    }
}
