//! Manifests that many tests apply.

/// An `SshKey` with a spec in YAML's flow style.
pub(crate) fn key(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: SshKey\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}
