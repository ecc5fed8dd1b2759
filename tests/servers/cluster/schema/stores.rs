//! What an `AzureStore` can and can't be.

use dev::world::{CLIENT, SUBSCRIPTION, TENANT};

use super::apply::{Case, no_operator, refused, store, taken};

/// A GUID but for its last digit.
const GUID: &str = "00000000-0000-0000-0000-00000000000";

fn spec(ids: &str, auth: &str, defaults: &str) -> String {
    store(
        "x",
        &format!("{{{ids}, auth: {auth}, defaults: {defaults}}}"),
    )
}

fn ids() -> String {
    format!("subscriptionID: {SUBSCRIPTION}, tenantID: {TENANT}")
}

fn identity() -> String {
    format!("{{workloadIdentity: {{clientID: {CLIENT}}}}}")
}

fn defaults(defaults: &str) -> String {
    spec(&ids(), &identity(), defaults)
}

/// Identities that can't be.
fn identities() -> Vec<Case> {
    let ids = &ids();
    let one =
        "write exactly one of auth.clientSecret, auth.clientCertificate and auth.workloadIdentity";
    vec![
        (spec(ids, "{}", "{}"), one),
        (
            spec(
                ids,
                &format!(
                    "{{workloadIdentity: {{clientID: {CLIENT}}}, clientSecret: {{clientID: {CLIENT}, secretRef: {{name: a}}}}}}"
                ),
                "{}",
            ),
            one,
        ),
        (
            store("x", &format!("{{{ids}}}")),
            "spec.auth: Required value",
        ),
        (
            spec(
                ids,
                &format!("{{workloadIdentity: {{clientID: {GUID}g}}}}"),
                "{}",
            ),
            "a client ID is a GUID",
        ),
        (
            spec(
                ids,
                &format!("{{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: a b}}}}}}"),
                "{}",
            ),
            "no object can have this name",
        ),
        (
            spec(
                ids,
                &format!(
                    "{{clientCertificate: {{clientID: {CLIENT}, secretRef: {{name: a, key: a b}}}}}}"
                ),
                "{}",
            ),
            "no entry can have this key",
        ),
        (
            spec(
                ids,
                &format!("{{clientSecret: {{clientID: {GUID}g, secretRef: {{name: a}}}}}}"),
                "{}",
            ),
            "a client ID is a GUID",
        ),
        (
            spec(
                ids,
                &format!("{{clientSecret: {{clientID: {CLIENT}}}}}"),
                "{}",
            ),
            "secretRef: Required value",
        ),
        (
            spec(
                ids,
                &format!(
                    "{{clientSecret: {{clientID: {CLIENT}, secretRef: {{name: a, namespace: b}}}}}}"
                ),
                "{}",
            ),
            "field not declared in schema",
        ),
    ]
}

/// Subscriptions, tenants and clouds that can't be.
fn places() -> Vec<Case> {
    let (ids, identity) = (&ids(), &identity());
    vec![
        (
            spec(
                &format!("subscriptionID: {GUID}g, tenantID: {TENANT}"),
                identity,
                "{}",
            ),
            "a subscription's ID is a GUID, such as 00000000-0000-0000-0000-000000000000",
        ),
        (
            spec(
                &format!("subscriptionID: {SUBSCRIPTION}, tenantID: {GUID}g"),
                identity,
                "{}",
            ),
            "a tenant's ID is a GUID",
        ),
        (
            spec(
                &format!("subscriptionID: my-subscription, tenantID: {TENANT}"),
                identity,
                "{}",
            ),
            "a subscription's ID is a GUID, such as 00000000-0000-0000-0000-000000000000",
        ),
        (
            spec(&format!("{ids}, cloud: AzureStack"), identity, "{}"),
            r#""AzurePublic", "AzureUSGovernment", "AzureChina""#,
        ),
        (
            spec(
                &format!("{ids}, endpoint: 'https://localhost'"),
                identity,
                "{}",
            ),
            "field not declared in schema",
        ),
    ]
}

/// Defaults that can't be.
fn bad_defaults() -> Vec<Case> {
    let template =
        "beside {namespace} and {name}, nameTemplate has letters, digits, '-', '_' and '.'";
    vec![
        (
            defaults("{nameTemplate: '{namespace}'}"),
            "nameTemplate must contain {name}, or all keys of the store would have one name",
        ),
        (defaults("{nameTemplate: '{name}/{namespace}'}"), template),
        (defaults("{nameTemplate: '{name}-{cluster}'}"), template),
        (defaults("{nameTemplate: '{name}.'}"), template),
        (
            defaults("{location: West Europe}"),
            "westeurope, not West Europe",
        ),
        (
            defaults("{resourceGroup: {name: ends.}}"),
            "does not end with '.'",
        ),
        (
            defaults("{tags: {Sshkey-Operator-uid: v}}"),
            "tags that begin with sshkey-operator- are the operator's own",
        ),
    ]
}

#[tokio::test]
async fn a_store_that_can_not_be_is_refused_with_what_to_write_instead() {
    let world = no_operator().await;
    refused(&world, &[identities(), places(), bad_defaults()].concat()).await;
    let (ids, identity) = (&ids(), &identity());
    let all = "{resourceGroup: {name: rg, creationPolicy: IfMissing}, location: westeurope, tags: {a: b}, nameTemplate: 'k8s-{namespace}_{name}'}";
    let government = &format!("{ids}, cloud: AzureUSGovernment");
    taken(
        &world,
        &[
            defaults("{}"),
            spec(ids, identity, all),
            spec(government, identity, "{}").replace("name: x", "name: us"),
        ],
    )
    .await;
}
