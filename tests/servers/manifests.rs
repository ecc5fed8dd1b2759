//! Manifests that many tests apply.

/// An `SshKey` with a spec in YAML's flow style.
pub(crate) fn key(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: SshKey\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

/// A Secret with one entry.
pub(crate) fn secret(name: &str, entry: &str, value: &str) -> String {
    let value = serde_json::json!({ entry: value });
    format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\nstringData: {value}\n")
}

/// A `ConfigMap` with one entry.
pub(crate) fn config_map(name: &str, entry: &str, value: &str) -> String {
    let value = serde_json::json!({ entry: value });
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {value}\n")
}
