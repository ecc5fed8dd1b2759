//! What `kubectl` shows of the kinds: their fields, their columns, and that nobody has looked at an object yet.

use dev::world::{CLIENT, SUBSCRIPTION, TENANT, World, WorldOptions};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray,
};
use kube::Api;
use sshkey_operator::api::{AzureStore, SshKey};

use super::apply::{no_operator, store};
use crate::manifests::key;

#[tokio::test]
async fn a_field_that_does_not_exist_is_refused_by_every_way_to_apply() {
    let world = no_operator().await;
    let manifest = key("x", "{azure: {resourcegroup: {name: a}}}");
    for args in [
        ["apply", "--server-side", "-f", "-"].as_slice(),
        ["apply", "-f", "-"].as_slice(),
        ["create", "--validate=strict", "-f", "-"].as_slice(),
    ] {
        let said = world
            .kubectl_with(args, &manifest)
            .await
            .expect_err("a typo is not dropped in silence");
        assert!(said.contains("resourcegroup"), "{args:?}: {said}");
    }
    assert!(world.api::<SshKey>().get_opt("x").await.unwrap().is_none());
}

/// Every field below a schema, as `kubectl explain` names it, with its description.
fn fields(schema: &JSONSchemaProps, path: &str, found: &mut Vec<(String, String)>) {
    for (name, inner) in schema.properties.iter().flatten() {
        let path = format!("{path}.{name}");
        found.push((path.clone(), inner.description.clone().unwrap_or_default()));
        fields(inner, &path, found);
        if let Some(JSONSchemaPropsOrArray::Schema(items)) = &inner.items {
            fields(items, &path, found);
        }
    }
}

#[tokio::test]
async fn kubectl_explains_every_field() {
    let world = no_operator().await;
    let crds: Api<CustomResourceDefinition> = Api::all(world.client().clone());
    for (crd, kind) in [
        ("sshkeys.sshkey-operator.io", "sshkey"),
        ("azurestores.sshkey-operator.io", "azurestore"),
        ("clusterazurestores.sshkey-operator.io", "clusterazurestore"),
    ] {
        let crd = crds.get(crd).await.unwrap();
        let schema = crd.spec.versions[0]
            .schema
            .as_ref()
            .unwrap()
            .open_api_v3_schema
            .as_ref()
            .unwrap();
        let mut found = Vec::new();
        fields(schema, kind, &mut found);
        assert!(found.len() > 15, "{found:?}");
        let silent: Vec<_> = found
            .iter()
            // These two are said to be what they are by every kind.
            .filter(|(path, _)| {
                !path.ends_with(".apiVersion")
                    && !path.ends_with(".kind")
                    && !path.ends_with(".metadata")
            })
            .filter(|(_, description)| description.len() < 10 || description.contains('`'))
            .collect();
        assert!(
            silent.is_empty(),
            "without a description that kubectl can print: {silent:?}"
        );
        // The API server describes a kind a moment after it serves it.
        let tree = world
            .until(format!("{kind} is described"), async || {
                world.kubectl(&["explain", kind, "--recursive"]).await
            })
            .await;
        for (path, _) in &found {
            let name = path.rsplit('.').next().unwrap();
            let shown = tree
                .lines()
                .any(|line| line.split_whitespace().next() == Some(name));
            assert!(shown, "{path} is missing in\n{tree}");
        }
    }
    for (path, words) in [
        (
            "sshkey.spec.source.generate.size",
            "RSA: 2048, 3072 (when absent), 4096 or 8192",
        ),
        ("sshkey.spec.azure.location", "such as westeurope"),
        ("azurestore.spec.auth.workloadIdentity", "workload identity"),
    ] {
        let page = world.kubectl(&["explain", path]).await.unwrap();
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            page.to_lowercase().contains(&words.to_lowercase()),
            "{path}: {page}"
        );
    }
}

#[tokio::test]
async fn nothing_looks_current_before_the_operator_has_looked_at_it() {
    let world = no_operator().await;
    world.apply(&key("web", "{azure: {}}")).await;
    let object = world.api::<SshKey>().get("web").await.unwrap();
    assert_eq!(object.status.unwrap().observed_generation, Some(-1));
    let wait = [
        "wait",
        "--for=condition=Ready",
        "--timeout=1s",
        "sshkey/web",
    ];
    let said = world
        .kubectl(&wait)
        .await
        .expect_err("no condition says that it is ready");
    assert!(said.contains("timed out"), "{said}");
    world.apply(&store("later", &format!("{{subscriptionID: {SUBSCRIPTION}, tenantID: {TENANT}, auth: {{workloadIdentity: {{clientID: {CLIENT}}}}}}}"))).await;
    let object = world.api::<AzureStore>().get("later").await.unwrap();
    assert_eq!(object.status.unwrap().observed_generation, Some(-1));
}

fn columns(table: &str) -> Vec<&str> {
    table
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect()
}

#[tokio::test]
async fn kubectl_get_shows_how_keys_stand() {
    let world = World::start(WorldOptions::new()).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let status = world.wait_ready("web").await.status.unwrap();
    world
        .kubectl(&[
            "wait",
            "--for=condition=Ready",
            "--timeout=10s",
            "sshkey/web",
        ])
        .await
        .unwrap();
    let plain = [
        "NAME",
        "READY",
        "REASON",
        "ALGORITHM",
        "PUBLISHED",
        "ROTATES",
        "SECRET",
        "AGE",
    ];
    let table = world.kubectl(&["get", "sshkeys"]).await.unwrap();
    assert_eq!(columns(&table), plain);
    let widest = table.lines().map(str::len).max();
    assert!(widest.is_some_and(|widest| widest <= 100), "{table}");
    // Nothing stands under ROTATES, as long as there is no spec.rotation.
    let row: Vec<&str> = table.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(
        row[..6],
        ["web", "True", "UpToDate", "Ed25519", "True", "web"]
    );
    let short = world.kubectl(&["get", "sshk"]).await.unwrap();
    assert_eq!(columns(&short), plain);
    let wide = world
        .kubectl(&["get", "sshkeys", "-o", "wide"])
        .await
        .unwrap();
    assert_eq!(
        columns(&wide),
        [
            "NAME",
            "READY",
            "REASON",
            "ALGORITHM",
            "PUBLISHED",
            "ROTATES",
            "SECRET",
            "FINGERPRINT",
            "PENDING",
            "AZURE",
            "MESSAGE",
            "AGE"
        ]
    );
    assert!(
        wide.contains(status.fingerprint.as_deref().unwrap()),
        "{wide}"
    );
    assert!(wide.contains(&status.azure.unwrap().resource_id), "{wide}");
    let both = world.kubectl(&["get", "ssh"]).await.unwrap();
    assert!(
        both.contains("sshkey.sshkey-operator.io/web")
            && both.contains("azurestore.sshkey-operator.io/default"),
        "{both}"
    );
}
