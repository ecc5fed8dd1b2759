//! Manifests of the stores of a namespace, and how such a store stands.

use dev::world::{
    CLIENT, CREDENTIALS, LOCATION, Part, RESOURCE_GROUP, SUBSCRIPTION, TENANT, World, WorldOptions,
};
use sshkey_operator::api::{AzureStore, ConditionType, Reason, condition::find};

pub(crate) fn store_in(tenant: &str, name: &str, auth: &str) -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: {name}}}\nspec: {{subscriptionID: {SUBSCRIPTION}, \
         tenantID: {tenant}, auth: {auth}, defaults: {{resourceGroup: {{name: {RESOURCE_GROUP}}}, location: {LOCATION}}}}}\n"
    )
}

pub(crate) fn store(name: &str, auth: &str) -> String {
    store_in(TENANT, name, auth)
}

pub(crate) fn client_secret() -> String {
    format!("{{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: {CREDENTIALS}}}}}}}")
}

pub(crate) fn credentials(entry: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: {CREDENTIALS}}}\nstringData: {{{entry}: '{value}'}}\n"
    )
}

pub(crate) async fn no_store() -> World {
    World::start(WorldOptions::new().without(Part::Store)).await
}

/// Waits until the store says why it is not ready, and returns its words. Exactly one of Stalled and Reconciling is there.
pub(crate) async fn wait_not_ready(
    world: &World,
    name: &str,
    reason: Reason,
    stalled: bool,
) -> String {
    let store: AzureStore = world
        .wait_condition(name, ConditionType::Ready, "False", reason)
        .await;
    let conditions = store.status.unwrap().conditions;
    let (expected, other) = if stalled {
        (ConditionType::Stalled, ConditionType::Reconciling)
    } else {
        (ConditionType::Reconciling, ConditionType::Stalled)
    };
    assert!(
        find(&conditions, expected).is_some() && find(&conditions, other).is_none(),
        "{conditions:?}"
    );
    find(&conditions, ConditionType::Ready)
        .unwrap()
        .message
        .clone()
}

pub(crate) async fn wait_issued(world: &World, name: &str) -> AzureStore {
    world
        .wait_condition(name, ConditionType::Ready, "True", Reason::TokenIssued)
        .await
}
