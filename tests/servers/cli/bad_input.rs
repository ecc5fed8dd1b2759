//! What goes wrong is told in one line with the way out, and nothing is left half done.

use std::{
    fs::{self, File},
    path::Path,
};

use super::{
    planning::{questions, write},
    program::{Said, command, refused, run},
};
use crate::manifests::key;
use dev::world::{Part, World, WorldOptions};

/// Every command that reads one `SshKey`.
const READING: [&[&str]; 9] = [
    &["status", "web"],
    &["pem", "web"],
    &["pub", "web"],
    &["fingerprint", "web"],
    &["config", "web", "--host", "vm1"],
    &["ssh", "web", "vm1"],
    &["plan", "web"],
    &["wait", "web", "--for", "ready"],
    &["rotate", "web", "--yes"],
];

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test]
async fn a_missing_object_namespace_or_right_is_told_by_every_command() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let missing = format!("there is no SshKey web in namespace {}", world.namespace());
    for command in READING {
        let said = refused(&world, folder, command).await;
        assert!(said.contains(&missing), "{command:?}: {said}");
        let as_nobody = [&["--as", "nobody"], command].concat();
        let said = refused(&world, folder, &as_nobody).await;
        let right = "you may not get sshkeys.sshkey-operator.io in namespace";
        let role =
            "a Role with {apiGroups: [\"sshkey-operator.io\"], resources: [sshkeys], verbs: [get]}";
        assert!(
            said.contains(right) && said.contains(role),
            "{command:?}: {said}"
        );
    }
    write(folder, "web.yaml", &[key("web", "{}")]);
    let elsewhere = ["plan", "-f", "web.yaml", "-n", "no-such-namespace"];
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_kubectl-sshkey"));
    let output = program
        .arg("--kubeconfig")
        .arg(world.control_plane().kubeconfig())
        .args(elsewhere)
        .current_dir(folder)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("no-such-namespace") && said.lines().count() == 1,
        "{said}"
    );
    assert!(!said.contains("there is no SshKey"), "{said}");
}

#[tokio::test]
async fn a_private_key_that_can_not_be_read_leaves_no_file() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    let group = "rbac.authorization.k8s.io";
    let reader = format!(
        "apiVersion: {group}/v1\nkind: Role\nmetadata: {{name: reader}}\nrules: [{{apiGroups: [sshkey-operator.io], resources: \
         [sshkeys], verbs: [get]}}]\n---\napiVersion: {group}/v1\nkind: RoleBinding\nmetadata: {{name: reader}}\nroleRef: \
         {{apiGroup: {group}, kind: Role, name: reader}}\nsubjects: [{{apiGroup: {group}, kind: User, name: reader}}]\n"
    );
    let apply = ["apply", "-f", "-"];
    world.kubectl_with(&apply, &reader).await.unwrap();
    for command in [&["pem", "web"][..], &["ssh", "web", "vm1"]] {
        let said = refused(&world, folder, &[&["--as", "reader"], command].concat()).await;
        assert!(
            said.contains("you may not get secrets in namespace"),
            "{said}"
        );
    }
    world.kubectl(&["delete", "secret", "web"]).await.unwrap();
    let said = refused(&world, folder, &["pem", "web"]).await;
    assert!(
        said.contains("there is no Secret web in namespace"),
        "{said}"
    );
    assert!(is_empty(folder));
    let said = refused(&world, folder, &["pem", "web", "-o", "/proc/web.pem"]).await;
    assert!(
        said.contains("there is no Secret web"),
        "nothing is written before: {said}"
    );
}

#[tokio::test]
async fn files_that_can_not_be_written_and_a_full_disk_are_told() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    for path in ["/proc/web.pem", "no-such-folder/web.pem", "/dev/full"] {
        let said = refused(&world, folder, &["pem", "web", "-o", path]).await;
        assert!(said.contains(&format!("can't write {path}: ")), "{said}");
    }
    for arguments in [
        &["pem", "web", "-o", "-"][..],
        &["list"],
        &["status", "web", "-o", "yaml"],
        &["plan", "web", "-o", "json"],
        &["version"],
        &["check"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let child = command(&world, folder, arguments).stdout(full).spawn();
        let output = child.unwrap().wait_with_output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        let why = "error: can't write to standard output: No space left on device";
        assert!(said.starts_with(why), "{arguments:?}: {said}");
    }
    assert!(is_empty(folder));
    assert_eq!(questions(&world).await, 0);
}

#[tokio::test]
async fn without_a_usable_cluster_the_first_line_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("broken"), "clusters: [").unwrap();
    fs::write(folder.join("empty"), "apiVersion: v1\nkind: Config\n").unwrap();
    let closed = "apiVersion: v1\nkind: Config\ncurrent-context: a\n\
        contexts: [{name: a, context: {cluster: a, user: a}}]\nusers: [{name: a, user: {token: a}}]\n\
        clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]\n";
    fs::write(folder.join("closed"), closed).unwrap();
    for (file, why) in [
        ("none", "no cluster: "),
        ("broken", "no cluster: "),
        ("empty", "no cluster: "),
        (
            "closed",
            "the API server https://127.0.0.1:1 can't be reached: ",
        ),
    ] {
        for arguments in [&["list"][..], &["plan", "web"], &["check"], &["pem", "web"]] {
            let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_kubectl-sshkey"))
                .args(arguments)
                .env("KUBECONFIG", folder.join(file))
                .current_dir(folder)
                .output()
                .await
                .unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(
                output.status.code(),
                Some(1),
                "{file} {arguments:?}: {said}"
            );
            assert!(said.starts_with(&format!("error: {why}")), "{file}: {said}");
            assert_eq!(said.lines().count(), 1, "{file}: {said}");
            assert!(output.stdout.is_empty());
        }
    }
}

#[tokio::test]
async fn without_the_definitions_every_command_names_the_chart() {
    let options = WorldOptions::new().own_control_plane();
    let parts = [Part::Crds, Part::Store, Part::Operator];
    let options = parts.into_iter().fold(options, WorldOptions::without);
    let world = World::start(options).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "web.yaml", &[key("web", "{}")]);
    let more: [&[&str]; 3] = [&["list"], &["plan", "-f", "web.yaml"], &["reconcile", "-A"]];
    for command in READING.into_iter().chain(more) {
        let said = refused(&world, folder, command).await;
        let chart = "install the chart sshkey-operator-crds of the same version as this program";
        assert!(said.contains(chart), "{command:?}: {said}");
    }
}

#[tokio::test]
async fn an_operator_that_is_away_is_told_by_those_who_wait_for_it() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.apply(&key("old", "{}")).await;
    world.wait_ready("old").await;
    world.operator().kill();
    world.apply(&key("web", "{}")).await;
    let away = "is it running, and does it watch namespace";
    for (arguments, why) in [
        (
            &["wait", "web", "--for", "ready", "--timeout", "1s"][..],
            away,
        ),
        (&["plan", "web", "--timeout", "1s"], away),
        (&["reconcile", "web", "--timeout", "1s"], away),
        (
            &["suspend", "old", "--yes", "--timeout", "1s"],
            "is the operator running",
        ),
        (
            &["rotate", "old", "--yes", "--timeout", "1s"],
            "is suspended",
        ),
        (
            &["resume", "old", "--yes", "--timeout", "1s"],
            "is the operator running",
        ),
        (
            &["rotate", "old", "--yes", "--timeout", "1s"],
            "is the operator running",
        ),
    ] {
        let said = refused(&world, folder, arguments).await;
        assert!(said.contains(why), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn the_same_object_twice_and_broken_files_are_told_with_their_places() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "a.yaml", &[key("web", "{}")]);
    write(
        folder,
        "b.yaml",
        &[key("db", "{}"), key("web", "{azure: {}}")],
    );
    fs::write(folder.join("c.yaml"), [0xff, 0xfe, 0x00]).unwrap();
    let Said { code, out, err } = run(&world, folder, &["plan", "-f", "."]).await;
    assert_eq!(code, Some(1));
    assert!(
        out.contains("SshKey db") && !out.contains("SshKey web"),
        "{out}"
    );
    for part in [
        "error: ./b.yaml, document 2: SshKey ",
        "/web is in ./a.yaml too: write it once",
        "error: ./c.yaml: it is no text in UTF-8",
        "error: 2 can't be planned",
    ] {
        assert!(err.contains(part), "{part}: {err}");
    }
}
