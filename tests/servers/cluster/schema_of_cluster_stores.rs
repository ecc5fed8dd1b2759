//! What the API server itself refuses of a store of the cluster.

use dev::world::{CLIENT, SUBSCRIPTION, TENANT};
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;
use sshkey_operator::api::ClusterAzureStore;

use crate::cluster::schema_of_keys::{no_operator, refused, taken};

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

#[tokio::test]
async fn a_store_of_the_cluster_that_can_not_be_is_refused_with_what_to_write_instead() {
    let world = no_operator().await;
    let exactly_one = "write exactly one of auth.clientSecret, auth.clientCertificate, auth.workloadIdentity, auth.ambient and auth.managedIdentity";
    let who = "say which namespaces may use the store";
    let both = "tenants.nameTemplate must contain {namespace} and {name}, once each";
    let signs = "beside {namespace} and {name}, nameTemplate has letters";
    let open = "tenants: {namespaces: {names: ['*']}}";
    let identity = format!("{{clientID: {CLIENT}}}");
    let mut cases = vec![
        (store("{}", open), exactly_one),
        (
            store("{ambient: {}, managedIdentity: {}}", open),
            exactly_one,
        ),
        (
            store(
                &format!("{{workloadIdentity: {identity}, managedIdentity: {{}}}}"),
                open,
            ),
            exactly_one,
        ),
        (
            store("{managedIdentity: {clientID: me}}", open),
            "managedIdentity.clientID",
        ),
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
                &format!("{open}, defaults: {{nameTemplate: 'x.{{namespace}}.{{name}}'}}"),
            ),
            "nameTemplate",
        ),
    ];
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
    refused(&world, &cases).await;
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
    good.push(store(&format!("{{managedIdentity: {identity}}}"), open));
    taken(&world, &good).await;

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
