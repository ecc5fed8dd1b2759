//! The Azure of a test: one tenant, one subscription, one application that may do everything in it.

use arm_emulator::{Application, Config, Tenant};

/// The tenant.
pub const TENANT: &str = "11111111-1111-4111-8111-111111111111";
/// The application's client ID.
pub const CLIENT: &str = "22222222-2222-4222-8222-222222222222";
/// The subscription.
pub const SUBSCRIPTION: &str = "33333333-3333-4333-8333-333333333333";
/// A client secret of the application.
pub const CLIENT_SECRET: &str = "not-a-real-secret";
/// The Secret that holds [`CLIENT_SECRET`].
pub const CREDENTIALS: &str = "azure-credentials";
/// The default resource group of the store.
pub const RESOURCE_GROUP: &str = "rg-test";
/// The default location of the store.
pub const LOCATION: &str = "westeurope";

/// The ARM id of a key in the default group.
pub fn resource_id(name: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}/providers/Microsoft.Compute/sshPublicKeys/{name}"
    )
}

/// An emulator that takes the client secret, and tokens of the operator's account for Azure in `namespace`.
pub(super) fn config(namespace: &str, issuer: &str, issuer_ca: &str) -> Config {
    let subject = format!("system:serviceaccount:{namespace}:sshkey-operator-azure");
    let application = Application::new(CLIENT).secret(CLIENT_SECRET).federated(
        issuer,
        subject,
        "api://AzureADTokenExchange",
    );
    Config::default()
        .tenant(Tenant::new(TENANT).application(application))
        .subscription(SUBSCRIPTION, TENANT)
        .issuer(issuer, issuer_ca)
}

/// The store `default` with its credentials.
pub(super) fn store() -> String {
    format!(
        "
apiVersion: v1
kind: Secret
metadata: {{name: {CREDENTIALS}}}
stringData: {{clientSecret: {CLIENT_SECRET}}}
---
apiVersion: sshkey-operator.io/v1alpha1
kind: AzureStore
metadata: {{name: default}}
spec:
  subscriptionID: {SUBSCRIPTION}
  tenantID: {TENANT}
  auth:
    clientSecret: {{clientID: {CLIENT}, secretRef: {{name: {CREDENTIALS}}}}}
  defaults:
    resourceGroup: {{name: {RESOURCE_GROUP}}}
    location: {LOCATION}
"
    )
}
