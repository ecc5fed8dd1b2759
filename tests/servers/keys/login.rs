//! The login: the public key as Azure would give it to a VM, a real OpenSSH server, and the private key of the Secret.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::PathBuf, process::Command};

use dev::{
    sshd::Sshd,
    world::{World, WorldOptions, resource_id},
};
use tempfile::TempDir;

/// Keys that Azure takes, and the line of `ssh-keygen -l` that tells what they are.
const PUBLISHED: [(&str, &str, &str); 4] = [
    ("ed25519", "{algorithm: Ed25519}", "256 (ED25519)"),
    ("rsa-2048", "{algorithm: RSA, size: 2048}", "2048 (RSA)"),
    ("rsa-3072", "{algorithm: RSA}", "3072 (RSA)"),
    ("rsa-4096", "{algorithm: RSA, size: 4096}", "4096 (RSA)"),
];
/// Keys that it does not take, or that are not published.
const UNPUBLISHED: [(&str, &str, &str); 5] = [
    ("local-ed25519", "{algorithm: Ed25519}", "256 (ED25519)"),
    (
        "local-rsa-2048",
        "{algorithm: RSA, size: 2048}",
        "2048 (RSA)",
    ),
    ("ecdsa-256", "{algorithm: ECDSA}", "256 (ECDSA)"),
    ("ecdsa-384", "{algorithm: ECDSA, size: 384}", "384 (ECDSA)"),
    ("ecdsa-521", "{algorithm: ECDSA, size: 521}", "521 (ECDSA)"),
];

fn key(name: &str, generate: &str, rest: &str) -> String {
    format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: SshKey\nmetadata: {{name: {name}}}\nspec: {{source: {{generate: {generate}}}{rest}}}\n---\n"
    )
}

/// The private key of a Secret, saved as a user saves it: `kubectl get secret … > name.pem`, readable by nobody else.
async fn save(world: &World, folder: &TempDir, name: &str) -> PathBuf {
    let output = [
        "get",
        "secret",
        name,
        "-o",
        r"go-template={{index .data `ssh-privatekey` | base64decode}}",
    ];
    let private = world.kubectl(&output).await.unwrap();
    let path = folder.path().join(format!("{name}.pem"));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .unwrap();
    file.write_all(private.as_bytes()).unwrap();
    path
}

/// What `ssh-keygen -l` says of a public key: size, fingerprint, algorithm.
fn listed(folder: &TempDir, name: &str, public: &str) -> (String, String) {
    let path = folder.path().join(format!("{name}.pub"));
    fs::write(&path, public).unwrap();
    let output = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(&path)
        .output()
        .unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && line.lines().count() == 1,
        "{public}: {line}"
    );
    let words: Vec<&str> = line.split_whitespace().collect();
    (
        format!("{} {}", words[0], words[words.len() - 1]),
        words[1].to_owned(),
    )
}

/// Logs in with each key, to a server that has just the public half that was published; a stranger's key is refused.
async fn logs_in(
    world: &World,
    keys: &[(&str, &str, &str)],
    stranger: &str,
    public: impl Fn(&str, &str) -> String,
) {
    let folder = tempfile::tempdir().unwrap();
    let foreign = save(world, &folder, stranger).await;
    for (name, _, shape) in keys {
        let status = world.wait_ready(name).await.status.unwrap();
        let public = public(name, status.public_key.as_deref().unwrap());
        let (listed_as, fingerprint) = listed(&folder, name, &public);
        assert_eq!(
            (listed_as.as_str(), Some(&fingerprint)),
            (*shape, status.fingerprint.as_ref()),
            "{name}"
        );
        let private = if *name == stranger {
            foreign.clone()
        } else {
            save(world, &folder, name).await
        };
        let sshd = Sshd::start(&public).await.unwrap();
        if let Err(error) = sshd.login(&private).await {
            panic!("{name}: {error:#}");
        }
        if *name != stranger {
            let refused = sshd
                .login(&foreign)
                .await
                .expect_err("a stranger's key opens nothing");
            assert!(
                format!("{refused:#}").contains("Permission denied"),
                "{name}: {refused:#}"
            );
        }
    }
}

#[tokio::test]
async fn the_private_key_of_the_secret_opens_a_machine_that_was_given_the_key_in_azure() {
    let world = World::start(WorldOptions::new()).await;
    let manifests: String = PUBLISHED
        .iter()
        .map(|(name, generate, _)| key(name, generate, ", azure: {}"))
        .collect();
    world.apply(&manifests).await;
    world.wait_ready("ed25519").await;
    logs_in(&world, &PUBLISHED, "ed25519", |name, reported| {
        let id = resource_id(&format!("{}.{name}", world.namespace()));
        let published = world.emulator().key(&id).unwrap().public_key.unwrap();
        assert_eq!(published, reported);
        published
    })
    .await;
}

#[tokio::test]
async fn the_private_key_of_the_secret_opens_a_machine_that_was_given_the_key_of_the_status() {
    let world = World::start(WorldOptions::new()).await;
    let manifests: String = UNPUBLISHED
        .iter()
        .map(|(name, generate, _)| key(name, generate, ""))
        .collect();
    world.apply(&manifests).await;
    world.wait_ready("local-ed25519").await;
    logs_in(&world, &UNPUBLISHED, "local-ed25519", |_, reported| {
        reported.to_owned()
    })
    .await;
    assert!(world.emulator().keys().is_empty());
}

#[tokio::test]
async fn a_key_that_azure_wrapped_over_lines_still_opens_a_machine() {
    let world = World::start(WorldOptions::new()).await;
    world
        .apply(&key("web", "{algorithm: RSA, size: 2048}", ", azure: {}"))
        .await;
    world.wait_ready("web").await;
    let id = resource_id(&format!("{}.web", world.namespace()));
    assert!(world.emulator().wrap_with_crlf(&id));
    let wrapped = world.emulator().key(&id).unwrap().public_key.unwrap();
    assert!(wrapped.contains("\r\n"));
    // What a VM is given by then has no line ends in it: Azure's own agents join the key again.
    let keys = [("web", "", "2048 (RSA)")];
    logs_in(&world, &keys, "web", |_, _| wrapped.replace("\r\n", "")).await;
}
