//! What the API server itself refuses of a store of the cluster.

use dev::world::{CLIENT, SUBSCRIPTION, TENANT, World};
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::ClusterAzureStore;

use super::apply::{Case, no_operator, refused, taken};

/// A store in YAML's flow style; the control plane is shared, so that its name is one that no other test has.
fn store(auth: &str, more: &str) -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: ClusterAzureStore\nmetadata: {{name: of-the-schema}}\nspec: {{subscriptionID: {SUBSCRIPTION}, \
         tenantID: {TENANT}, auth: {auth}, {more}}}\n"
    )
}

fn tenants(tenants: &str) -> String {
    store("{ambient: {}}", &format!("tenants: {tenants}"))
}

fn named(template: &str) -> String {
    tenants(&format!(
        "{{namespaces: {{names: [a]}}, nameTemplate: '{template}'}}"
    ))
}

/// Every namespace may use it.
const OPEN: &str = "tenants: {namespaces: {names: ['*']}}";

/// Identities that can't be.
fn identities() -> Vec<Case> {
    let exactly_one = "write exactly one of auth.clientSecret, auth.clientCertificate, auth.workloadIdentity, auth.ambient and auth.managedIdentity";
    let identity = format!("{{clientID: {CLIENT}}}");
    vec![
        (store("{}", OPEN), exactly_one),
        (
            store("{ambient: {}, managedIdentity: {}}", OPEN),
            exactly_one,
        ),
        (
            store(
                &format!("{{workloadIdentity: {identity}, managedIdentity: {{}}}}"),
                OPEN,
            ),
            exactly_one,
        ),
        (
            store("{managedIdentity: {clientID: me}}", OPEN),
            "managedIdentity.clientID",
        ),
    ]
}

/// Tenants that can't be, and defaults that only they may have.
fn limits() -> Vec<Case> {
    let who = "say which namespaces may use the store";
    vec![
        (
            store("{ambient: {}}", "defaults: {location: westeurope}"),
            "spec.tenants",
        ),
        (tenants("{}"), "spec.tenants.namespaces"),
        (tenants("{namespaces: {}}"), who),
        (tenants("{namespaces: {names: []}}"), who),
        (tenants("{namespaces: {matchLabels: {}}}"), who),
        (
            tenants("{namespaces: {names: ['team-*']}}"),
            "patterns such as team-* are not supported",
        ),
        (
            tenants("{namespaces: {names: ['*']}, allow: [Everything]}"),
            "Unsupported value",
        ),
        (
            tenants("{namespaces: {names: ['*']}, resourceGroups: ['a/b']}"),
            "a resource group's name has letters",
        ),
        (
            store(
                "{ambient: {}}",
                &format!("{OPEN}, defaults: {{nameTemplate: 'x.{{namespace}}.{{name}}'}}"),
            ),
            "nameTemplate",
        ),
    ]
}

/// Templates of names by which two tenants could get one name.
fn templates() -> Vec<Case> {
    let both = "tenants.nameTemplate must contain {namespace} and {name}, once each";
    let signs = "beside {namespace} and {name}, nameTemplate has letters";
    let mut cases = Vec::new();
    for template in [
        "{name}",
        "{namespace}.x",
        "{namespace}{name}",
        "{namespace}-{name}",
        "{name}-{namespace}",
        "{namespace}.{name}.{name}",
        "{namespace}.{name}{other}",
        "fixed",
    ] {
        cases.push((named(template), both));
    }
    for template in [
        "{namespace}./{name}",
        "-{namespace}.{name}",
        "a b.{namespace}_{name}",
    ] {
        cases.push((named(template), signs));
    }
    cases
}

/// Stores that can be.
fn good() -> Vec<String> {
    let identity = format!("{{clientID: {CLIENT}}}");
    let mut good: Vec<String> = [
        "{namespace}.{name}",
        "{name}_{namespace}",
        "c1-{namespace}.x-{name}-k",
    ]
    .map(named)
    .into();
    good.push(store(
        "{managedIdentity: {}}",
        "tenants: {namespaces: {names: [a, b], matchLabels: {c: d}}, allow: [Adopt, Observe, CreateResourceGroup, CustomName]}",
    ));
    good.push(store(&format!("{{managedIdentity: {identity}}}"), OPEN));
    good
}

async fn what_keys_are_recorded_under_can_not_be_changed(world: &World) {
    let stores: Api<ClusterAzureStore> = Api::all(world.client().clone());
    let other = "44444444-4444-4444-8444-444444444444";
    for (change, words) in [
        (
            json!({ "subscriptionID": other }),
            "subscriptionID and tenantID can't be changed",
        ),
        (
            json!({ "tenantID": other }),
            "subscriptionID and tenantID can't be changed",
        ),
        (json!({ "cloud": "AzureChina" }), "cloud can't be changed"),
    ] {
        let patch = Patch::Merge(json!({ "spec": change }));
        let said = stores
            .patch("of-the-schema", &PatchParams::default(), &patch)
            .await
            .unwrap_err()
            .to_string();
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn a_store_of_the_cluster_that_can_not_be_is_refused_with_what_to_write_instead() {
    let world = no_operator().await;
    refused(&world, &[identities(), limits(), templates()].concat()).await;
    taken(&world, &good()).await;
    what_keys_are_recorded_under_can_not_be_changed(&world).await;
}
