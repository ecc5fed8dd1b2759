//! Subscriptions and resource providers, as much of them as clients look at before they get to work.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{
    auth,
    envelope::{ArmError, gateway_json},
    locations,
    turn::Turn,
    versions,
};
use crate::{config::Subscription, entra::Principal, shared::Shared};

pub(crate) fn list(shared: &Shared, principal: &Principal) -> Response<Bytes> {
    let seen = |subscription: &&Subscription| {
        subscription.tenant.eq_ignore_ascii_case(&principal.tenant)
            && auth::sees_subscription(shared, principal, &subscription.id)
    };
    let value: Vec<Value> = shared.subscriptions.iter().filter(seen).map(body).collect();
    let count = json!({"type": "Total", "value": value.len()});
    gateway_json(StatusCode::OK, &json!({"value": value, "count": count}))
}

pub(crate) fn get(
    turn: &Turn<'_>,
    subscription: &Subscription,
) -> Result<Response<Bytes>, ArmError> {
    if !auth::sees_subscription(turn.shared, &turn.principal, &subscription.id) {
        let scope = format!("/subscriptions/{}", subscription.id);
        auth::authorize(
            turn.shared,
            &turn.principal,
            "Microsoft.Resources/subscriptions/read",
            &scope,
        )?;
    }
    Ok(gateway_json(StatusCode::OK, &body(subscription)))
}

fn body(subscription: &Subscription) -> Value {
    json!({
        "id": format!("/subscriptions/{}", subscription.id),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription.id,
        "tenantId": subscription.tenant,
        "displayName": subscription.name,
        "state": subscription.state,
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
    })
}

pub(crate) fn list_providers(turn: &Turn<'_>) -> Result<Response<Bytes>, ArmError> {
    may_read_providers(turn)?;
    Ok(gateway_json(
        StatusCode::OK,
        &json!({"value": [resources(turn), compute(turn)]}),
    ))
}

pub(crate) fn get_provider(turn: &Turn<'_>, namespace: &str) -> Result<Response<Bytes>, ArmError> {
    may_read_providers(turn)?;
    let body = match namespace.to_ascii_lowercase().as_str() {
        "microsoft.compute" => compute(turn),
        "microsoft.resources" => resources(turn),
        _ => {
            let message = format!("The resource namespace '{namespace}' is invalid.");
            return Err(ArmError::gateway(
                StatusCode::NOT_FOUND,
                "InvalidResourceNamespace",
                message,
            ));
        }
    };
    Ok(gateway_json(StatusCode::OK, &body))
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

fn compute(turn: &Turn<'_>) -> Value {
    provider(
        turn,
        "Microsoft.Compute",
        &json!([{
            "resourceType": "sshPublicKeys",
            "locations": locations::ALL,
            "apiVersions": versions::SSH_PUBLIC_KEYS,
            "capabilities": "SupportsTags, SupportsLocation",
        }]),
    )
}

fn resources(turn: &Turn<'_>) -> Value {
    provider(turn, "Microsoft.Resources", &json!([]))
}

fn provider(turn: &Turn<'_>, namespace: &str, types: &Value) -> Value {
    json!({
        "id": format!("/subscriptions/{}/providers/{namespace}", turn.subscription),
        "namespace": namespace,
        "resourceTypes": types,
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
    })
}
