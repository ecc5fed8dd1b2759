//! A real `ssh` logs in to a real `sshd` with the right key, and not with another.

use std::{path::Path, process::Command};

use dev::sshd::Sshd;

fn generate(path: &Path, algorithm: &str) {
    let status = Command::new("ssh-keygen")
        .args(["-q", "-N", "", "-t", algorithm, "-f"])
        .arg(path)
        .status();
    assert!(status.is_ok_and(|status| status.success()));
}

#[tokio::test]
async fn only_the_authorized_key_gets_in() {
    let folder = tempfile::tempdir().unwrap();
    let (right, wrong) = (folder.path().join("right"), folder.path().join("wrong"));
    generate(&right, "ed25519");
    generate(&wrong, "ed25519");
    let sshd = Sshd::start(&std::fs::read_to_string(right.with_extension("pub")).unwrap())
        .await
        .unwrap();
    sshd.login(&right).await.unwrap();
    let error = sshd.login(&wrong).await.unwrap_err();
    assert!(
        format!("{error:#}").contains("Permission denied"),
        "{error:#}"
    );
}
