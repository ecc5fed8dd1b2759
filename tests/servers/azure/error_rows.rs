//! The errors that Azure is known to answer a write with, and what each means.

use arm_emulator::FaultAnswer;
use sshkey_operator::api::Reason;

/// What is answered, what it means, and whether a person has to act.
pub(crate) type Row = (&'static str, FaultAnswer, Reason, bool);

fn refused(status: u16, code: &str) -> FaultAnswer {
    FaultAnswer::error(status, code, "Azure's own words")
}

fn raw(status: u16, body: impl Into<String>) -> FaultAnswer {
    FaultAnswer::raw(status, "application/json; charset=utf-8", &body.into())
}

fn redirect() -> FaultAnswer {
    let mut answer = raw(307, "");
    let elsewhere = "https://example.invalid/subscriptions/stolen".to_owned();
    answer.headers.insert("Location".to_owned(), elsewhere);
    answer
}

/// All of them.
pub(crate) fn rows() -> Vec<Row> {
    [requests(), rights(), conflicts(), no_answers()].concat()
}

/// What Azure finds wrong in the request, or in its token.
fn requests() -> Vec<Row> {
    use Reason::{
        AuthenticationFailed, KeyRefused, LocationNotAvailable, LocationRequired, RequestRefused,
    };
    vec![
        (
            "parameter",
            refused(400, "InvalidParameter"),
            KeyRefused,
            true,
        ),
        (
            "location",
            refused(400, "LocationNotAvailableForResourceType"),
            LocationNotAvailable,
            true,
        ),
        (
            "provider",
            refused(400, "NoRegisteredProviderFound"),
            LocationNotAvailable,
            true,
        ),
        (
            "no-location",
            refused(400, "LocationRequired"),
            LocationRequired,
            true,
        ),
        (
            "content",
            refused(400, "InvalidRequestContent"),
            RequestRefused,
            true,
        ),
        (
            "tenant",
            refused(401, "InvalidAuthenticationTokenTenant"),
            AuthenticationFailed,
            true,
        ),
        (
            "expired",
            refused(401, "ExpiredAuthenticationToken"),
            AuthenticationFailed,
            false,
        ),
    ]
}

/// What is forbidden, and what is not there.
fn rights() -> Vec<Row> {
    use Reason::{AccessDenied, DisallowedByPolicy, ResourceGroupNotFound, SubscriptionNotFound};
    let nested = r#"{"error":{"code":"RequestDisallowedByPolicy","message":"no","details":[{"code":"RequestDisallowedByPolicy","message":"no",
        "additionalInfo":[{"type":"PolicyViolation","info":{"policyAssignmentDisplayName":"Owners only"}}]}]}}"#;
    vec![
        // For some minutes it may be a role that is on its way.
        (
            "role",
            refused(403, "AuthorizationFailed"),
            AccessDenied,
            false,
        ),
        (
            "policy",
            refused(403, "RequestDisallowedByPolicy"),
            DisallowedByPolicy,
            true,
        ),
        ("nested-policy", raw(403, nested), DisallowedByPolicy, true),
        (
            "group",
            refused(404, "ResourceGroupNotFound"),
            ResourceGroupNotFound,
            true,
        ),
        (
            "subscription",
            refused(404, "SubscriptionNotFound"),
            SubscriptionNotFound,
            true,
        ),
    ]
}

/// What stands against it.
fn conflicts() -> Vec<Row> {
    use Reason::{
        AzureUnavailable, LocationConflict, ProviderNotRegistered, RequestRefused,
        ResourceGroupBeingDeleted, ScopeLocked, SubscriptionDisabled,
    };
    vec![
        (
            "elsewhere",
            refused(409, "InvalidResourceLocation"),
            LocationConflict,
            true,
        ),
        (
            "group-elsewhere",
            refused(409, "InvalidResourceGroupLocation"),
            RequestRefused,
            false,
        ),
        (
            "group-leaves",
            refused(409, "ResourceGroupBeingDeleted"),
            ResourceGroupBeingDeleted,
            false,
        ),
        ("lock", refused(409, "ScopeLocked"), ScopeLocked, true),
        (
            "disabled",
            refused(409, "ReadOnlyDisabledSubscription"),
            SubscriptionDisabled,
            true,
        ),
        (
            "unregistered",
            refused(409, "MissingSubscriptionRegistration"),
            ProviderNotRegistered,
            true,
        ),
        (
            "conflict",
            refused(409, "Conflict"),
            AzureUnavailable,
            false,
        ),
        (
            "busy",
            refused(409, "AnotherOperationInProgress"),
            AzureUnavailable,
            false,
        ),
        (
            "frozen",
            refused(409, "PropertyChangeNotAllowed"),
            RequestRefused,
            true,
        ),
    ]
}

/// Errors of Azure itself, and answers that are none of Azure's.
fn no_answers() -> Vec<Row> {
    use Reason::{AzureAnswerInvalid, AzureUnavailable, RequestRefused};
    let huge = format!(r#"{{"id":"{}"}}"#, "x".repeat(9 * 1024 * 1024));
    vec![
        (
            "unknown",
            refused(418, "SomethingNew"),
            RequestRefused,
            true,
        ),
        (
            "error",
            refused(500, "InternalServerError"),
            AzureUnavailable,
            false,
        ),
        (
            "gateway",
            FaultAnswer::raw(502, "text/html", "<html>"),
            AzureAnswerInvalid,
            false,
        ),
        (
            "no-route",
            raw(404, r#"{"code":"NotFound","message":"no route"}"#),
            AzureAnswerInvalid,
            false,
        ),
        (
            "truncated",
            raw(200, r#"{"id":"/subscriptions/"#),
            AzureAnswerInvalid,
            false,
        ),
        (
            "shape",
            raw(200, r#"[{"id": 1}]"#),
            AzureAnswerInvalid,
            false,
        ),
        (
            "another",
            raw(
                200,
                r#"{"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/k","name":"k","location":"l","properties":{}}"#,
            ),
            AzureAnswerInvalid,
            false,
        ),
        ("empty", raw(201, ""), AzureAnswerInvalid, false),
        ("huge", raw(200, huge), AzureAnswerInvalid, false),
        ("redirect", redirect(), AzureAnswerInvalid, false),
    ]
}
