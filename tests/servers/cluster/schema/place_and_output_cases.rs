//! What an `SshKey` can't be by its place in Azure and by its outputs, with what to write instead.

use std::collections::BTreeMap;

use serde_json::json;

use super::apply::Case;
use crate::manifests::key;

fn azure(azure: &str) -> String {
    key("x", &format!("{{azure: {azure}}}"))
}

/// A key with so many tags.
pub(crate) fn tags(count: usize) -> String {
    let tags: Vec<String> = (0..count).map(|number| format!("t{number}: v")).collect();
    azure(&format!("{{tags: {{{}}}}}", tags.join(", ")))
}

fn tag(name: &str, value: &str) -> String {
    azure(&format!("{{tags: {{{}: {}}}}}", json!(name), json!(value)))
}

fn output(outputs: &str) -> String {
    key("x", &format!("{{outputs: [{outputs}]}}"))
}

/// A key with so many tags of the longest names and values.
pub(crate) fn long_tags(count: usize) -> String {
    let tag = |number| (format!("{number:0512}"), "v".repeat(256));
    let tags: BTreeMap<String, String> = (0..count).map(tag).collect();
    azure(&json!({ "tags": tags }).to_string())
}

/// Places in Azure that can't be.
pub(crate) fn places_in_azure() -> Vec<Case> {
    let azure_name = "a key's name in Azure has letters, digits, '-', '_' and '.', and begins and ends with a letter or a digit";
    let group = "a resource group's name has letters, digits, '-', '_', '.' and parentheses, and does not end with '.'";
    let location = "write the location by its short name, lower-case and without spaces: westeurope, not West Europe";
    vec![
        (
            azure("{storeRef: {name: my store}}"),
            "no object can have this name",
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
        (
            azure("{storeRef: {name: a, namespace: other}}"),
            "field not declared in schema",
        ),
    ]
}

/// Tags that can't be, or that are the operator's.
pub(crate) fn tags_in_azure() -> Vec<Case> {
    let forbidden = "a tag's name has 1 to 512 characters and none of < > % & \\ ? /";
    let reserved =
        "tags that begin with sshkey-operator- are the operator's own: choose another name";
    vec![
        (
            azure("{tags: {Env: a, env: b}}"),
            "Azure takes tags whose names differ only by case for one tag",
        ),
        (tags(46), "must have at most 45 items"),
        (long_tags(22), "tags have at most 16384 bytes"),
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
    ]
}

/// Shapes of outputs that can't be.
pub(crate) fn shapes_of_outputs() -> Vec<Case> {
    let one_shape = "an output has exactly one of sshAuth, pem, flux, argoCD, kubeVirt, publicSecret and publicConfigMap";
    let ssh_url = "Argo CD uses an SSH key for SSH only: write argoCD.url as git@HOST:PATH";
    vec![
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
    ]
}

/// Names of outputs that something else of the key has, and outputs that its source has nothing for.
pub(crate) fn names_of_outputs() -> Vec<Case> {
    let kept_there = "spec.outputs: Invalid value";
    let rotation_needs = "a rotation keeps the next key in the Secret with -next after its name";
    vec![
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
    ]
}
