//! `dev run` and `dev demo`, as `make` calls them.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use dev::{checkout, control_plane::ControlPlane};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

fn dev(command: &str, folder: &Path) -> Command {
    let mut dev = Command::new(checkout::program("dev").unwrap());
    dev.arg(command)
        .arg("--folder")
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    dev
}

/// Reads what a run prints until it says that it is up.
fn until_up(run: &mut Child) -> String {
    let mut seen = String::new();
    for line in BufReader::new(run.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        seen.push_str(&line);
        seen.push('\n');
        if line.starts_with("Running.") {
            return seen;
        }
    }
    panic!("it ended before it was up:\n{seen}");
}

/// Processes whose command line names the folder.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        if command.contains(folder) {
            found.push(command);
        }
    }
    found
}

fn gone(folder: &Path) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let left = processes_of(folder);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "left behind: {left:#?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn it_stays_up_alone_until_it_is_told_to_end() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("run");
    let mut run = dev("run", &folder).spawn().unwrap();
    let seen = until_up(&mut run);
    assert!(seen.contains("Ed25519") && seen.contains("RSA"), "{seen}");
    assert!(
        seen.contains(&format!(
            "export KUBECONFIG={}",
            folder.join("kubeconfig").display()
        )),
        "{seen}"
    );
    assert!(processes_of(&folder).len() >= 5);

    let second = dev("run", &folder).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        said.contains("is up already") && said.contains(&run.id().to_string()),
        "{said}"
    );

    kill(
        Pid::from_raw(i32::try_from(run.id()).unwrap()),
        Signal::SIGINT,
    )
    .unwrap();
    assert!(run.wait().unwrap().success());
    assert_eq!(processes_of(&folder), Vec::<String>::new());
}

#[test]
fn nothing_is_left_when_it_is_killed() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("run");
    let mut run = dev("run", &folder).spawn().unwrap();
    until_up(&mut run);
    run.kill().unwrap();
    run.wait().unwrap();
    gone(&folder);
}

#[tokio::test]
async fn an_existing_cluster_is_used_when_it_is_named_and_left_as_it_was() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("run");
    let plane = ControlPlane::shared().await;
    let unnamed = dev("demo", &folder)
        .arg("--use-existing-cluster")
        .output()
        .unwrap();
    assert!(!unnamed.status.success());

    let demo = tokio::process::Command::from(dev("demo", &folder))
        .args(["--use-existing-cluster", "--context", "sshkey-operator-dev"])
        .env("KUBECONFIG", plane.kubeconfig())
        .output()
        .await
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&demo.stdout),
        String::from_utf8_lossy(&demo.stderr)
    );
    assert!(demo.status.success(), "{said}");
    assert!(said.contains(&plane.server_url()), "{said}");
    let client = plane.admin().client().await.unwrap();
    let namespaces: kube::Api<k8s_openapi::api::core::v1::Namespace> = kube::Api::all(client);
    for namespace in ["sshkey-quickstart", "sshkey-system"] {
        assert!(
            namespaces.get_opt(namespace).await.unwrap().is_none(),
            "{namespace}"
        );
    }
    gone(&folder);
}
