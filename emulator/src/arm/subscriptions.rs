//! Subscriptions and resource providers, as much of them as clients look at before they get to work.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{
    auth,
    envelope::{ArmError, gateway_json},
    locations,
    turn::Turn,
};
use crate::{config::Subscription, entra::Principal, shared::Shared};

pub(crate) fn list(shared: &Shared, principal: &Principal) -> Response<Bytes> {
    let seen = |subscription: &&Subscription| {
        subscription.tenant.eq_ignore_ascii_case(&principal.tenant)
            && auth::sees_subscription(shared, principal, &subscription.id)
    };
    let value: Vec<Value> = shared
        .subscriptions
        .iter()
        .filter(seen)
        .map(|one| body(shared, one))
        .collect();
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
    Ok(gateway_json(
        StatusCode::OK,
        &body(turn.shared, subscription),
    ))
}

fn body(shared: &Shared, subscription: &Subscription) -> Value {
    json!({
        "id": format!("/subscriptions/{}", subscription.id),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription.id,
        "tenantId": subscription.tenant,
        "displayName": subscription.name,
        "state": shared.state_of(subscription),
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
    })
}

/// The regions of the cloud, as `az account list-locations` reads them.
pub(crate) fn list_locations(turn: &Turn<'_>) -> Result<Response<Bytes>, ArmError> {
    if !auth::sees_subscription(turn.shared, &turn.principal, turn.subscription) {
        let scope = format!("/subscriptions/{}", turn.subscription);
        let action = "Microsoft.Resources/subscriptions/locations/read";
        auth::authorize(turn.shared, &turn.principal, action, &scope)?;
    }
    let location = |shown: &&str| {
        let name = locations::normalize(shown);
        json!({
            "id": format!("/subscriptions/{}/locations/{name}", turn.subscription),
            "name": name,
            "type": "Region",
            "displayName": shown,
            "regionalDisplayName": shown,
            "metadata": { "regionType": "Physical", "regionCategory": "Recommended" },
        })
    };
    let value: Vec<Value> = locations::ALL.iter().map(location).collect();
    Ok(gateway_json(StatusCode::OK, &json!({ "value": value })))
}
