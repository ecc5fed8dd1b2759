//! More objects than one answer has, and how much memory the program takes for them.

use std::{fmt::Write as _, fs, path::Path, time::Instant};

use dev::world::{Part, World, WorldOptions};

use super::{
    planning::write,
    program::{Said, command, done},
};
use crate::manifests::key;

/// What the program may take in memory, in MiB: it keeps lines of objects, and objects only where it prints them whole.
const MEMORY: usize = 64;
const MEMORY_FOR_WHOLE: usize = 256;

/// Creates so many, which no operator sees.
async fn crowd(count: usize) -> World {
    let world = World::start(WorldOptions::new().without(Part::Operator)).await;
    let create = ["create", "-f", "-"];
    let all: Vec<usize> = (0..count).collect();
    for part in all.chunks(1_000) {
        let manifests = part.iter().map(|number| key(&name(*number), "{azure: {}}"));
        let manifests: Vec<String> = manifests.collect();
        let manifests = manifests.join("---\n");
        world.kubectl_with(&create, &manifests).await.unwrap();
    }
    world
}

fn name(number: usize) -> String {
    format!("key-{number}")
}

/// Runs the program into files, and says how long it took and the most memory that it had, in MiB.
async fn measured(world: &World, folder: &Path, arguments: &[&str]) -> (Said, usize) {
    let file = |name: &str| fs::File::create(folder.join(name)).unwrap();
    let begun = Instant::now();
    let mut child = command(world, folder, arguments)
        .stdout(file("out"))
        .stderr(file("err"))
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id().unwrap());
    let mut most = 0;
    let ended = world
        .until("it ends", async || {
            let text = fs::read_to_string(&status).unwrap_or_default();
            let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok());
            most = most.max(peak.unwrap_or_default());
            child.try_wait().unwrap().ok_or_else(String::new)
        })
        .await;
    let mut line = format!("{arguments:?}: {:.1} s", begun.elapsed().as_secs_f64());
    let most = most / 1_024;
    write!(line, ", {most} MiB").unwrap();
    println!("{line}");
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let said = Said {
        code: ended.code(),
        out: text("out"),
        err: text("err"),
    };
    (said, most)
}

/// Every command that reads many.
async fn are_all_read(count: usize) {
    let world = crowd(count).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (arguments, lines) in [
        (&["list", "-o", "name"][..], count),
        (&["list"], count + 1),
        (&["list", "-A", "-l", "none!=a"], count + 1),
        (&["status"], 3 * count),
    ] {
        let (said, memory) = measured(&world, folder, arguments).await;
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(said.out.lines().count() >= lines - 1, "{arguments:?}");
        assert!(memory < MEMORY, "{arguments:?}: {memory} MiB");
    }
    let (said, memory) = measured(&world, folder, &["list", "-o", "json"]).await;
    let whole: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(whole["items"].as_array().unwrap().len(), count);
    assert!(memory < MEMORY_FOR_WHOLE, "{memory} MiB");
    for (arguments, why) in [
        (
            &["wait", "--for", "ready", "--timeout", "1s"][..],
            format!("and {} more; the operator does not answer about", count - 5),
        ),
        (
            &["reconcile", "-l", "none!=a", "--timeout", "1s"],
            format!("{count} of {count} SshKeys are not as asked for"),
        ),
    ] {
        let (said, memory) = measured(&world, folder, arguments).await;
        assert_eq!(said.code, Some(1), "{}", said.err);
        assert!(said.err.contains(&why), "{}", said.err);
        assert!(memory < MEMORY, "{arguments:?}: {memory} MiB");
    }
}

#[tokio::test]
async fn more_objects_than_come_with_one_answer_are_all_read() {
    are_all_read(1_100).await;
}

#[tokio::test]
#[ignore = "takes minutes; make nightly runs it"]
async fn five_thousand_objects_are_all_read_in_little_memory() {
    are_all_read(5_000).await;
}

#[tokio::test]
#[ignore = "takes minutes; make nightly runs it"]
async fn five_hundred_files_are_planned_as_a_folder_and_one_by_one() {
    const COUNT: usize = 500;
    let world = World::start(WorldOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("keys")).unwrap();
    let files: Vec<String> = (0..COUNT)
        .map(|number| format!("keys/{number:03}.yaml"))
        .collect();
    for (number, file) in files.iter().enumerate() {
        write(folder, file, &[key(&name(number), "{azure: {}}")]);
    }
    let mut one_by_one = vec!["plan"];
    for file in &files {
        one_by_one.extend(["-f", file.as_str()]);
    }
    let mut said = Vec::new();
    for arguments in [&["plan", "-f", "keys"][..], &one_by_one] {
        let begun = Instant::now();
        said.push(done(&world, folder, arguments).await);
        let seconds = begun.elapsed().as_secs_f64();
        println!("{} arguments: {seconds:.1} s", arguments.len());
    }
    let end = "Plan: 1500 to add, 1 to change, 0 to destroy.\n";
    assert!(said[0].ends_with(end), "{}", said[0]);
    assert_eq!(said[0], said[1]);
}
