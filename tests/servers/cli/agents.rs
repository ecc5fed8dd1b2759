//! `ssh` and `agent`: the key opens machines, and no file ever has it.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use dev::{
    sshd::Sshd,
    world::{World, WorldOptions},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::program::{Said, command, done};
use crate::manifests::key;

/// Runs the program with a folder for temporary files of its own.
async fn run(world: &World, folder: &Path, arguments: &[String]) -> Said {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let child = command(world, folder, &arguments)
        .env("TMPDIR", folder)
        .spawn();
    let output = child.unwrap().wait_with_output().await.unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `ssh NAME HOST -- OPTIONS COMMAND`.
fn login(sshd: &Sshd, name: &str, more: &[&str]) -> Vec<String> {
    let start = [
        "ssh".to_owned(),
        name.to_owned(),
        sshd.address(),
        "--".to_owned(),
    ];
    let more = more.iter().map(|word| (*word).to_owned());
    start
        .into_iter()
        .chain(sshd.options())
        .chain(more)
        .collect()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[tokio::test]
async fn every_kind_of_key_logs_in_and_no_file_has_it_at_any_time() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let generated = |name, algorithm, size| {
        let spec = format!("{{source: {{generate: {{algorithm: {algorithm}, size: {size}}}}}}}");
        (name, key(name, &spec))
    };
    let keys = [
        ("ed25519", key("ed25519", "{}")),
        generated("rsa", "RSA", 2048),
        generated("p256", "ECDSA", 256),
        generated("p384", "ECDSA", 384),
        generated("p521", "ECDSA", 521),
    ];
    for (_, manifest) in &keys {
        world.apply(manifest).await;
    }
    for (name, _) in &keys {
        world.wait_ready(name).await;
        let public = done(&world, folder, &["pub", name]).await;
        let sshd = Sshd::start(&public).await.unwrap();
        // While the login lasts, the machine, which is this one, reads every file of the folder.
        let look = format!(
            "stat -c %a {0}/kubectl-sshkey-*; ls {0}/kubectl-sshkey-*; grep -rc 'PRIVATE KEY' {0}/*/key.pub; exit 7",
            folder.display()
        );
        let Said { code, out, err } = run(&world, folder, &login(&sshd, name, &[&look])).await;
        assert_eq!(code, Some(7), "{name}: {err}");
        assert_eq!(out, "700\nagent.sock\nkey.pub\n0\n", "{name}: {err}");
        assert_eq!(count(folder), 0, "{name}");
    }
}

#[tokio::test]
async fn a_former_key_logs_in_where_it_is_still_trusted_and_host_keys_are_checked() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    let old = done(&world, folder, &["pub", "web"]).await;
    let sshd = Sshd::start(&old).await.unwrap();
    done(&world, folder, &["rotate", "web", "--yes"]).await;
    let new = run(&world, folder, &login(&sshd, "web", &["true"])).await;
    assert_eq!(new.code, Some(255), "{}", new.err);
    let mut former = login(&sshd, "web", &["echo", "in"]);
    former.splice(1..1, words(&["--previous", "1"]));
    let Said { code, out, err } = run(&world, folder, &former).await;
    assert_eq!((code, out.as_str()), (Some(0), "in\n"), "{err}");
    // A machine that nothing vouches for: what was given to ssh first counts.
    let mut strange = former.clone();
    let place = strange.iter().position(|word| word == "--").unwrap() + 1;
    strange.splice(place..place, words(&["-o", "UserKnownHostsFile=/dev/null"]));
    let said = run(&world, folder, &strange).await;
    assert_eq!(said.code, Some(255), "{}", said.err);
    assert!(
        said.err.contains("Host key verification failed"),
        "{}",
        said.err
    );
    assert_eq!(count(folder), 0);
}

#[tokio::test]
async fn the_agent_has_one_key_takes_no_other_and_ends_with_its_command() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.apply(&key("web", "{}")).await;
    let fingerprint = world.wait_ready("web").await.status.unwrap().fingerprint;
    let agent = |script: &str| words(&["agent", "web", "--", "sh", "-c", script]);
    let listed = run(&world, folder, &agent("ssh-add -l; exit 3")).await;
    assert_eq!(listed.code, Some(3), "{}", listed.err);
    assert_eq!(listed.out.lines().count(), 1);
    assert!(listed.out.contains(&fingerprint.unwrap()), "{}", listed.out);
    let script = "ssh-keygen -q -t ed25519 -N '' -f more && ssh-add more; ssh-add -D; rm more more.pub; ssh-add -l | wc -l";
    let added = run(&world, folder, &agent(script)).await;
    assert_eq!(added.out.trim(), "1", "{}", added.err);
    let killed = run(&world, folder, &agent("kill -9 $$")).await;
    assert_eq!(killed.code, Some(137), "{}", killed.err);
    let missing = run(
        &world,
        folder,
        &words(&["agent", "web", "--", "no-such-program"]),
    )
    .await;
    assert!(
        missing.err.contains("no program no-such-program"),
        "{}",
        missing.err
    );
    assert_eq!(count(folder), 0);
}

#[tokio::test]
async fn a_signal_ends_the_command_and_takes_the_agent_with_it() {
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    world.apply(&key("web", "{}")).await;
    world.wait_ready("web").await;
    for (signal, code) in [
        (Signal::SIGINT, 130),
        (Signal::SIGTERM, 143),
        (Signal::SIGHUP, 129),
    ] {
        let waits = [
            "agent",
            "web",
            "--",
            "sh",
            "-c",
            "echo $$ > begun; exec sleep 1000",
        ];
        let child = command(&world, folder, &waits)
            .env("TMPDIR", folder)
            .spawn()
            .unwrap();
        world
            .until("the command runs", async || {
                match fs::read_to_string(folder.join("begun")) {
                    Ok(text) if text.ends_with('\n') => Ok(()),
                    _ => Err("it has not begun".to_owned()),
                }
            })
            .await;
        let mut inside = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let agent = inside
            .find(|entry| entry.file_type().unwrap().is_dir())
            .unwrap();
        let mode = agent.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let id = Pid::from_raw(child.id().unwrap().try_into().unwrap());
        kill(id, signal).unwrap();
        let ended = child.wait_with_output().await.unwrap();
        assert_eq!(ended.status.code(), Some(code), "{signal}");
        fs::remove_file(folder.join("begun")).unwrap();
        assert_eq!(count(folder), 0, "{signal}");
    }
}
