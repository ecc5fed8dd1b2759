//! No child outlives the program that started it, even when that is killed.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use dev::{checkout, processes::Program};
use nix::{errno::Errno, sys::signal::kill, unistd::Pid};

fn alive(id: u32) -> bool {
    let id = Pid::from_raw(i32::try_from(id).unwrap());
    kill(id, None) != Err(Errno::ESRCH) && !is_zombie(id)
}

fn is_zombie(id: Pid) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().unwrap().starts_with(" Z"))
}

/// A shell that starts `dev hold`, says its process ID and waits: what is killed in the place of the harness.
#[test]
fn a_child_dies_with_its_parent() {
    let script = format!(
        "'{}' hold --parent $$ -- sleep 600 & echo $!; wait",
        checkout::program("dev").unwrap().display()
    );
    let mut shell = Command::new("sh")
        .args(["-c", &script])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(shell.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    let child: u32 = line.trim().parse().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::fs::read_to_string(format!("/proc/{child}/comm"))
        .unwrap()
        .trim()
        != "sleep"
    {
        assert!(Instant::now() < deadline, "dev hold did not become sleep");
        std::thread::sleep(Duration::from_millis(20));
    }
    shell.kill().unwrap();
    shell.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while alive(child) {
        assert!(Instant::now() < deadline, "the child outlived its parent");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A thread that ends does not take the children with it that were started from it.
#[test]
fn a_child_outlives_the_thread_that_asked_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::new("sleep", folder.path().join("log")).arg("600");
    let child = std::thread::spawn(move || program.start().unwrap())
        .join()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(child.ended(), None, "{}", child.tail(5));
    let id = child.id();
    drop(child);
    assert!(!alive(id));
}
