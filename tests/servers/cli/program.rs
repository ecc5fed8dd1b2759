//! The program, as kubectl runs it.

use std::{path::Path, process::Stdio};

use dev::world::World;
use tokio::process::{Child, Command};

/// What it said, and how it ended.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs it as the administrator in the test's namespace, in a folder.
pub(crate) async fn run(world: &World, folder: &Path, arguments: &[&str]) -> Said {
    let child = start(world, folder, arguments);
    let output = child.wait_with_output().await.unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Starts it, without a terminal. It is killed when this is dropped.
pub(crate) fn start(world: &World, folder: &Path, arguments: &[&str]) -> Child {
    command(world, folder, arguments).spawn().unwrap()
}

/// The program with kubectl's flags before its own: what follows them may be another program's.
pub(crate) fn command(world: &World, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-sshkey"));
    command
        .arg("--kubeconfig")
        .arg(world.control_plane().kubeconfig())
        .args(["--namespace", world.namespace()])
        .args(arguments)
        .env("NO_PROXY", "127.0.0.1,localhost")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// The same, which must succeed: its standard output.
pub(crate) async fn done(world: &World, folder: &Path, arguments: &[&str]) -> String {
    let said = run(world, folder, arguments).await;
    assert_eq!(said.code, Some(0), "{arguments:?}: {}", said.err);
    said.out
}

/// The same, which must fail in one line: that line.
pub(crate) async fn refused(world: &World, folder: &Path, arguments: &[&str]) -> String {
    let said = run(world, folder, arguments).await;
    assert_eq!(said.code, Some(1), "{arguments:?}: {}", said.err);
    assert_eq!(said.out, "", "{arguments:?}");
    let lines: Vec<&str> = said.err.lines().collect();
    let last = lines.last().unwrap();
    assert!(last.starts_with("error: "), "{}", said.err);
    (*last).to_owned()
}
