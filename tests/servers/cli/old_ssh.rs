//! `ssh` with a client of OpenSSH that is years old: it logs in all the same, or says what is too old.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use dev::{
    sshd::Sshd,
    world::{World, WorldOptions},
};

use super::program::{Said, command, done};
use crate::manifests::key;

/// Lays an ssh into a folder that is of this version, and knows no option that came later; else it is the real one.
fn lay(folder: &Path, version: &str) {
    let script = format!(
        "#!/bin/sh\n\
         if [ \"$1\" = -V ]; then echo '{version}, OpenSSL 1.0.1f 6 Jan 2014' >&2; exit 0; fi\n\
         for word in \"$@\"; do case \"$word\" in IdentityAgent*)\n\
         echo 'command-line: line 0: Bad configuration option: identityagent' >&2; exit 255;; esac; done\n\
         PATH=${{PATH#*:}} exec ssh \"$@\"\n"
    );
    fs::write(folder.join("ssh"), script).unwrap();
    fs::set_permissions(folder.join("ssh"), Permissions::from_mode(0o755)).unwrap();
}

/// Logs in and runs `true`, with the ssh of a folder.
async fn login(world: &World, programs: &Path, temporary: &Path, name: &str, sshd: &Sshd) -> Said {
    let address = sshd.address();
    let mut arguments = vec!["ssh", name, &address, "--"];
    let options = sshd.options();
    arguments.extend(options.iter().map(String::as_str));
    arguments.push("true");
    let path = std::env::var("PATH").unwrap();
    let output = command(world, temporary, &arguments)
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("TMPDIR", temporary)
        .output()
        .await
        .unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[tokio::test]
async fn an_ssh_that_can_not_be_told_of_an_agent_takes_that_of_the_environment() {
    let world = World::start(WorldOptions::new()).await;
    let (programs, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (programs, temporary) = (programs.path(), temporary.path());
    let rsa = "{source: {generate: {algorithm: RSA, size: 2048}}}";
    let manifests = [key("web", "{}"), key("old", rsa)].join("---\n");
    world.apply(&manifests).await;
    for (name, version, why) in [
        ("web", "OpenSSH_6.6.1p1 Ubuntu-2ubuntu2.13", None),
        ("old", "OpenSSH_7.2p2 Ubuntu-4ubuntu2.10", None),
        (
            "old",
            "OpenSSH_6.6.1p1",
            Some("is OpenSSH 6.6, and a login with this RSA key takes 7.2 or newer"),
        ),
        (
            "web",
            "OpenSSH_6.4p1",
            Some("is OpenSSH 6.4, and a login with this Ed25519 key takes 6.5 or newer"),
        ),
    ] {
        lay(programs, version);
        world.wait_ready(name).await;
        let public = done(&world, temporary, &["pub", name]).await;
        let sshd = Sshd::start(&public).await.unwrap();
        let Said { code, err, .. } = login(&world, programs, temporary, name, &sshd).await;
        match why {
            None => assert_eq!(code, Some(0), "{version}: {err}"),
            Some(why) => {
                assert_eq!(code, Some(1), "{version}: {err}");
                assert!(err.contains(why) && err.lines().count() == 1, "{err}");
            }
        }
        assert_eq!(fs::read_dir(temporary).unwrap().count(), 0, "{version}");
    }
    // One that says nothing of its version is taken for a new one, and its own words and end are passed on.
    lay(programs, "Sun_SSH_1.1");
    let sshd = Sshd::start("").await.unwrap();
    let Said { code, err, .. } = login(&world, programs, temporary, "web", &sshd).await;
    assert_eq!(code, Some(255), "{err}");
    assert!(
        err.contains("Bad configuration option: identityagent"),
        "{err}"
    );
    assert_eq!(fs::read_dir(temporary).unwrap().count(), 0);
}
