//! Resource providers: what a subscription can make, and whether it is registered for that.
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types>

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    auth,
    envelope::{ArmError, gateway_json},
    locations,
    turn::Turn,
    versions,
};
use crate::{config::Subscription, governance::RegistrationState, shared::Shared};

pub(crate) fn list(turn: &Turn<'_>) -> Result<Response<Bytes>, ArmError> {
    may_read_providers(turn)?;
    Ok(gateway_json(
        StatusCode::OK,
        &json!({"value": [resources(turn), compute(turn)?]}),
    ))
}

pub(crate) fn get(turn: &Turn<'_>, namespace: &str) -> Result<Response<Bytes>, ArmError> {
    may_read_providers(turn)?;
    Ok(gateway_json(StatusCode::OK, &body(turn, namespace)?))
}

/// Starts a registration, or takes it back. Resource Manager's own needs none and can't be taken back.
pub(crate) fn register(
    turn: &Turn<'_>,
    namespace: &str,
    register: bool,
) -> Result<Response<Bytes>, ArmError> {
    let verb = if register { "register" } else { "unregister" };
    let scope = format!("/subscriptions/{}", turn.subscription);
    let action = format!("{namespace}/{verb}/action");
    auth::authorize(turn.shared, &turn.principal, &action, &scope)?;
    body(turn, namespace)?;
    if is_compute(namespace) {
        let now = turn.shared.clock.now();
        let is_registered = state(turn)? == RegistrationState::Registered;
        let mut world = turn.world();
        if !register {
            let state = RegistrationState::NotRegistered;
            world.registrations.set(turn.subscription, state);
        } else if !is_registered {
            let takes = SignedDuration::from_secs(turn.shared.registration_seconds.into());
            let ends = now.saturating_add(takes).unwrap_or(now);
            world.registrations.start(turn.subscription, ends);
        }
    }
    Ok(gateway_json(StatusCode::OK, &body(turn, namespace)?))
}

/// Refuses writes of keys to a subscription that is not registered for them.
pub(crate) fn check_registered(
    shared: &Shared,
    subscription: &Subscription,
) -> Result<(), ArmError> {
    if shared.registration_of(subscription) == RegistrationState::Registered {
        return Ok(());
    }
    let message = "The subscription is not registered to use namespace 'Microsoft.Compute'. See https://aka.ms/rps-not-found for how to register subscriptions.";
    let code = "MissingSubscriptionRegistration";
    let error = ArmError::gateway(StatusCode::CONFLICT, code, message);
    Err(error.detail(code, "Microsoft.Compute", message.to_owned()))
}

fn state(turn: &Turn<'_>) -> Result<RegistrationState, ArmError> {
    let mut known = turn.shared.subscriptions.iter();
    known
        .find(|known| known.id == turn.subscription)
        .map(|known| turn.shared.registration_of(known))
        .ok_or_else(|| unknown("Microsoft.Compute"))
}

fn is_compute(namespace: &str) -> bool {
    namespace.eq_ignore_ascii_case("Microsoft.Compute")
}

fn body(turn: &Turn<'_>, namespace: &str) -> Result<Value, ArmError> {
    match namespace.to_ascii_lowercase().as_str() {
        "microsoft.compute" => compute(turn),
        "microsoft.resources" => Ok(resources(turn)),
        _ => Err(unknown(namespace)),
    }
}

fn unknown(namespace: &str) -> ArmError {
    let message = format!("The resource namespace '{namespace}' is invalid.");
    ArmError::gateway(StatusCode::NOT_FOUND, "InvalidResourceNamespace", message)
}

fn may_read_providers(turn: &Turn<'_>) -> Result<(), ArmError> {
    let scope = format!("/subscriptions/{}", turn.subscription);
    auth::authorize(
        turn.shared,
        &turn.principal,
        "Microsoft.Resources/subscriptions/providers/read",
        &scope,
    )
}

fn compute(turn: &Turn<'_>) -> Result<Value, ArmError> {
    Ok(provider(
        turn,
        "Microsoft.Compute",
        state(turn)?,
        &json!([{
            "resourceType": "sshPublicKeys",
            "locations": locations::ALL,
            "apiVersions": versions::SSH_PUBLIC_KEYS,
            "capabilities": "SupportsTags, SupportsLocation",
        }]),
    ))
}

fn resources(turn: &Turn<'_>) -> Value {
    let registered = RegistrationState::Registered;
    provider(turn, "Microsoft.Resources", registered, &json!([]))
}

fn provider(turn: &Turn<'_>, namespace: &str, state: RegistrationState, types: &Value) -> Value {
    json!({
        "id": format!("/subscriptions/{}/providers/{namespace}", turn.subscription),
        "namespace": namespace,
        "resourceTypes": types,
        "registrationState": state.as_str(),
        "registrationPolicy": "RegistrationRequired",
    })
}
