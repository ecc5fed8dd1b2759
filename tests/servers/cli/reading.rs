//! What is read: lists, status, and keys that open a machine.

use std::{fs, os::unix::fs::PermissionsExt as _};

use dev::{
    sshd::Sshd,
    world::{World, WorldOptions},
};

use super::program::{done, refused};
use crate::manifests::key;

#[tokio::test]
async fn the_saved_private_key_opens_a_machine_and_no_file_is_overwritten() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rsa = "{source: {generate: {algorithm: RSA, size: 2048}}}";
    let manifests = [key("web", "{azure: {}}"), key("old", rsa)].join("---\n");
    world.apply(&manifests).await;
    for name in ["web", "old"] {
        world.wait_ready(name).await;
        let public = done(&world, folder, &["pub", name]).await;
        let sshd = Sshd::start(&public).await.unwrap();
        for format in ["openssh", "pkcs8"] {
            let file = format!("{name}-{format}");
            done(
                &world,
                folder,
                &["pem", name, "--format", format, "-o", &file],
            )
            .await;
        }
        done(&world, folder, &["pem", name]).await;
        let path = folder.join(format!("{name}.pem"));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        sshd.login(&path).await.unwrap();
        sshd.login(&folder.join(format!("{name}-openssh")))
            .await
            .unwrap();
    }
    let before = fs::read(folder.join("web.pem")).unwrap();
    let said = refused(&world, folder, &["pem", "web"]).await;
    assert!(said.contains("can't write web.pem"), "{said}");
    assert_eq!(fs::read(folder.join("web.pem")).unwrap(), before);
    let piped = done(&world, folder, &["pem", "web", "-o", "-"]).await;
    assert_eq!(piped.as_bytes(), before);
    let said = refused(
        &world,
        folder,
        &["pem", "web", "--format", "pkcs1", "-o", "-"],
    )
    .await;
    assert!(said.contains("RSA only"), "{said}");
    // Six files, those that were refused not among them.
    assert_eq!(fs::read_dir(folder).unwrap().count(), 6);
}

#[tokio::test]
async fn lists_and_status_show_what_the_cluster_has() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.apply(&key("web", "{azure: {}}")).await;
    let status = world.wait_ready("web").await.status.unwrap();
    let fingerprint = status.fingerprint.unwrap();
    let list = done(&world, folder, &["list"]).await;
    assert!(list.contains("web") && list.contains("True"), "{list}");
    assert!(!list.contains('\u{1b}'), "no colours in a pipe");
    let names = done(&world, folder, &["list", "-o", "name"]).await;
    assert_eq!(names, "sshkey.sshkey-operator.io/web\n");
    let read = world.kubectl(&["get", names.trim()]).await;
    assert!(read.is_ok(), "kubectl takes the name: {read:?}");
    let tree = done(&world, folder, &["status", "web"]).await;
    assert!(tree.contains(&fingerprint), "{tree}");
    assert!(tree.contains("Microsoft.Compute/sshPublicKeys"), "{tree}");
    let printed = done(&world, folder, &["fingerprint", "web"]).await;
    assert_eq!(printed.trim(), fingerprint);
    let block = done(&world, folder, &["config", "web", "--host", "vm1"]).await;
    assert!(
        block.starts_with("Host vm1\n") && block.contains("web.pem"),
        "{block}"
    );
}

#[tokio::test]
async fn what_fails_says_in_one_line_why_and_what_to_do() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let said = refused(&world, folder, &["pem", "none"]).await;
    assert!(
        said.contains("there is no SshKey none in namespace"),
        "{said}"
    );
    let said = refused(&world, folder, &["list", "--as", "nobody"]).await;
    assert!(
        said.contains("you may not list sshkeys.sshkey-operator.io in namespace")
            && said.contains("verbs: [list]"),
        "{said}"
    );
    let said = refused(&world, folder, &["list", "--context", "none"]).await;
    assert!(said.contains("no cluster"), "{said}");
    let upload = "{source: {publicKey: {value: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl}}, azure: {}}";
    world.apply(&key("given", upload)).await;
    world.wait_ready("given").await;
    let said = refused(&world, folder, &["pem", "given"]).await;
    assert!(said.contains("no private key of SshKey given"), "{said}");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
}
