//! What an `SshKey` can't be by its source, its Secret and as a whole, with what to write instead.

use super::apply::Case;
use crate::manifests::key;

fn generate(generate: &str) -> String {
    key("x", &format!("{{source: {{generate: {generate}}}}}"))
}

/// Keys that can't be generated.
pub(crate) fn generated() -> Vec<Case> {
    vec![
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
    ]
}

/// Sources that don't fit, or that name what can't be.
pub(crate) fn other_sources() -> Vec<Case> {
    vec![
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
            key("x", "{source: {azureKey: {}}}"),
            "source.azureKey follows a key that is in Azure: write azure",
        ),
        (
            key("x", "{source: {azureKey: {}}, azure: {tags: {a: b}}}"),
            "with source.azureKey nothing is written to Azure",
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
    ]
}

/// Secrets that can't be.
pub(crate) fn secrets() -> Vec<Case> {
    let secret_name = "a Secret's name has lower-case letters, digits, '-' and '.'";
    vec![
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
    ]
}

/// What doesn't go together, and what there is not.
pub(crate) fn the_whole() -> Vec<Case> {
    vec![
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
    ]
}
