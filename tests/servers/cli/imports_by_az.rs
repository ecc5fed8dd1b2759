//! `import --az`: the Azure CLI of the PATH is run with the caller's login.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use dev::world::{SUBSCRIPTION, World, WorldOptions};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::process::Command;

use super::program::command;

/// The programs that the script needs, after its own folder.
const PROGRAMS: &str = "/usr/bin:/bin";

/// What az 2.66 prints of one key.
const RECORDED: &str = r#"[
  {
    "extendedLocation": null,
    "id": "/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/SSH/providers/Microsoft.Compute/sshPublicKeys/Web_1",
    "location": "westeurope",
    "name": "Web_1",
    "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl someone@example.org\r\n",
    "resourceGroup": "SSH",
    "tags": null,
    "type": "Microsoft.Compute/sshPublicKeys"
  }
]
"#;

/// The program in a folder that has an az with these lines, which notes its arguments.
fn with_az(world: &World, folder: &Path, lines: &str, arguments: &[&str]) -> Command {
    let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > arguments\n{lines}\n");
    fs::write(folder.join("az"), script).unwrap();
    fs::set_permissions(folder.join("az"), Permissions::from_mode(0o755)).unwrap();
    let arguments = [&["import", "--az"], arguments].concat();
    let mut command = command(world, folder, &arguments);
    command.env("PATH", format!("{}:{PROGRAMS}", folder.display()));
    command
}

/// What it says on standard output and on standard error, and how it ends.
async fn said(mut command: Command) -> (Option<i32>, String, String) {
    let output = command.output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[tokio::test]
async fn the_list_of_ones_own_azure_cli_becomes_manifests_and_objects() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("list.json"), RECORDED).unwrap();
    let flags = ["--resource-group", "SSH", "--subscription", SUBSCRIPTION];
    let (code, out, err) = said(with_az(&world, folder, "cat list.json", &flags)).await;
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(
        out.contains("name: Web_1") && out.contains("azureKey: {}"),
        "{out}"
    );
    let noted = fs::read_to_string(folder.join("arguments")).unwrap();
    let noted: Vec<&str> = noted.lines().collect();
    let expected = ["sshkey", "list", "--output", "json", "--only-show-errors"];
    assert_eq!(noted, [&expected[..], &flags].concat());

    let warns = "echo WARNING: this is a preview >&2; cat list.json";
    let (code, out, err) = said(with_az(&world, folder, warns, &["--apply"])).await;
    assert_eq!(
        (code, out.as_str()),
        (Some(0), "1 SshKey created\n"),
        "{err}"
    );
    let noted = fs::read_to_string(folder.join("arguments")).unwrap();
    assert_eq!(noted.lines().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn an_azure_cli_that_is_missing_fails_or_prints_something_else_is_told_in_one_line() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let login =
        "echo Traceback >&2; echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1";
    for (lines, why) in [
        (
            login,
            "az sshkey list --output json --only-show-errors failed: ERROR: Please run 'az login' to setup account.",
        ),
        ("exit 3", "failed, and does not say why"),
        ("kill -9 $$", "failed, and does not say why"),
        (
            "echo Name Location",
            "the output of az is not what az sshkey list -o json prints: it is no JSON",
        ),
        ("true", "it is empty"),
    ] {
        let (code, out, err) = said(with_az(&world, folder, lines, &["--to", "keys"])).await;
        assert_eq!((code, out.as_str()), (Some(1), ""), "{lines}: {err}");
        assert!(
            err.starts_with("error: ") && err.contains(why),
            "{lines}: {err}"
        );
        assert_eq!(err.lines().count(), 1, "{lines}: {err}");
        assert!(!folder.join("keys").exists(), "{lines}");
    }
    let mut without = with_az(&world, folder, "true", &[]);
    without.env("PATH", "/nowhere");
    let missing =
        "error: there is no az on the PATH: install the Azure CLI, or give a list by --filename\n";
    assert_eq!(
        said(without).await,
        (Some(1), String::new(), missing.to_owned())
    );
    let both = said(with_az(&world, folder, "true", &["-f", "list.json"])).await;
    assert_eq!(both.0, Some(1), "{}", both.2);
}

#[tokio::test]
async fn ctrl_c_ends_the_azure_cli_too() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // As the real az, it is a script that runs another program. One of the two does not listen.
    let listens = "sh -c 'echo $$ > begun; exec sleep 1000'; echo ended";
    let is_deaf = "trap '' INT; sh -c 'echo $$ > begun; exec sleep 1000'; echo ended";
    for (lines, signal) in [
        (listens, Signal::SIGINT),
        (listens, Signal::SIGTERM),
        (is_deaf, Signal::SIGINT),
    ] {
        let child = with_az(&world, folder, lines, &["--to", "keys"])
            .spawn()
            .unwrap();
        let inner = world
            .until("az runs", async || {
                let text = fs::read_to_string(folder.join("begun")).unwrap_or_default();
                text.trim()
                    .parse::<u32>()
                    .map_err(|error| error.to_string())
            })
            .await;
        let id = child.id().unwrap();
        kill(Pid::from_raw(id.try_into().unwrap()), signal).unwrap();
        let ended = child.wait_with_output().await.unwrap();
        let err = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(130), "{signal}: {err}");
        assert_eq!(err, "error: interrupted\n", "{signal}");
        // One that has ended has no command line, even if nobody has taken notice of it.
        let line = fs::read(format!("/proc/{inner}/cmdline")).unwrap_or_default();
        assert_eq!(line, b"", "{signal}");
        assert!(!folder.join("keys").exists());
        fs::remove_file(folder.join("begun")).unwrap();
    }
}
