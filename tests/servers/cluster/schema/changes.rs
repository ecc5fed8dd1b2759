//! What of an object can't be changed, and says so.

use dev::world::World;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use sshkey_operator::api::{AzureStore, SshKey};

use super::apply::{no_operator, store};
use crate::manifests::key;

/// An object, a change to its spec, and what is said of it; nothing when it is allowed.
type Change = (&'static str, Value, Option<&'static str>);

async fn change<K>(world: &World, make: impl Fn(&str, &str) -> String, cases: Vec<Change>)
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>
        + Clone
        + std::fmt::Debug
        + serde::de::DeserializeOwned,
{
    let mut wrong = Vec::new();
    for (number, (before, spec, words)) in cases.into_iter().enumerate() {
        let name = format!("change-{number}");
        world.apply(&make(&name, before)).await;
        let patch = Patch::Merge(json!({ "spec": spec }));
        let result = world
            .api::<K>()
            .patch(&name, &PatchParams::default(), &patch)
            .await;
        match (result, words) {
            (Ok(_), None) => {}
            (Err(error), Some(words)) if error.to_string().contains(words) => {}
            (result, words) => {
                let said = result.map_or_else(|error| error.to_string(), |_| "taken".to_owned());
                wrong.push(format!("{before} + {spec}: should be {words:?}: {said}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Changes of where the key comes from and where it is kept.
fn of_source_and_secret() -> Vec<Change> {
    let source = None;
    let kind = Some("the kind of source can't be changed: create a new SshKey");
    let secret = Some("secret.name can't be changed yet");
    let rsa = json!({ "source": { "generate": { "algorithm": "RSA" } } });
    vec![
        ("{}", rsa.clone(), source),
        ("{source: {generate: {algorithm: Ed25519}}}", rsa, source),
        (
            "{source: {generate: {algorithm: RSA}}}",
            json!({ "source": { "generate": { "size": 4096 } } }),
            source,
        ),
        (
            "{source: {generate: {comment: a}}}",
            json!({ "source": { "generate": { "comment": "b" } } }),
            source,
        ),
        (
            "{source: {generate: {algorithm: RSA}}}",
            json!({ "source": null }),
            source,
        ),
        ("{}", json!({ "secret": { "name": "other" } }), secret),
        (
            "{secret: {name: a}}",
            json!({ "secret": { "name": "b" } }),
            secret,
        ),
        ("{secret: {name: a}}", json!({ "secret": null }), secret),
        (
            "{}",
            json!({ "source": { "publicKey": { "value": "ssh-ed25519 AAAA" } } }),
            kind,
        ),
        (
            "{source: {azureKey: {}}, azure: {}}",
            json!({ "source": null }),
            kind,
        ),
        (
            "{source: {privateKey: {secretRef: {name: a, key: b}}}, secret: {}}",
            json!({ "secret": null }),
            Some("secret can't be taken away from an imported key"),
        ),
        (
            "{source: {privateKey: {secretRef: {name: a, key: b}}}}",
            json!({ "source": { "privateKey": { "secretRef": { "name": "c" } } } }),
            None,
        ),
        (
            "{outputs: [{name: a, pem: {}}]}",
            json!({ "outputs": [{ "name": "a", "publicSecret": {} }] }),
            None,
        ),
        (
            "{source: {generate: {algorithm: ECDSA}}}",
            json!({ "azure": {} }),
            Some("Azure's SSH key store takes no ECDSA key"),
        ),
    ]
}

/// Changes of the place in Azure.
fn of_place() -> Vec<Change> {
    vec![
        // What may be changed.
        (
            "{azure: {}}",
            json!({ "azure": { "storeRef": { "name": "other" } } }),
            None,
        ),
        (
            "{azure: {storeRef: {name: a}}}",
            json!({ "azure": { "storeRef": null } }),
            None,
        ),
        (
            "{azure: {storeRef: {name: a}}}",
            json!({ "azure": { "storeRef": { "kind": "ClusterAzureStore" } } }),
            None,
        ),
        (
            "{azure: {storeRef: {kind: ClusterAzureStore, name: a}}}",
            json!({ "azure": { "storeRef": { "kind": null } } }),
            None,
        ),
        (
            "{azure: {storeRef: {name: a}}}",
            json!({ "azure": { "storeRef": { "kind": "AzureStore" } } }),
            None,
        ),
        (
            "{azure: {name: a}}",
            json!({ "azure": { "name": "b" } }),
            None,
        ),
        ("{azure: {}}", json!({ "azure": { "name": "b" } }), None),
        (
            "{azure: {resourceGroup: {name: a}}}",
            json!({ "azure": { "resourceGroup": { "name": "b" } } }),
            None,
        ),
        (
            "{azure: {resourceGroup: {name: a}}}",
            json!({ "azure": { "resourceGroup": null } }),
            None,
        ),
        (
            "{azure: {location: westeurope}}",
            json!({ "azure": { "location": "northeurope" } }),
            None,
        ),
        (
            "{azure: {}}",
            json!({ "azure": { "location": "northeurope" } }),
            None,
        ),
        (
            "{azure: {location: westeurope}}",
            json!({ "azure": { "location": null } }),
            None,
        ),
        (
            "{azure: {resourceGroup: {name: a}}}",
            json!({ "azure": { "resourceGroup": { "creationPolicy": "IfMissing" } } }),
            None,
        ),
        (
            "{}",
            json!({ "azure": { "name": "a", "location": "westeurope", "resourceGroup": { "name": "a" } } }),
            None,
        ),
        (
            "{azure: {name: a, location: westeurope}}",
            json!({ "azure": null }),
            None,
        ),
    ]
}

/// Changes of tags and policies, and of whether anything is done at all.
fn of_tags_and_policies() -> Vec<Change> {
    vec![
        (
            "{azure: {tags: {a: b}}}",
            json!({ "azure": { "tags": { "a": "c", "d": "e" } } }),
            None,
        ),
        (
            "{azure: {tags: {a: b}}}",
            json!({ "azure": { "tags": null } }),
            None,
        ),
        (
            "{azure: {}}",
            json!({ "azure": { "deletionPolicy": "Retain" } }),
            None,
        ),
        (
            "{}",
            json!({ "secret": { "deletionPolicy": "Delete", "conflictPolicy": "Adopt" } }),
            None,
        ),
        ("{}", json!({ "suspend": true }), None),
        ("{suspend: true}", json!({ "suspend": false }), None),
    ]
}

/// Changes of a store.
fn of_store() -> Vec<Change> {
    let ids = Some(
        "subscriptionID and tenantID can't be changed, since keys are recorded under them: create a new store",
    );
    let cloud = Some("cloud can't be changed, since keys are recorded in it: create a new store");
    let plain = "{subscriptionID: 33333333-3333-4333-8333-333333333333, tenantID: 11111111-1111-4111-8111-111111111111, auth: {workloadIdentity: {clientID: 22222222-2222-4222-8222-222222222222}}}";
    let other = "44444444-4444-4444-8444-444444444444";
    let secret = json!({ "clientID": other, "secretRef": { "name": "a" } });
    vec![
        (plain, json!({ "subscriptionID": other }), ids),
        (plain, json!({ "tenantID": other }), ids),
        (plain, json!({ "cloud": "AzureChina" }), cloud),
        (plain, json!({ "cloud": "AzurePublic" }), None),
        (
            plain,
            json!({ "auth": { "workloadIdentity": { "clientID": other } } }),
            None,
        ),
        (
            plain,
            json!({ "auth": { "workloadIdentity": null, "clientSecret": secret } }),
            None,
        ),
        (
            plain,
            json!({ "defaults": { "location": "westeurope", "tags": { "a": "b" }, "resourceGroup": { "name": "a" } } }),
            None,
        ),
    ]
}

#[tokio::test]
async fn what_can_not_be_changed_says_so_and_the_rest_can_be() {
    let world = no_operator().await;
    let cases = [of_source_and_secret(), of_place(), of_tags_and_policies()];
    change::<SshKey>(&world, key, cases.concat()).await;
    change::<AzureStore>(&world, store, of_store()).await;
}
