//! What `ssh` leaves behind, as the kernel tells it: nothing.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use dev::{
    sshd::Sshd,
    world::{World, WorldOptions},
};
use nix::{
    sys::{
        inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor},
        signal::{Signal, kill},
    },
    unistd::Pid,
};
use tokio::process::Command;

use super::program::{command, done};
use crate::manifests::key;

/// The folders that a program may write to without being told, each told of by the kernel.
struct Witness {
    folders: [PathBuf; 3],
    inotify: Inotify,
    watched: [WatchDescriptor; 3],
}

impl Witness {
    fn over(folder: &Path) -> Self {
        let folders = ["home", "temp", "work"].map(|name| folder.join(name));
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK).unwrap();
        let events = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO;
        let watched = folders.each_ref().map(|folder| {
            fs::create_dir(folder).unwrap();
            inotify.add_watch(folder, events).unwrap()
        });
        Self {
            folders,
            inotify,
            watched,
        }
    }

    /// What was created in one of the folders since it was last asked; nothing may have been in the other two.
    fn created_in_temp(&self) -> BTreeSet<String> {
        let events = self.inotify.read_events().unwrap_or_default();
        let names = events.into_iter().map(|event| {
            assert_eq!(
                event.wd, self.watched[1],
                "{:?} is not in the temp folder",
                event.name
            );
            event.name.unwrap().into_string().unwrap()
        });
        names.collect()
    }

    fn ssh(&self, world: &World, sshd: &Sshd, more: &[&str]) -> Command {
        let address = sshd.address();
        let mut arguments = vec!["ssh", "web", &address, "--"];
        arguments.extend(more);
        let options = sshd.options();
        arguments.extend(options.iter().map(String::as_str));
        let [home, temp, work] = &self.folders;
        let mut command = command(world, work, &arguments);
        command.env("HOME", home).env("TMPDIR", temp);
        command
    }

    fn is_clean(&self) -> bool {
        let mut inside = self
            .folders
            .iter()
            .map(|folder| fs::read_dir(folder).unwrap());
        inside.all(|mut folder| folder.next().is_none())
    }
}

async fn ready(world: &World, folder: &Path) -> Sshd {
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    Sshd::start(&done(world, folder, &["pub", "web"]).await)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_login_creates_one_folder_that_goes_and_no_file_beside_it() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let witness = Witness::over(folder.path());
    let sshd = ready(&world, folder.path()).await;
    let temp = witness.folders[1].display();
    let look = format!("ls -A {temp}/kubectl-sshkey-*");
    let mut login = witness.ssh(&world, &sshd, &[]);
    let output = login.arg(look).output().await.unwrap();
    let seen = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(seen, "agent.sock\nkey.pub\n");
    let created = witness.created_in_temp();
    assert_eq!(created.len(), 1, "{created:?}");
    assert!(
        created
            .iter()
            .all(|name| name.starts_with("kubectl-sshkey-")),
        "{created:?}"
    );
    assert!(witness.is_clean());
}

#[tokio::test]
async fn ctrl_c_in_a_login_leaves_no_file_no_socket_and_no_process() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let witness = Witness::over(folder.path());
    let sshd = ready(&world, folder.path()).await;
    let begun = folder.path().join("begun");
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut login = witness.ssh(&world, &sshd, &[]);
        let script = format!("echo 1 > {}; exec cat", begun.display());
        let mut child = login.arg(script).stdin(Stdio::piped()).spawn().unwrap();
        // It lasts as long as its input does.
        let input = child.stdin.take();
        world
            .until("the login lasts", async || {
                let text = fs::read_to_string(&begun);
                text.map(drop).map_err(|error| error.to_string())
            })
            .await;
        let id = child.id().unwrap();
        let inside = children(id);
        assert_eq!(inside.len(), 1, "ssh alone: no process of an agent");
        kill(Pid::from_raw(id.try_into().unwrap()), signal).unwrap();
        let ended = child.wait_with_output().await.unwrap();
        assert!(!ended.status.success(), "{signal}");
        drop(input);
        for process in inside {
            assert!(
                !Path::new("/proc").join(&process).exists(),
                "{signal}: {process}"
            );
        }
        let temp = witness.folders[1].display().to_string();
        let sockets = fs::read_to_string("/proc/net/unix").unwrap();
        assert!(!sockets.contains(&temp), "{signal}: {sockets}");
        assert!(witness.is_clean(), "{signal}");
        fs::remove_file(&begun).unwrap();
    }
}

/// The processes that a process has started.
fn children(id: u32) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_login_that_fails_says_why_and_leaves_nothing() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let witness = Witness::over(folder.path());
    let sshd = ready(&world, folder.path()).await;
    let other = Sshd::start("").await.unwrap();
    // Of what is given twice, ssh takes the first.
    let known = |sshd: &Sshd| {
        let options = sshd.options().into_iter();
        let mut known = options.filter(|option| option.starts_with("UserKnownHostsFile="));
        known.next().unwrap()
    };
    for (options, why) in [
        (vec!["-p".to_owned(), "1".to_owned()], "Connection refused"),
        (
            vec!["-o".to_owned(), known(&other)],
            "IDENTIFICATION HAS CHANGED",
        ),
    ] {
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let mut login = witness.ssh(&world, &sshd, &options);
        let output = login.arg("true").output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(255), "as ssh ends: {said}");
        assert!(said.contains(why), "{said}");
    }
    let mut without = witness.ssh(&world, &sshd, &[]);
    let output = without.env("PATH", "/nowhere").output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(
        said,
        "error: there is no ssh on the PATH: install the client of OpenSSH\n"
    );
    assert!(witness.is_clean());
}
