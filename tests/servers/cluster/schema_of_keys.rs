//! What the API server itself refuses, what it lets be changed, and what `kubectl` shows of the kinds.

use dev::world::{CLIENT, Part, SUBSCRIPTION, TENANT, World, WorldOptions};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray,
};
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use sshkey_operator::api::{AzureStore, SshKey};

use crate::manifests::key;

fn store(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

pub(crate) async fn no_operator() -> World {
    World::start(
        WorldOptions::new()
            .without(Part::Operator)
            .without(Part::Store),
    )
    .await
}

/// Applies each and collects what was taken, or refused in other words: a table tells all of its faults at once.
pub(crate) async fn refused(world: &World, cases: &[(String, &str)]) {
    let mut wrong = Vec::new();
    for (yaml, words) in cases {
        match world.try_apply(yaml).await {
            Ok(()) => wrong.push(format!("taken: {yaml}")),
            Err(error) => {
                let said = format!("{error:#}");
                if !said.contains(words) {
                    wrong.push(format!("{yaml}  should say: {words}\n  said: {said}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub(crate) async fn taken(world: &World, cases: &[String]) {
    for yaml in cases {
        world.apply(yaml).await;
    }
}

#[tokio::test]
async fn a_name_of_the_secret_may_be_written_as_what_it_is_anyway_and_left_out_again() {
    let world = no_operator().await;
    let cases = ["{}", "{secret: {name: same}}", "{}"];
    taken(&world, &cases.map(|spec| key("same", spec))).await;
}

#[tokio::test]
async fn a_key_that_can_not_be_is_refused_with_what_to_write_instead() {
    let world = no_operator().await;
    let generate = |generate: &str| key("x", &format!("{{source: {{generate: {generate}}}}}"));
    let azure = |azure: &str| key("x", &format!("{{azure: {azure}}}"));
    let tags = |count: usize| {
        let tags: Vec<String> = (0..count).map(|number| format!("t{number}: v")).collect();
        azure(&format!("{{tags: {{{}}}}}", tags.join(", ")))
    };
    let tag = |name: &str, value: &str| {
        azure(&format!("{{tags: {{{}: {}}}}}", json!(name), json!(value)))
    };
    let forbidden = "a tag's name has 1 to 512 characters and none of < > % & \\ ? /";
    let reserved =
        "tags that begin with sshkey-operator- are the operator's own: choose another name";
    let azure_name = "a key's name in Azure has letters, digits, '-', '_' and '.', and begins and ends with a letter or a digit";
    let output = |outputs: &str| key("x", &format!("{{outputs: [{outputs}]}}"));
    let kept_there = "spec.outputs: Invalid value";
    let rotation_needs = "a rotation keeps the next key in the Secret with -next after its name";
    let ssh_url = "Argo CD uses an SSH key for SSH only: write argoCD.url as git@HOST:PATH";
    let one_shape = "an output has exactly one of sshAuth, pem, flux, argoCD, kubeVirt, publicSecret and publicConfigMap";
    let secret_name = "a Secret's name has lower-case letters, digits, '-' and '.'";
    let location = "write the location by its short name, lower-case and without spaces: westeurope, not West Europe";
    let group = "a resource group's name has letters, digits, '-', '_', '.' and parentheses, and does not end with '.'";
    let cases = [
        (
            generate("{algorithm: DSA}"),
            r#"supported values: "Ed25519", "RSA", "ECDSA""#,
        ),
        (
            generate("{algorithm: rsa}"),
            r#"supported values: "Ed25519", "RSA", "ECDSA""#,
        ),
        (
            generate("{algorithm: RSA, size: 1024}"),
            "an RSA key has a size of 2048, 3072, 4096 or 8192 bits",
        ),
        (
            generate("{algorithm: RSA, size: 384}"),
            "an RSA key has a size of 2048, 3072, 4096 or 8192 bits",
        ),
        (
            generate("{algorithm: ECDSA, size: 512}"),
            "an ECDSA key has a size of 256, 384 or 521 bits",
        ),
        (
            generate("{algorithm: RSA, size: 16384}"),
            "should be less than or equal to 8192",
        ),
        (
            generate("{algorithm: ECDSA, size: 224}"),
            "should be greater than or equal to 256",
        ),
        (
            generate("{algorithm: Ed25519, size: 256}"),
            "an Ed25519 key has only one size: leave size out",
        ),
        (
            generate("{size: 2048}"),
            "an Ed25519 key has only one size: leave size out, or write algorithm: RSA",
        ),
        (
            generate("{comment: two words}"),
            "a comment may hold letters, digits and @ . _ + - only",
        ),
        (
            generate(r#"{comment: "one\ntwo"}"#),
            "a comment may hold letters, digits and @ . _ + - only",
        ),
        (
            generate(r#"{comment: "end\n"}"#),
            "a comment may hold letters, digits and @ . _ + - only",
        ),
        (
            generate(&format!("{{comment: {}}}", "c".repeat(129))),
            "may not be more than 128",
        ),
        (
            key("x", "{source: {generate: {algorithm: ECDSA}}, azure: {}}"),
            "Azure's SSH key store takes no ECDSA key: write algorithm: Ed25519 or algorithm: RSA, or leave azure out",
        ),
        (
            key("x", "{source: {generate: {}, azureKey: {}}, azure: {}}"),
            "write at most one of source.generate, source.privateKey, source.publicKey and source.azureKey",
        ),
        (
            key("x", "{source: {publicKey: {}}}"),
            "write exactly one of publicKey.value, publicKey.secretRef and publicKey.configMapRef",
        ),
        (
            key(
                "x",
                r#"{source: {publicKey: {value: "-----BEGIN OPENSSH PRIVATE KEY-----"}}}"#,
            ),
            "publicKey.value takes a public key, and this is a private one",
        ),
        (
            key("x", "{source: {publicKey: {value: a}}, secret: {}}"),
            "bring no private key that could be kept: leave secret out",
        ),
        (
            key(
                "x",
                "{rotation: {every: 10h, activation: Delayed, delay: 9h}}",
            ),
            "spec.rotation.delay: Invalid value",
        ),
        (
            key(
                "x",
                "{rotation: {every: 10h, activation: Delayed, delay: 9h}}",
            ),
            "rotation.delay must be shorter than nine tenths of rotation.every",
        ),
        (
            azure("{tags: {Env: a, env: b}}"),
            "Azure takes tags whose names differ only by case for one tag",
        ),
        (
            key("x", "{source: {azureKey: {}}}"),
            "source.azureKey follows a key that is in Azure: write azure",
        ),
        (
            key("x", "{source: {azureKey: {}}, azure: {tags: {a: b}}}"),
            "with source.azureKey nothing is written to Azure",
        ),
        (output("{name: a}"), one_shape),
        (output("{name: a, pem: {}, kubeVirt: {}}"), one_shape),
        (
            output("{name: A, pem: {}}"),
            "an output's name has lower-case letters",
        ),
        (
            output(&format!(
                "{{name: a, flux: {{knownHosts: {}}}}}, {{name: b, sshAuth: {{knownHosts: hosts}}}}",
                "h".repeat(32_764)
            )),
            "knownHosts has at most 32768 bytes, in all outputs together",
        ),
        (
            key(
                "x",
                "{source: {privateKey: {secretRef: {name: ../../kube-system/secrets/x, key: k}}}}",
            ),
            "no object can have this name",
        ),
        (
            key(
                "x",
                "{source: {publicKey: {configMapRef: {name: 'a?watch=true', key: k}}}}",
            ),
            "no object can have this name",
        ),
        (
            key(
                "x",
                "{source: {privateKey: {secretRef: {name: a, key: a/b}}}}",
            ),
            "no entry can have this key",
        ),
        (
            azure("{storeRef: {name: my store}}"),
            "no object can have this name",
        ),
        (
            output("{name: a, pem: {}}, {name: a, kubeVirt: {}}"),
            "duplicate entries for key",
        ),
        (output("{name: a, flux: {}}"), "knownHosts: Required value"),
        (output("{name: a, argoCD: {}}"), "url: Required value"),
        (output("{name: a, argoCD: {url: 'git@a: b'}}"), ssh_url),
        (
            output("{name: a, argoCD: {url: 'https://jo@a/b'}}"),
            ssh_url,
        ),
        (output("{name: a, argoCD: {url: a.example.com}}"), ssh_url),
        (
            output("{name: a, argoCD: {url: 'git@a:b', type: RepositoryCredentials, project: p}}"),
            "Argo CD reads argoCD.project and argoCD.insecure of a Repository only",
        ),
        (
            output(
                "{name: a, argoCD: {url: 'git@a:b', type: RepositoryCredentials, insecure: false}}",
            ),
            "Argo CD reads argoCD.project and argoCD.insecure of a Repository only",
        ),
        (
            output("{name: a, flux: {knownHosts: '-----BEGIN RSA PRIVATE KEY-----'}}"),
            "knownHosts takes public host keys, and this is a private key",
        ),
        (
            output("{name: a, sshAuth: {knownHosts: '-----BEGIN OPENSSH PRIVATE KEY-----'}}"),
            "knownHosts takes public host keys, and this is a private key",
        ),
        (output("{name: x, pem: {}}"), kept_there),
        (output("{name: x-next, pem: {}}"), rotation_needs),
        (
            output("{name: x-previous, publicSecret: {}}"),
            rotation_needs,
        ),
        (
            key(
                "x",
                "{secret: {name: a}, outputs: [{name: a-next, pem: {}}]}",
            ),
            rotation_needs,
        ),
        (
            key(
                "x",
                "{secret: {name: a}, outputs: [{name: b, pem: {}}, {name: a, kubeVirt: {}}]}",
            ),
            kept_there,
        ),
        (
            key(
                "x",
                "{source: {privateKey: {secretRef: {name: b, key: k}}}, secret: {}, outputs: [{name: x, pem: {}}]}",
            ),
            kept_there,
        ),
        (
            key(
                "x",
                "{source: {privateKey: {secretRef: {name: b, key: k}}}, outputs: [{name: b, publicSecret: {}}]}",
            ),
            "the Secret that the key is imported from (source.privateKey.secretRef.name) has the name of one of the outputs",
        ),
        (
            key(
                "x",
                "{source: {publicKey: {value: a}}, outputs: [{name: a, pem: {}}]}",
            ),
            "bring no private key: write outputs of the kinds kubeVirt, publicSecret and publicConfigMap only",
        ),
        (key("x", "{secret: {name: Upper}}"), secret_name),
        (key("x", "{secret: {name: -a}}"), secret_name),
        (key("x", "{secret: {name: a/b}}"), secret_name),
        (key("x", r#"{secret: {name: "a\n"}}"#), secret_name),
        (
            key("x", r#"{secret: {name: ""}}"#),
            "should be at least 1 chars long",
        ),
        (
            key("x", &format!("{{secret: {{name: {}}}}}", "a".repeat(254))),
            "may not be more than 253",
        ),
        (
            key("x", "{secret: {conflictPolicy: Overwrite}}"),
            r#"supported values: "Refuse", "Adopt""#,
        ),
        (
            key("x", "{secret: {deletionPolicy: Keep}}"),
            r#"supported values: "Delete", "Retain""#,
        ),
        (azure("{name: a/b}"), azure_name),
        (azure("{name: .a}"), azure_name),
        (azure("{name: a-}"), azure_name),
        (azure("{name: key with space}"), azure_name),
        (
            azure(&format!("{{name: {}}}", "a".repeat(129))),
            "may not be more than 128",
        ),
        (
            azure(r#"{storeRef: {name: ""}}"#),
            "should be at least 1 chars long",
        ),
        (
            azure("{storeRef: {}}"),
            "spec.azure.storeRef.name: Required value",
        ),
        (azure("{resourceGroup: {name: ends.}}"), group),
        (azure("{resourceGroup: {name: a/b}}"), group),
        (
            azure(&format!("{{resourceGroup: {{name: {}}}}}", "a".repeat(91))),
            "may not be more than 90",
        ),
        (
            azure("{resourceGroup: {creationPolicy: Always}}"),
            r#"supported values: "Never", "IfMissing""#,
        ),
        (azure("{location: West Europe}"), location),
        (azure("{location: WestEurope}"), location),
        (
            azure("{deletionPolicy: Orphan}"),
            r#"supported values: "Delete", "Retain""#,
        ),
        (tags(46), "must have at most 45 items"),
        (tag(&"n".repeat(513), "v"), forbidden),
        (tag("", "v"), forbidden),
        (tag("a<b", "v"), forbidden),
        (tag("50%", "v"), forbidden),
        (tag("a\\b", "v"), forbidden),
        (tag("a/b", "v"), forbidden),
        (tag("a?b", "v"), forbidden),
        (tag("a&b", "v"), forbidden),
        (tag("a>b", "v"), forbidden),
        (tag("sshkey-operator-uid", "v"), reserved),
        (tag("SSHKey-Operator-anything", "v"), reserved),
        (tag("team", &"v".repeat(257)), "may not be more than 256"),
        (
            key(
                "x",
                "{secret: {deletionPolicy: Delete}, azure: {deletionPolicy: Retain}}",
            ),
            "would leave a public key in Azure that nobody can use: write secret.deletionPolicy: Retain, or azure.deletionPolicy: Delete",
        ),
        (
            key(&"n".repeat(129), "{}"),
            "metadata.name may have at most 128 characters",
        ),
        (key("x", "{sources: {}}"), "field not declared in schema"),
        (
            azure("{storeRef: {name: a, namespace: other}}"),
            "field not declared in schema",
        ),
    ];
    refused(&world, &cases).await;
    // The same bounds from the other side.
    let longest = json!({ "azure": { "name": "a".repeat(128), "tags": { "n".repeat(512): "v".repeat(256) } } });
    let cases = [
        key(&"n".repeat(128), &longest.to_string()),
        tags(45),
        key(
            "rsa",
            "{source: {generate: {algorithm: RSA, size: 8192, comment: a.b_c+d@e-f}}, azure: {}}",
        ),
        key(
            "ecdsa",
            "{source: {generate: {algorithm: ECDSA, size: 521}}}",
        ),
        key(
            "names",
            "{secret: {name: a.b-c}, azure: {name: A_b.c-9, resourceGroup: {name: (A)_b.c-}, location: westeurope}}",
        ),
        key("nothing", "{}"),
        // A ConfigMap takes no Secret's name.
        key(
            "map",
            "{outputs: [{name: map, publicConfigMap: {}}, {name: argo, argoCD: {url: 'ssh://git@a.example.com:2222/b', project: p, insecure: true}}]}",
        ),
        key(
            "given",
            "{source: {privateKey: {secretRef: {name: b, key: k}}}, outputs: [{name: given, pem: {}}]}",
        ),
        key(
            "long-hosts",
            &json!({ "outputs": (0..16).map(|n| json!({ "name": format!("{n}{}", "a".repeat(250)), "flux": { "knownHosts": "h".repeat(2_048) } })).collect::<Vec<_>>() }).to_string(),
        ),
        key(
            "policies",
            "{secret: {deletionPolicy: Delete}, azure: {deletionPolicy: Delete}}",
        ),
    ];
    taken(&world, &cases).await;
}

#[tokio::test]
async fn a_store_that_can_not_be_is_refused_with_what_to_write_instead() {
    let world = no_operator().await;
    let guid = "00000000-0000-0000-0000-00000000000";
    let spec = |ids: &str, auth: &str, defaults: &str| {
        store(
            "x",
            &format!("{{{ids}, auth: {auth}, defaults: {defaults}}}"),
        )
    };
    let ids = &format!("subscriptionID: {SUBSCRIPTION}, tenantID: {TENANT}");
    let identity = &format!("{{workloadIdentity: {{clientID: {CLIENT}}}}}");
    let defaults = |defaults: &str| spec(ids, identity, defaults);
    let one =
        "write exactly one of auth.clientSecret, auth.clientCertificate and auth.workloadIdentity";
    let template =
        "beside {namespace} and {name}, nameTemplate has letters, digits, '-', '_' and '.'";
    let cases = [
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
                &format!("subscriptionID: {guid}g, tenantID: {TENANT}"),
                identity,
                "{}",
            ),
            "a subscription's ID is a GUID, such as 00000000-0000-0000-0000-000000000000",
        ),
        (
            spec(
                &format!("subscriptionID: {SUBSCRIPTION}, tenantID: {guid}g"),
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
            spec(
                ids,
                &format!("{{workloadIdentity: {{clientID: {guid}g}}}}"),
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
                &format!("{{clientSecret: {{clientID: {guid}g, secretRef: {{name: a}}}}}}"),
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
    ];
    refused(&world, &cases).await;
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

#[tokio::test]
async fn what_can_not_be_changed_says_so_and_the_rest_can_be() {
    let world = no_operator().await;
    let source = None;
    let kind = Some("the kind of source can't be changed: create a new SshKey");
    let secret = Some("secret.name can't be changed yet");
    let rsa = json!({ "source": { "generate": { "algorithm": "RSA" } } });
    let cases = vec![
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
        (
            "{azure: {resourceGroup: {name: a}}}",
            json!({ "azure": { "resourceGroup": { "creationPolicy": "IfMissing" } } }),
            None,
        ),
        ("{}", json!({ "suspend": true }), None),
        ("{suspend: true}", json!({ "suspend": false }), None),
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
    ];
    change::<SshKey>(&world, key, cases).await;

    let ids = Some(
        "subscriptionID and tenantID can't be changed, since keys are recorded under them: create a new store",
    );
    let cloud = Some("cloud can't be changed, since keys are recorded in it: create a new store");
    let plain = "{subscriptionID: 33333333-3333-4333-8333-333333333333, tenantID: 11111111-1111-4111-8111-111111111111, auth: {workloadIdentity: {clientID: 22222222-2222-4222-8222-222222222222}}}";
    let other = "44444444-4444-4444-8444-444444444444";
    let secret = json!({ "clientID": other, "secretRef": { "name": "a" } });
    let cases = vec![
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
    ];
    change::<AzureStore>(&world, self::store, cases).await;
}

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
        "FINGERPRINT",
        "SECRET",
        "AGE",
    ];
    let table = world.kubectl(&["get", "sshkeys"]).await.unwrap();
    assert_eq!(columns(&table), plain);
    let row: Vec<&str> = table.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(
        row[..6],
        [
            "web",
            "True",
            "UpToDate",
            "Ed25519",
            status.fingerprint.as_deref().unwrap(),
            "web"
        ]
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
            "FINGERPRINT",
            "SECRET",
            "AZURE",
            "AGE"
        ]
    );
    assert!(wide.contains(&status.azure.unwrap().resource_id), "{wide}");
    let both = world.kubectl(&["get", "ssh"]).await.unwrap();
    assert!(
        both.contains("sshkey.sshkey-operator.io/web")
            && both.contains("azurestore.sshkey-operator.io/default"),
        "{both}"
    );
}
