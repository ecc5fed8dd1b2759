//! Who asks, and whether they may: bearer tokens and role assignments.

use http::{StatusCode, header};

use super::envelope::ArmError;
use crate::{
    call::Call,
    entra::{Principal, TokenFault},
    faults::wildcard,
    governance::is_at_or_below,
    shared::Shared,
    tenant::RoleAssignment,
};

/// The principal of a request's bearer token.
pub(crate) fn authenticate(shared: &Shared, call: &Call) -> Result<Principal, ArmError> {
    let Some(value) = call.header(&header::AUTHORIZATION) else {
        return Err(unauthorized(
            call,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
        ));
    };
    let scheme_and_token = value.split_once(' ');
    let Some((_, token)) =
        scheme_and_token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
    else {
        return Err(unauthorized(
            call,
            "AuthenticationFailedInvalidHeader",
            "Authentication failed. The 'Authorization' header is provided in an invalid format.",
        ));
    };
    shared.signer.principal(token.trim(), &shared.audiences(), shared.clock.now()).map_err(|fault| match fault {
        TokenFault::Invalid => unauthorized(call, "InvalidAuthenticationToken", "The access token is invalid."),
        TokenFault::Expired { expiry, now } => {
            let message = format!("The access token expiry UTC time '{expiry}' is earlier than current UTC time '{now}'.");
            unauthorized(call, "ExpiredAuthenticationToken", &message)
        }
        TokenFault::Audience { found } => {
            let allowed = shared.audiences().join("','");
            let message = format!(
                "The access token has been obtained for wrong audience or resource '{found}'. It should exactly match with one of the allowed \
                 audiences '{allowed}'."
            );
            unauthorized(call, "InvalidAuthenticationTokenAudience", &message)
        }
    })
}

/// A token of another tenant than the subscription's.
pub(crate) fn wrong_tenant(call: &Call, principal: &Principal, expected: &str) -> ArmError {
    let message = format!(
        "The access token is from the wrong issuer 'https://sts.windows.net/{}/'. It must match the tenant 'https://sts.windows.net/{expected}/' \
         associated with this subscription. Please use the authority (URL) '{}/{expected}' to get the token. Note, if the subscription is \
         transferred to another tenant there is no impact to the services, but information about new tenant could take time to propagate (up to \
         an hour). If you just transferred your subscription and see this error message, please try back later.",
        principal.tenant, call.origin
    );
    unauthorized(call, "InvalidAuthenticationTokenTenant", &message)
}

fn unauthorized(call: &Call, code: &str, message: &str) -> ArmError {
    let challenge = format!(
        "Bearer authorization_uri=\"{}\", error=\"invalid_token\", error_description=\"{message}\"",
        call.origin
    );
    ArmError::gateway(StatusCode::UNAUTHORIZED, code, message)
        .header(header::WWW_AUTHENTICATE, challenge)
}

/// Whether the principal may do `action` at `scope`.
pub(crate) fn allows(shared: &Shared, principal: &Principal, action: &str, scope: &str) -> bool {
    let directory = shared.directory.read();
    let Some(application) = directory.application(&principal.tenant, &principal.client_id) else {
        return false;
    };
    application
        .roles
        .as_ref()
        .is_none_or(|roles| roles.iter().any(|role| grants(role, action, scope)))
}

/// Whether the principal has role assignments instead of everything.
pub(crate) fn is_limited(shared: &Shared, principal: &Principal) -> bool {
    let directory = shared.directory.read();
    directory
        .application(&principal.tenant, &principal.client_id)
        .is_none_or(|application| application.roles.is_some())
}

/// Whether any assignment of the principal is in this subscription or above it.
pub(crate) fn sees_subscription(
    shared: &Shared,
    principal: &Principal,
    subscription: &str,
) -> bool {
    let directory = shared.directory.read();
    let Some(application) = directory.application(&principal.tenant, &principal.client_id) else {
        return false;
    };
    let scope = format!("/subscriptions/{subscription}");
    let touches = |role: &RoleAssignment| {
        is_at_or_below(&scope, &role.scope) || is_at_or_below(&role.scope, &scope)
    };
    application
        .roles
        .as_ref()
        .is_none_or(|roles| roles.iter().any(touches))
}

/// Refuses what [`allows`] does not allow.
pub(crate) fn authorize(
    shared: &Shared,
    principal: &Principal,
    action: &str,
    scope: &str,
) -> Result<(), ArmError> {
    if allows(shared, principal, action, scope) {
        return Ok(());
    }
    let message = format!(
        "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is \
         invalid. If access was recently granted, please refresh your credentials.",
        principal.client_id, principal.object_id
    );
    Err(ArmError::gateway(
        StatusCode::FORBIDDEN,
        "AuthorizationFailed",
        message,
    ))
}

fn grants(role: &RoleAssignment, action: &str, scope: &str) -> bool {
    let action = action.to_lowercase();
    is_at_or_below(&role.scope, scope)
        && role
            .actions
            .iter()
            .any(|pattern| wildcard(&pattern.to_lowercase(), &action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_reaches_its_scope_and_below_and_not_a_name_that_only_begins_alike() {
        let role = |scope: &str| RoleAssignment {
            scope: scope.to_owned(),
            actions: vec!["Microsoft.Compute/sshPublicKeys/*".to_owned()],
        };
        let action = "microsoft.compute/sshpublickeys/write";
        let key =
            "/subscriptions/s/resourceGroups/team/providers/Microsoft.Compute/sshPublicKeys/k";
        assert!(grants(
            &role("/subscriptions/S/resourcegroups/TEAM"),
            action,
            key
        ));
        assert!(grants(&role("/"), action, key));
        assert!(!grants(
            &role("/subscriptions/s/resourceGroups/te"),
            action,
            key
        ));
        assert!(!grants(
            &role("/subscriptions/s"),
            "Microsoft.Compute/virtualMachines/write",
            key
        ));
    }
}
