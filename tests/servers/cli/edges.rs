//! The program at its edges: colours, narrow terminals, and Ctrl-C.

use std::{fs, process::Stdio};

use dev::world::{World, WorldOptions};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::program::{command, start};
use crate::manifests::key;

#[tokio::test]
async fn a_wait_ends_at_once_on_ctrl_c_with_one_line() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.operator().kill();
    world.apply(&key("web", "{}")).await;
    let waits = ["wait", "web", "--for", "ready", "--timeout", "1h"];
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let child = start(&world, folder, &waits);
        let id = child.id().unwrap();
        world
            .until("it listens for the signal", async || {
                let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
                let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
                let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
                match caught >> (signal as u32 - 1) & 1 {
                    1 => Ok(()),
                    _ => Err(format!("{caught:x}")),
                }
            })
            .await;
        kill(Pid::from_raw(id.try_into().unwrap()), signal).unwrap();
        let ended = child.wait_with_output().await.unwrap();
        assert_eq!(ended.status.code(), Some(130), "{signal}");
        assert_eq!(
            String::from_utf8(ended.stderr).unwrap(),
            "error: interrupted\n"
        );
    }
}

#[tokio::test]
async fn colours_are_for_those_who_want_them() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    for (variables, expected) in [
        (&[][..], false),
        (&[("CLICOLOR_FORCE", "1")], true),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
    ] {
        let mut list = command(&world, folder, &["list"]);
        let child = list.envs(variables.iter().copied()).spawn().unwrap();
        let output = child.wait_with_output().await.unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(out.contains('\u{1b}'), expected, "{variables:?}");
    }
    // On a terminal of 40 columns no line is longer.
    let program = env!("CARGO_BIN_EXE_kubectl-sshkey");
    let config = world.control_plane().kubeconfig().display().to_string();
    for command in ["list", "status web", "version", "check"] {
        let line = format!(
            "stty rows 24 cols 40; exec {program} --kubeconfig {config} -n {} {command}",
            world.namespace()
        );
        let shown = tokio::process::Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .env("NO_COLOR", "1")
            .env("NO_PROXY", "127.0.0.1,localhost")
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.lines().count() > 1, "{command}: {shown}");
        for line in shown.lines().map(|line| line.trim_end_matches('\r')) {
            let is_place = line.contains(world.namespace());
            assert!(is_place || line.chars().count() <= 40, "{command}: {line}");
        }
    }
}
