//! The way of a request through Resource Manager: token, limits, api-version, subscription; then the operation.

use bytes::Bytes;
use http::{Method, Response, StatusCode};

use super::{
    auth,
    envelope::{ArmError, empty},
    generate, group_deletion, groups, headers, locks, providers, resources, ssh_public_keys,
    subscriptions,
    turn::{Turn, charge_arm},
    versions,
};
use crate::{
    call::Call,
    config::Subscription,
    entra::Principal,
    governance::Deed,
    route::{ArmRoute, Place},
    shared::Shared,
};

pub(crate) async fn handle(
    shared: &Shared,
    call: &Call,
    route: &ArmRoute,
    identity: Result<Principal, ArmError>,
) -> Response<Bytes> {
    let mut limits = Vec::new();
    let result = serve(shared, call, route, identity, &mut limits).await;
    let mut response = result.unwrap_or_else(ArmError::into_response);
    if call.method == Method::HEAD {
        *response.body_mut() = Bytes::new();
    }
    headers::add(&mut response, call, shared.clock.now(), limits);
    response
}

async fn serve(
    shared: &Shared,
    call: &Call,
    route: &ArmRoute,
    identity: Result<Principal, ArmError>,
    limits: &mut Vec<(http::HeaderName, String)>,
) -> Result<Response<Bytes>, ArmError> {
    let principal = identity?;
    let subscription = match route {
        ArmRoute::Subscriptions => None,
        ArmRoute::In { subscription, .. } => Some(subscription.as_str()),
    };
    *limits = charge_arm(shared, call, &principal, subscription)?;
    let api_version = versions::required(call.info.api_version.as_deref())?;
    let ArmRoute::In {
        subscription,
        place,
    } = route
    else {
        versions::check_resources(api_version)?;
        return only(call, &Method::GET).map(|()| subscriptions::list(shared, &principal));
    };
    let known = find_subscription(shared, call, &principal, subscription, place)?;
    let mut turn = Turn {
        shared,
        call,
        principal,
        subscription: &known.id,
        api_version,
        limits: std::mem::take(limits),
    };
    let result = operate(&mut turn, known, place).await;
    *limits = turn.limits;
    result
}

async fn operate(
    turn: &mut Turn<'_>,
    subscription: &Subscription,
    place: &Place,
) -> Result<Response<Bytes>, ArmError> {
    let method = turn.call.method.clone();
    if !matches!(
        place,
        Place::Keys
            | Place::KeysOf(_)
            | Place::Key(_)
            | Place::GenerateKeyPair(_)
            | Place::Locks(_)
            | Place::Lock { .. }
            | Place::Elsewhere
    ) {
        versions::check_resources(turn.api_version)?;
    }
    if matches!(place, Place::Locks(_) | Place::Lock { .. }) {
        versions::check_locks(turn.api_version)?;
    }
    let (shared, in_subscription) = (turn.shared, turn.subscription.to_owned());
    let check_writable = || check_writable(shared, subscription, &in_subscription, place, &method);
    match (place, method.as_str()) {
        (Place::Subscription, "GET") => subscriptions::get(turn, subscription),
        (Place::Locations, "GET") => subscriptions::list_locations(turn),
        (Place::Providers, "GET") => providers::list(turn),
        (Place::Provider(namespace), "GET") => providers::get(turn, namespace),
        (Place::Registration { provider, register }, "POST") => {
            providers::register(turn, provider, *register)
        }
        (Place::Resources(group), "GET") => resources::list(turn, group.as_deref()),
        (Place::Locks(scope), "GET") => locks::list(turn, scope),
        (Place::Lock { scope, name }, "GET") => locks::get(turn, scope, name),
        (Place::Lock { scope, name }, "PUT") => locks::put(turn, scope, name),
        (Place::Lock { scope, name }, "DELETE") => locks::delete(turn, scope, name),
        (Place::OperationResult(job), "GET") => group_deletion::operation_result(turn, job),
        (Place::Groups, "GET") => groups::list(turn),
        (Place::Group(name), "GET") => groups::get(turn, name),
        (Place::Group(name), "HEAD") => groups::head(turn, name),
        (Place::Group(name), "PUT") => groups::put(turn, name, check_writable),
        (Place::Group(name), "PATCH") => groups::patch(turn, name, check_writable),
        (Place::Group(name), "DELETE") => group_deletion::delete(turn, name, check_writable),
        (Place::Keys, "GET") => ssh_public_keys::list_all(turn),
        (Place::KeysOf(group), "GET") => ssh_public_keys::list_group(turn, group),
        (Place::Key(key), "GET") => ssh_public_keys::get(turn, key),
        (Place::Key(key), "PUT") => ssh_public_keys::put(turn, key, check_writable),
        (Place::Key(key), "PATCH") => ssh_public_keys::patch(turn, key, check_writable),
        (Place::Key(key), "DELETE") => ssh_public_keys::delete(turn, key, check_writable),
        (Place::GenerateKeyPair(key), "POST") => {
            generate::generate_key_pair(turn, key, check_writable).await
        }
        (Place::Elsewhere, _) => Err(no_such_type(turn)),
        _ => Err(not_supported(&method)),
    }
}

/// The subscription, if it exists and the token is of its tenant. With narrow rights a wrong subscription looks like a missing right
/// (Azure/azure-powershell#12115).
fn find_subscription<'a>(
    shared: &'a Shared,
    call: &Call,
    principal: &Principal,
    id: &str,
    place: &Place,
) -> Result<&'a Subscription, ArmError> {
    let Some(subscription) = shared
        .subscriptions
        .iter()
        .find(|known| known.id.eq_ignore_ascii_case(id))
    else {
        if auth::is_limited(shared, principal) {
            let action = if matches!(
                place,
                Place::Keys | Place::KeysOf(_) | Place::Key(_) | Place::GenerateKeyPair(_)
            ) {
                "Microsoft.Compute/sshPublicKeys/read"
            } else {
                "Microsoft.Resources/subscriptions/resourceGroups/read"
            };
            auth::authorize(shared, principal, action, &format!("/subscriptions/{id}"))?;
        }
        let message = format!("The subscription '{id}' could not be found.");
        return Err(ArmError::gateway(
            StatusCode::NOT_FOUND,
            "SubscriptionNotFound",
            message,
        ));
    };
    if subscription.tenant.eq_ignore_ascii_case(&principal.tenant) {
        Ok(subscription)
    } else {
        Err(auth::wrong_tenant(call, principal, &subscription.tenant))
    }
}

/// Whether a subscription takes writes, no lock forbids this one, and its provider is registered.
fn check_writable(
    shared: &Shared,
    subscription: &Subscription,
    id: &str,
    place: &Place,
    method: &Method,
) -> Result<(), ArmError> {
    let deed = match *method {
        Method::GET | Method::HEAD => return Ok(()),
        Method::DELETE => Deed::Delete,
        _ => Deed::Write,
    };
    writable(shared, subscription)?;
    let group = |group: &str| format!("/subscriptions/{id}/resourceGroups/{group}");
    let scope = match place {
        Place::Group(name) => group(name),
        Place::Key(key) | Place::GenerateKeyPair(key) => format!(
            "{}/providers/Microsoft.Compute/sshPublicKeys/{}",
            group(&key.group),
            key.name
        ),
        _ => format!("/subscriptions/{id}"),
    };
    locks::check(&shared.world(), deed, &scope)?;
    match place {
        Place::Key(_) | Place::GenerateKeyPair(_) => {
            providers::check_registered(shared, subscription)
        }
        _ => Ok(()),
    }
}

/// Status 409 unverified.
fn writable(shared: &Shared, subscription: &Subscription) -> Result<(), ArmError> {
    let state = shared.state_of(subscription);
    if !["Disabled", "Deleted", "Warned"]
        .iter()
        .any(|read_only| state.eq_ignore_ascii_case(read_only))
    {
        return Ok(());
    }
    let message = format!(
        "The subscription '{}' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it \
         is re-enabled.",
        subscription.id
    );
    Err(ArmError::gateway(
        StatusCode::CONFLICT,
        "ReadOnlyDisabledSubscription",
        message,
    ))
}

fn only(call: &Call, method: &Method) -> Result<(), ArmError> {
    if call.method == *method {
        Ok(())
    } else {
        Err(not_supported(&call.method))
    }
}

/// Text unverified.
fn not_supported(method: &Method) -> ArmError {
    ArmError::gateway(
        StatusCode::METHOD_NOT_ALLOWED,
        "HttpMethodNotSupported",
        format!("The http method '{method}' is not supported for a resource of this type."),
    )
}

/// Text unverified.
fn no_such_type(turn: &Turn<'_>) -> ArmError {
    let message = format!(
        "The resource type of '{}' could not be found for api version '{}'.",
        turn.call.info.path, turn.api_version
    );
    ArmError::gateway(StatusCode::NOT_FOUND, "InvalidResourceType", message)
}

/// The answer to a path that is neither Resource Manager's nor Entra's.
pub(crate) fn nowhere() -> Response<Bytes> {
    empty(StatusCode::NOT_FOUND)
}
