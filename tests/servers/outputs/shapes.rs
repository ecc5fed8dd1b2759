//! Outputs in the shape that each reader expects, read back by tools that users have.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use dev::{
    sshd::Sshd,
    world::{World, WorldOptions},
};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::ResourceExt;
use tempfile::TempDir;

use super::contents::{HOSTS, all, text};
use crate::manifests::key;

fn entries(secret: &Secret) -> Vec<String> {
    secret
        .data
        .clone()
        .unwrap_or_default()
        .into_keys()
        .collect()
}

/// The fingerprint that `ssh-keygen` finds in a private or public key.
fn fingerprint(folder: &TempDir, text: &str) -> String {
    let path = folder.path().join("key");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    if text.contains("PRIVATE KEY") {
        let output = Command::new("ssh-keygen")
            .arg("-yf")
            .arg(&path)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        fs::write(&path, output.stdout).unwrap();
    }
    let output = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(&path)
        .output()
        .unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    listed.split_whitespace().nth(1).unwrap().to_owned()
}

/// Each output of a key, its type and its entries.
fn expected_shapes(name: &str) -> [(&'static str, &'static str, Vec<String>); 6] {
    let file = |suffix: &str| format!("{name}.{suffix}");
    [
        (
            "auth",
            "kubernetes.io/ssh-auth",
            ["known_hosts", "ssh-privatekey", "ssh-publickey"]
                .map(str::to_owned)
                .into(),
        ),
        ("pem", "Opaque", vec![file("pem"), file("pub")]),
        (
            "flux",
            "Opaque",
            ["identity", "identity.pub", "known_hosts"]
                .map(str::to_owned)
                .into(),
        ),
        (
            "argo",
            "Opaque",
            ["project", "sshPrivateKey", "type", "url"]
                .map(str::to_owned)
                .into(),
        ),
        ("virt", "Opaque", vec!["ssh-publickey".to_owned()]),
        (
            "public",
            "Opaque",
            ["authorized_keys", "ssh-publickey"]
                .map(str::to_owned)
                .into(),
        ),
    ]
}

#[tokio::test]
async fn every_output_has_the_shape_that_its_reader_expects() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    println!("| Output | Entry | Algorithm | Fingerprint by ssh-keygen |\n|---|---|---|---|");
    for algorithm in ["Ed25519", "RSA", "ECDSA"] {
        let name = algorithm.to_lowercase();
        let outputs = all().replace("x-", &format!("{name}-"));
        world
            .apply(&key(
                &name,
                &format!(
                    "{{source: {{generate: {{algorithm: {algorithm}}}}}, outputs: {outputs}}}"
                ),
            ))
            .await;
        let object = world.wait_ready(&name).await;
        let status = object.status.clone().unwrap();
        assert_eq!(status.outputs.len(), 7);
        let expected = status.fingerprint.unwrap();
        let file = |suffix: &str| format!("{name}.{suffix}");
        for (output, kind, names) in expected_shapes(&name) {
            let found = world.secret(&format!("{name}-{output}")).await.unwrap();
            assert_eq!(found.type_.as_deref(), Some(kind), "{output}");
            assert_eq!(entries(&found), names, "{output}");
            let is_private = !["virt", "public"].contains(&output);
            assert_eq!(found.owner_references().is_empty(), is_private, "{output}");
            for entry in names {
                let content = text(&found, &entry);
                match entry.as_str() {
                    "known_hosts" => assert_eq!(content, HOSTS),
                    "type" => assert_eq!(content, "git"),
                    "url" => assert_eq!(content, "git@github.com:example/app.git"),
                    "project" => assert_eq!(content, "web"),
                    _ => {
                        assert_eq!(fingerprint(&folder, &content), expected, "{output} {entry}");
                        println!("| {output} | {entry} | {algorithm} | {expected} |");
                    }
                }
            }
        }
        let label = "argocd.argoproj.io/secret-type";
        let argo = world.secret(&format!("{name}-argo")).await.unwrap();
        assert_eq!(argo.labels()[label], "repository");
        let map: ConfigMap = world.api().get(&format!("{name}-map")).await.unwrap();
        let line = map.data.unwrap()["ssh-publickey"].clone();
        assert_eq!(fingerprint(&folder, &line), expected);
        let pem = world.secret(&format!("{name}-pem")).await.unwrap();
        let is_portal_form = text(&pem, &file("pem")).starts_with("-----BEGIN RSA PRIVATE KEY");
        assert_eq!(is_portal_form, algorithm == "RSA");
    }
}

#[tokio::test]
async fn a_user_logs_in_with_the_pem_file() {
    let world = World::start(WorldOptions::new()).await;
    for algorithm in ["Ed25519", "RSA"] {
        let name = algorithm.to_lowercase();
        let spec = format!(
            "{{source: {{generate: {{algorithm: {algorithm}}}}}, azure: {{}}, outputs: [{{name: {name}-files, pem: {{}}}}]}}"
        );
        world.apply(&key(&name, &spec)).await;
        let object = world.wait_ready(&name).await;
        let sshd = Sshd::start(&object.status.unwrap().public_key.unwrap())
            .await
            .unwrap();
        let files = world.secret(&format!("{name}-files")).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        fs::write(&path, text(&files, &format!("{name}.pem"))).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        sshd.login(&path).await.unwrap();
    }
}
